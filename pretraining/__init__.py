"""How the bundled backbone was made, so that anybody can make it again."""

__all__ = []
