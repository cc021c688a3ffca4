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

Timing = tuple[str, float | None, float | None]  # a run, its seconds, and its seconds of learning
Fingerprint = tuple[tuple[str, tuple[Timing, ...]], ...]


def open_race(race_id: str) -> None:
    """Open a race: put it into the address bar."""
    st.query_params.pop("run", None)
    st.query_params["race"] = race_id


def opened_race(runs: Sequence[Run]) -> Race | None:
    """The race of the address bar, if it is one of this project."""
    requested = st.query_params.get("race")
    race = next((race for race in races(runs) if race.id == requested), None)
    if requested and race is None:
        st.query_params.pop("race", None)
    return race


def state_of(race: Race) -> RunState:
    """The state of a race as that of a run: running, queued, paused, finished or stopped."""
    states = [run.state for run in race.runs]
    for state in (RunState.RUNNING, RunState.QUEUED):
        if state in states:
            return state
    waiting = [state for state in states if not state.over]
    if waiting:
        return waiting[0]
    return RunState.FINISHED if RunState.FINISHED in states else RunState.STOPPED


def verdict_of(race: Race) -> tuple[Verdict, str] | None:
    """The verdict over the scored runs, and its split; None when too few were scored."""
    return _judge(
        tuple(
            (lane, tuple(_timing(run) for run in runs if run.state.over))
            for lane, runs in race.lanes.items()
        )
    )


def _timing(run: Run) -> Timing:
    """The seconds of a run; those of one that ended early say nothing about its setting."""
    if run.state is not RunState.FINISHED:
        return run.id, None, None
    return run.id, seconds_of(run), learning_seconds_of(run)


@st.cache_data(show_spinner=False, max_entries=32)
def _judge(lanes: Fingerprint) -> tuple[Verdict, str] | None:
    predictions = {lane: _predictions([run for run, *_ in runs]) for lane, runs in lanes}
    scored = [result for results in predictions.values() for result in results]
    split = "test" if scored and all(result.of("test") for result in scored) else "validation"
    judged = verdict(
        [
            scores_of(
                lane,
                predictions[lane],
                split,
                _mean([seconds for _, seconds, _ in runs]),
                _mean([learning for *_, learning in runs]),
            )
            for lane, runs in lanes
        ]
    )
    return None if judged is None else (judged, split)


def _predictions(runs: Sequence[str]) -> list[Predictions]:
    predictions = []
    for run in runs:
        try:
            predictions.append(read_predictions(services().workspace.runs.folder(run)))
        except NotFound:
            continue  # stopped before it was scored
    return predictions


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
