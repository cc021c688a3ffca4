"""Projects to start from: drawn, or out of scikit-learn and scikit-image."""

__all__ = ["leaves", "samples"]
