"""Data → figures. Nothing here knows screens."""
