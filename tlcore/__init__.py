"""Graft's core: everything the pages do, without a page. It never imports streamlit."""

__version__ = "0.1.0"

__all__ = ["errors"]
