"""The check-up of the pictures: in the background, on the page, and mending what it found."""

__all__ = ["checkup_view"]
