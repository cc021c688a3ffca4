"""What leaves the app: exported classifiers."""

__all__ = ["api", "bulk", "classifier_import", "sorting", "tasks"]
