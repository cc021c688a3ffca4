"""Our own Streamlit components, with their scripts and styles."""
