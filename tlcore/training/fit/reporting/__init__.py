"""What a training reports: its events, its sentences, and advice on its curves."""

__all__ = ["curve_advice", "events"]
