"""The check-up: what may be wrong with the pictures, and how each finding is mended."""

__all__ = ["checkup", "checkup_store", "copies", "detectors", "findings", "folder_check", "topics"]
