"""Races are found again among runs."""

from __future__ import annotations

from datetime import UTC, datetime

from tlcore.training.recipe.race import lane_of, new_race_id, race_payload, races
from tlcore.workspace.records import Run, RunState


def run(number: int, payload: dict[str, object], state: RunState = RunState.FINISHED) -> Run:
    return Run(
        id=f"run{number}", project_id="p", number=number, function="none:none", recipe={},
        payload=dict(payload), state=state, created=datetime.now(UTC),
    )  # fmt: skip


def test_races_are_found_again_among_runs() -> None:
    first, second, broken = new_race_id(), new_race_id(), new_race_id()
    runs = [
        run(1, {}),
        run(2, race_payload(first, "scratch", "Transfer")),
        run(3, race_payload(first, "scratch", "From scratch")),
        run(4, race_payload(first, "scratch", "Transfer"), RunState.RUNNING),
        run(5, race_payload(broken, "own", "alone")),
        run(6, race_payload(second, "freezing", "Frozen")),
        run(7, race_payload(second, "freezing", "Fine-tuned")),
        run(8, {"race": 3, "lane": []}),
    ]
    newest, oldest = races(list(reversed(runs)))
    assert (newest.id, oldest.id) == (second, first)
    assert oldest.title == "Transfer against From scratch"
    assert [run.number for run in oldest.lanes["Transfer"]] == [2, 4]
    assert [run.number for run in oldest.runs] == [2, 3, 4]
    assert newest.over and not oldest.over
    assert lane_of(runs[2].payload) == "From scratch" and lane_of(runs[0].payload) is None
