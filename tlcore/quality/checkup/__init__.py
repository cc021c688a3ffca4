"""The check-up: what may be wrong with the pictures, and how each finding is mended."""
