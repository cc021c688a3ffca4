"""Streamlit pages; main.py is the frame."""
