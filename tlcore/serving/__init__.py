"""What leaves the app: exported classifiers."""
