"""Which backbones there are, and what is known of each before it is loaded."""

__all__ = ["card", "catalog", "curated"]
