"""Where a training stands, kept on the way so that it can go on from there."""

__all__ = ["run_folder", "stored_run"]
