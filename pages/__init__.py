"""Streamlit pages; main.py is the frame."""

__all__ = []
