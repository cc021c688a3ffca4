"""The features that frozen stages give of pictures: computed once, and kept on disk."""

__all__ = ["extract", "store", "view"]
