"""Who is let in, before any route is reached: by host and origin, by pass-phrase, by size."""

__all__ = ["door", "gate", "hosts", "sizes"]
