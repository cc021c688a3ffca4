"""Pieces of the Take away page."""

__all__ = ["api_view", "bulk_view", "export_cards", "import_form", "link_view"]
