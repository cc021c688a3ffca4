"""What a person reads about a run whose process ended by force, whatever runs do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tlcore.jobs.events import Event


def keeps_nothing(event: Event) -> bool:
    """For runs that say of no event that something is kept from then on."""
    return False


@dataclass(frozen=True)
class Endings:
    """Words for the remedy, from whoever knows what the runs of an engine do.

    `keeps` is true for an event from which on something of the run is kept; `kept` is the remedy
    from then on, `nothing_kept` before. `lighter` says what would have needed less memory,
    `again` what to try after a request whose process ended.
    """

    keeps: Callable[[Event], bool] = keeps_nothing
    kept: str = "What it had finished is kept. You can start it again, or go on where it stood."
    nothing_kept: str = "Nothing is kept of it. You can start it again."
    lighter: str = "Less at a time needs less memory."
    again: str = "It has been started again: try once more."
