"""What a person reads about a run whose process dies: only what is kept is promised."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from tlcore.jobs.active_run import ActiveRun
from tlcore.jobs.events import Event
from tlcore.training.endings import TRAINING_ENDINGS
from tlcore.workspace.records import Run, RunState


class Written:
    """The end of a run, as the workspace would write it."""

    remedy = ""

    def append(self, _: str, __: list[Event]) -> None:
        pass

    def get(self, _: str) -> Run:
        return RUN

    def finish(self, _: str, __: RunState, **ending: Any) -> None:
        self.remedy = ending["remedy"]


RUN = Run("r", "p", 1, "f", {}, {}, RunState.RUNNING, datetime.now(UTC))


@pytest.mark.parametrize(
    ("events", "kept"),
    [
        ([], False),
        ([Event("phase"), Event("step", {"epoch": 1})], False),
        ([Event("resumed", {"epochs": 0})], False),
        ([Event("step", {"epoch": 1}), Event("epoch", {"epoch": 1})], True),
        ([Event("resumed", {"epochs": 3})], True),
    ],
)
@pytest.mark.parametrize("ending", ["died", "killed", "closed"])
def test_an_epoch_is_promised_only_once_it_is_complete(
    ending: str, events: list[Event], kept: bool
) -> None:
    going = ActiveRun(RUN, TRAINING_ENDINGS, began=True, killed=ending == "killed")
    runs = Written()
    for event in events:
        going.hear(event)
    if ending == "closed":
        going.abandon()
    else:
        going.bury(-9, put_back=False)
    going.settle(runs)  # type: ignore[arg-type]
    assert ("complete epochs is kept" in runs.remedy) == kept
    assert ("nothing is kept" in runs.remedy) == (not kept)
    assert "You can train again" in runs.remedy


def test_an_engine_that_knows_no_tasks_promises_nothing_about_learning() -> None:
    going, runs = ActiveRun(RUN, began=True), Written()
    going.hear(Event("epoch", {"epoch": 1}))
    going.bury(-9, put_back=False)
    going.settle(runs)  # type: ignore[arg-type]
    assert runs.remedy and not re.search("epoch|train|batch|model", runs.remedy)
