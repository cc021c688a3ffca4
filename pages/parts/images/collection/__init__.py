"""The pictures and labels that a project has: looking through, changing and exporting them."""

__all__ = ["browser", "deleted", "export_pictures", "labels", "sufficiency"]
