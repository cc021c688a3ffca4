"""Probes: where a backbone transfers to these pictures, and which one suits them."""

__all__ = ["distance", "measured", "sample", "tasks"]
