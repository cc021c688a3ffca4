"""The results page: how good it is, how sure that is, and where it is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.parts.frame.errors import shown_errors
from pages.parts.frame.project import require_project
from pages.parts.frame.steps import next_step
from pages.parts.results.before_after import draw_before_after
from pages.parts.results.by_label import draw_by_label
from pages.parts.results.compare_view import draw_compare
from pages.parts.results.confidence import draw_confidence
from pages.parts.results.explanation import draw_explanation
from pages.parts.results.from_scratch import scratch_words
from pages.parts.results.mistakes import draw_mistakes
from pages.parts.results.report_button import draw_report_button
from pages.parts.results.stress_view import draw_stress
from pages.parts.results.verdict import draw_verdict
from pages.parts.run.choice import ChosenRun, choose_run
from pages.parts.run.examination import report_or_progress
from pages.parts.run.scores import predictions_of
from tlcore.images.split import LEAST_FOR_TEST
from tlcore.results.score.evaluate import Evaluation
from tlcore.results.score.intervals import too_small
from tlcore.results.score.predictions import Predictions
from tlcore.results.score.result_cache import DETAILS_NAME
from tlcore.workspace.records import Project, Split

DERIVE = "tlcore.results.score.analysis_task:analysis_task"
TEST_WORDS = "on test pictures, which it never saw while it learned"
IMPORT_WORDS = (
    "on pictures of this project; whether it learned from any of them elsewhere is not known"
)
VALIDATION_WORDS = "on validation pictures, which helped to choose the best epoch"
LABELS, MISTAKES, CONFIDENCE, EXPLANATION, STRESS, BEFORE, COMPARE, REPORT = TABS = (
    "By label",
    "Mistakes",
    "Confidence",
    "What it looks at",
    "Stress test",
    "Before and after",
    "Compare runs",
    "Report",
)


def draw_no_test() -> None:
    """Warn that the score flatters, say why, and how to get an honest one."""
    st.warning(
        "**This score flatters.** There are no test pictures. These pictures were used to choose "
        "the best moment of training, so it is better on them than it will be on new ones. "
        f"To get an honest score, add pictures until a label has at least {LEAST_FOR_TEST} that "
        "differ clearly, or choose some for the test yourself, and train again.",
        icon=":material/warning:",
    )
    st.page_link("images.py", label="Add pictures", icon=":material/photo_library:")


def draw_score(
    project: Project, chosen: ChosenRun, evaluation: Evaluation, honest: bool
) -> dict[str, Any] | None:
    """The score on top. Returns the run's details; None while they are still being computed."""
    place = st.container()
    details = report_or_progress(
        chosen, DETAILS_NAME, DERIVE, start=True, words="Comparing with simpler ways."
    )
    with place:
        draw_verdict(
            evaluation,
            split_words(chosen, honest),
            baselines=details["baselines"] if details else (),
            scratch=scratch_words(project, chosen),
            key="verdict",
        )
        if not honest:
            draw_no_test()
        elif words := too_small(evaluation.right, evaluation.total):
            st.caption(f":material/info: {words}")
    return details


def split_words(chosen: ChosenRun, honest: bool) -> str:
    """Which pictures the score is about, and what the classifier knew of them before."""
    if chosen.run.imported:
        return IMPORT_WORDS
    return TEST_WORDS if honest else VALIDATION_WORDS


def draw_with(details: dict[str, Any] | None, draw: Callable[[dict[str, Any]], None]) -> None:
    """Draw what needs the details; while they are being computed, say so."""
    if details is None:
        st.info("This is being worked out. It appears here by itself.")
    else:
        draw(details)


def draw_tabs(
    project: Project, chosen: ChosenRun, predictions: Predictions, evaluation: Evaluation,
    details: dict[str, Any] | None,
) -> None:  # fmt: skip
    """One tab per question; only the open one is drawn."""
    scored = predictions.of(predictions.judged)
    tabs = dict(zip(TABS, st.tabs(list(TABS), key="results_tab", on_change="rerun"), strict=True))
    drawers: dict[str, Callable[[], None]] = {
        LABELS: lambda: draw_by_label(evaluation, scored, details),
        MISTAKES: lambda: draw_mistakes(project, chosen, evaluation, details),
        CONFIDENCE: lambda: draw_with(
            details, lambda known: draw_confidence(project, chosen, known)
        ),
        EXPLANATION: lambda: draw_explanation(chosen, evaluation, scored),
        STRESS: lambda: draw_stress(chosen),
        BEFORE: lambda: draw_with(
            details, lambda known: draw_before_after(chosen, evaluation, scored, known)
        ),
        COMPARE: lambda: draw_compare(project, chosen, predictions.judged),
        REPORT: lambda: draw_report_button(project, chosen),
    }
    for name, tab in tabs.items():
        with tab:
            if tab.open:
                with shown_errors():
                    drawers[name]()


def draw_result(project: Project, chosen: ChosenRun) -> None:
    """Everything about the test split, or about validation where there is no test split."""
    predictions = predictions_of(chosen)
    evaluation = predictions.evaluation(predictions.judged)
    if evaluation is None:
        st.info("There were no pictures to score it on. Add pictures, and train again.")
        return
    details = draw_score(project, chosen, evaluation, predictions.judged == Split.TEST)
    draw_tabs(project, chosen, predictions, evaluation, details)


project = require_project()
st.title("How good is it, and where is it wrong?", anchor=False)
chosen = choose_run(project)
with shown_errors():
    draw_result(project, chosen)
next_step("try_it.py")
