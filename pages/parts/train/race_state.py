"""Which race the visitor looks at, how far it is, and its verdict."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.parts.frame.services import services
from tlcore.errors import NotFound
from tlcore.results.compare.runs import learning_seconds_of, seconds_of
from tlcore.results.compare.verdict import Verdict, scores_of, verdict
from tlcore.results.score.predictions import Predictions, read_predictions
from tlcore.training.recipe.race import Race, races
from tlcore.workspace.records import Run, RunState

Told = tuple[str, float | None, float | None]  # a run, its seconds, and those that it learned
Fingerprint = tuple[tuple[str, tuple[Told, ...]], ...]


def open_race(race_id: str) -> None:
    """Make a race what is looked at, in the address bar."""
    st.query_params.pop("run", None)
    st.query_params["race"] = race_id


def opened_race(runs: Sequence[Run]) -> Race | None:
    """The race of the address bar, if it is one of this project."""
    wanted = st.query_params.get("race")
    race = next((race for race in races(runs) if race.id == wanted), None)
    if wanted and race is None:
        st.query_params.pop("race", None)
    return race


def state_of(race: Race) -> RunState:
    """The state of a race as that of a run: going, waiting, paused, finished or stopped."""
    states = [run.state for run in race.runs]
    for state in (RunState.RUNNING, RunState.QUEUED):
        if state in states:
            return state
    waiting = [state for state in states if not state.over]
    if waiting:
        return waiting[0]
    return RunState.FINISHED if RunState.FINISHED in states else RunState.STOPPED


def verdict_of(race: Race) -> tuple[Verdict, str] | None:
    """The verdict over the runs that were scored, and on which split; None when too few were."""
    return _judged(
        tuple(
            (lane, tuple(_told(run) for run in runs if run.state.over))
            for lane, runs in race.lanes.items()
        )
    )


def _told(run: Run) -> Told:
    """What a broken-off run took says nothing about its setting."""
    if run.state is not RunState.FINISHED:
        return run.id, None, None
    return run.id, seconds_of(run), learning_seconds_of(run)


@st.cache_data(show_spinner=False, max_entries=32)
def _judged(lanes: Fingerprint) -> tuple[Verdict, str] | None:
    said = {lane: _predictions([run for run, *_ in runs]) for lane, runs in lanes}
    scored = [one for found in said.values() for one in found]
    split = "test" if scored and all(one.of("test") for one in scored) else "validation"
    found = verdict(
        [
            scores_of(
                lane,
                said[lane],
                split,
                _mean([seconds for _, seconds, _ in runs]),
                _mean([learning for *_, learning in runs]),
            )
            for lane, runs in lanes
        ]
    )
    return None if found is None else (found, split)


def _predictions(runs: Sequence[str]) -> list[Predictions]:
    found = []
    for run in runs:
        try:
            found.append(read_predictions(services().workspace.runs.folder(run)))
        except NotFound:
            continue  # stopped before it was scored
    return found


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
