"""Our own Streamlit components, with their scripts and styles."""

__all__ = ["bars", "blocks", "cards", "declare"]
