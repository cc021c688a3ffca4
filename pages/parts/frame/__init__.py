"""What every page stands on: services, project, steps, door, errors, paging, safe text."""

__all__ = [
    "addresses",
    "binding",
    "damage",
    "door",
    "errors",
    "paging",
    "project",
    "services",
    "side_by_side",
    "steps",
    "text",
    "uploader",
]
