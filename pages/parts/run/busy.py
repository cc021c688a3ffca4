"""Whether a run is active: measuring seconds beside it would give wrong figures."""

from __future__ import annotations

from pages.parts.frame.services import services

GOING = "A run is going: times measured now would be too long."


def why_busy() -> str | None:
    """Why nothing should be timed now; None while no run is active."""
    return GOING if services().workspace.runs.running() else None
