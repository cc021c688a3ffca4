"""Races as stored: the runs that name one and the same race in their payloads. No torch here.

A race is nothing but runs that name it, so it survives whatever runs survive.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tlcore.training.recipe.lanes import LEAST_LANES
from tlcore.workspace.records import Run

MOST_NAME = 60  # characters of a lane's name


@dataclass(frozen=True)
class Race:
    """The runs of a race: per lane, in the order in which lanes were named, oldest run first."""

    id: str
    kind: str
    lanes: dict[str, tuple[Run, ...]]

    @property
    def runs(self) -> list[Run]:
        """Every run, in the order of the queue."""
        return sorted((run for runs in self.lanes.values() for run in runs), key=lambda r: r.number)

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return all(run.state.over for run in self.runs)

    @property
    def title(self) -> str:
        """For example “Transfer against From scratch”."""
        return " against ".join(self.lanes)


def new_race_id() -> str:
    """An id for a race that no other has."""
    return secrets.token_hex(4)


def race_payload(race: str, kind: str, lane: str) -> dict[str, Any]:
    """What the payload of a run says about its race."""
    return {"race": race, "race_kind": kind, "lane": lane[:MOST_NAME]}


def races(runs: Sequence[Run]) -> list[Race]:
    """The races among runs, the newest first; one with fewer than two lanes left is not listed."""
    runs_of: dict[str, list[Run]] = {}
    for run in sorted(runs, key=lambda run: run.number):
        if isinstance(run.payload.get("race"), str) and isinstance(run.payload.get("lane"), str):
            runs_of.setdefault(run.payload["race"], []).append(run)
    all_races = [_race(race, race_runs) for race, race_runs in runs_of.items()]
    return [race for race in reversed(all_races) if len(race.lanes) >= LEAST_LANES]


def lane_of(payload: Mapping[str, Any]) -> str | None:
    """The lane that a run's payload names; None for a run of no race."""
    lane = payload.get("lane")
    return lane if isinstance(lane, str) and "race" in payload else None


def _race(race: str, runs: Sequence[Run]) -> Race:
    """The race of this id from its runs, the oldest first."""
    lanes: dict[str, tuple[Run, ...]] = {}
    for run in runs:
        lane = str(run.payload["lane"])
        lanes[lane] = (*lanes.get(lane, ()), run)
    return Race(race, str(runs[0].payload.get("race_kind", "own")), lanes)
