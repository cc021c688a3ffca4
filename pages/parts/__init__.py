"""Streamlit pieces that several pages share."""

__all__ = []
