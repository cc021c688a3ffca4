"""From bytes to safe pictures: decode, ingest, split, samples."""

__all__ = [
    "decode",
    "exif",
    "group_splits",
    "metadata",
    "near_duplicates",
    "pixels",
    "reduction",
    "rotation",
    "split",
    "stored_splits",
    "table_export",
]
