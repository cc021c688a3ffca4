"""The rate finder and the cost before Train: answers are shown while they fit the settings."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.draft.draft import draft_recipe, keep_recipe
from pages.parts.draft.start import start_afresh, start_from
from pages.parts.draft.trial import Trial
from pages.parts.frame.services import Services
from pages.parts.layers.rate_finder import RATES
from pages.parts.layers.rate_finder import TASK as RATES_TASK
from pages.parts.train.cost_view import TASK as COST_TASK
from pages.parts.train.cost_view import in_bytes, phase_words, rounded_duration
from tests.app.trained import trained_project
from tlcore.results.figures.rate_figure import rate_figure
from tlcore.workspace.records import Project

POINTS = [[10.0**power, loss] for power, loss in ((-6, 1.6), (-4, 1.5), (-3, 0.9), (-2, 0.4))]
RATES_REPORT = {
    "points": POINTS, "suggestion": 2.1e-3, "head_rate": 2e-3, "backbone_rate": None,
    "words": "Try 0.002 for the head. There the loss falls.", "seconds": 2.0,
}  # fmt: skip
PHASE = {
    "name": "stages", "words": "The last stage learns with the head, gently", "epochs": 14,
    "views": 4, "keeps": True, "looks": 528, "look_seconds": 8.6, "epoch_seconds": 3.25,
    "kept_bytes": 16_000_000, "memory_bytes": 132_000_000,
}  # fmt: skip
COST_REPORT = {
    "trainable_parameters": 12_000, "frozen_parameters": 4_900_000, "phases": [PHASE],
    "total_seconds": 66.4, "look_seconds": 8.6, "epoch_seconds": 3.25,
    "memory_bytes": 132_000_000, "kept_bytes": 16_000_000, "seconds": 9.8,
}  # fmt: skip


def rates_script(project_id: str) -> None:
    from pages.parts.draft.draft import draft_recipe
    from pages.parts.frame.services import services
    from pages.parts.layers.rate_finder import draw_rate_finder

    project = services().workspace.projects.get(project_id)
    draw_rate_finder(project, draft_recipe(project, 30), 30)


def cost_script(project_id: str) -> None:
    from pages.parts.draft.draft import draft_recipe
    from pages.parts.frame.services import services
    from pages.parts.train.cost_view import draw_cost_view

    project = services().workspace.projects.get(project_id)
    draw_cost_view(project, draft_recipe(project, 30))


def opened(script: Any, kind: str, project: Project, report: dict[str, Any] | None) -> AppTest:
    """The part, with a report that was made earlier in this session, if there is one."""
    app = AppTest.from_function(script, default_timeout=60, args=(project.id,))
    if report is not None:
        trial = Trial(kind, project, draft_recipe(project, 30))
        fingerprint = trial._fingerprint(RATES if kind == "rates" else ())
        app.session_state[trial.key] = {"report": report, "for": fingerprint}
    app.run()
    assert not app.exception
    return app


def test_before_a_search_there_is_only_the_button(project: Project) -> None:
    app = opened(rates_script, "rates", project, None)
    assert [button.label for button in app.button] == ["Find a learning rate"]


def test_the_suggestion_is_used_by_one_click(graft: Services, project: Project) -> None:
    app = opened(rates_script, "rates", project, RATES_REPORT)
    assert [button.label for button in app.button] == ["Search again", "Use it"]
    app.button[1].click().run()
    assert not app.exception
    assert draft_recipe(graft.workspace.projects.get(project.id), 30).head_rate == 2e-3
    assert [button.label for button in app.button] == ["Search again"]
    assert any("set now" in caption.value for caption in app.caption)


def test_a_suggestion_for_other_settings_is_not_offered(graft: Services, project: Project) -> None:
    app = opened(rates_script, "rates", project, RATES_REPORT)
    keep_recipe(project, draft_recipe(project, 30).with_changes(preset="custom", dropout=0.7))
    app.run()
    assert [button.label for button in app.button] == ["Search again"]
    assert any("have changed" in caption.value for caption in app.caption)


def test_the_absence_of_a_suggestion_is_shown(project: Project) -> None:
    none = {"suggestion": None, "head_rate": None, "words": "The loss does not fall."}
    app = opened(rates_script, "rates", project, {**RATES_REPORT, **none})
    assert any("does not fall" in text.value for text in app.markdown)
    assert [button.label for button in app.button] == ["Search again"]


def test_the_cost_is_shown_while_it_fits(graft: Services, project: Project) -> None:
    app = opened(cost_script, "cost", project, COST_REPORT)
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["In all, at most"] == "1 min 6 s"
    assert shown["One epoch"] == "3.2 s" and shown["Numbers that learn"] == "12 thousand"
    assert shown["Memory"] == "132 MB" and shown["Kept on disk"] == "16 MB"
    assert any("14 epochs" in caption.value for caption in app.caption)
    keep_recipe(project, draft_recipe(project, 30).with_changes(preset="custom", epochs=9))
    app.run()
    assert not app.metric
    assert any("Measure again" in caption.value for caption in app.caption)


def test_a_cost_is_that_of_what_the_training_starts_from(graft: Services) -> None:
    made = trained_project(graft.workspace, labels=("red", "lime"))
    project = start_afresh(start_from(made.project, made.run))
    app = opened(cost_script, "cost", project, COST_REPORT)
    assert app.metric
    graft.workspace.projects.choose(project.id, start=made.run.id)
    assert not app.run().metric
    assert any("Measure again" in caption.value for caption in app.caption)


def test_phases_are_described_with_views_and_bytes() -> None:
    words = phase_words(PHASE)
    assert "14 epochs of 3.2 s each" in words and "528 looks" in words
    assert "4 views of each picture take 16 MB" in words
    assert "kept already" in phase_words({**PHASE, "looks": 0})
    assert "new view" in phase_words({**PHASE, "keeps": False, "looks": 0, "kept_bytes": 0})


def test_seconds_and_bytes_are_short() -> None:
    words = [rounded_duration(seconds) for seconds in (0.0004, 0.034, 0.34, 3.42, 12.4, 200)]
    assert words == ["0.01 s", "0.03 s", "0.3 s", "3.4 s", "12 s", "3 min 20 s"]
    assert [in_bytes(size) for size in (900, 340_000, 16_000_000, 1_240_000_000)] == [
        "900 B", "340 kB", "16 MB", "1.2 GB",
    ]  # fmt: skip


def test_the_figure_marks_the_suggestion_and_what_is_set() -> None:
    points = [(rate, loss) for rate, loss in POINTS]
    figure = rate_figure(points, 2e-3, 1e-3, key="a")
    assert list(figure.data[0].x) == [rate for rate, _ in points]
    assert figure.data[1].x == (2e-3,)
    assert figure.layout.shapes[0].x0 == 1e-3 and figure.layout.annotations[0].x == -3
    assert len(rate_figure(points, None, 1e-3, key="a").data) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("script", "task"), [(rates_script, RATES_TASK), (cost_script, COST_TASK)])
def test_the_engine_reports(script: Any, task: str, project: Project) -> None:
    """Through the real request worker, from the click to what is shown."""
    app = AppTest.from_function(script, default_timeout=240, args=(project.id,)).run()
    app.button[0].click().run()
    assert not app.exception and not app.error
    assert app.button[0].label in ("Search again", "Measure again")
    assert app.metric if task == COST_TASK else any("Try" in text.value for text in app.markdown)
