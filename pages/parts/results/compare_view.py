"""Two runs side by side: settings, scores, curves, and the pictures on which they differ."""

from __future__ import annotations

import streamlit as st

from pages.parts.components.cards import Card, draw_cards
from pages.parts.frame.errors import shown_errors
from pages.parts.frame.paging import choose_page
from pages.parts.frame.services import services
from pages.parts.frame.side_by_side import side_by_side
from pages.parts.frame.text import count
from pages.parts.pictures.thumbnails import thumbnail_address
from pages.parts.run.choice import ChosenRun, usable_runs
from pages.parts.run.history import history_of
from pages.parts.run.scores import name_of, predictions_of
from tlcore.results.compare.classifiers import PairedComparison, compare
from tlcore.results.compare.runs import set_differently
from tlcore.results.figures.figures import percent
from tlcore.results.figures.score_figures import two_runs_figure
from tlcore.results.score.evaluate import Prediction
from tlcore.results.score.intervals import too_small, wilson
from tlcore.workspace.records import Project

FLAT = {"displayModeBar": False}
SHOWN = 12


def draw_compare(project: Project, chosen: ChosenRun, split: str) -> None:
    """Choose another run and compare both on the pictures of `split`."""
    others = {
        usable.run.id: usable for usable in usable_runs(project) if usable.run.id != chosen.run.id
    }
    if not others:
        st.info("There is one run so far. Train again with other settings, then compare them here.")
        st.page_link("train.py", label="Go to Train", icon=":material/model_training:")
        return
    picked = st.selectbox(
        f"Compare run {chosen.run.number} with", list(others), key="compare_with",
        format_func=lambda run_id: others[run_id].words,
    )  # fmt: skip
    other = others[picked]
    with shown_errors():
        mine, theirs = predictions_of(chosen), predictions_of(other)
        comparison = compare(mine.labels, mine.of(split), theirs.labels, theirs.of(split))
        _draw_scores(chosen, other, comparison)
        _draw_settings(chosen, other)
        _draw_curves(chosen, other)
        _draw_differing(chosen, other, comparison)


def _draw_scores(mine: ChosenRun, other: ChosenRun, comparison: PairedComparison) -> None:
    names = {"The first": f"Run {mine.run.number}", "The second": f"Run {other.run.number}"}
    words = comparison.words
    for plain, name in names.items():
        words = words.replace(plain, name)
    st.markdown(f"**{words}**")
    if not comparison.total:
        return
    rows = [(mine, comparison.first_right), (other, comparison.second_right)]
    intervals = [wilson(right, comparison.total) for _, right in rows]
    st.dataframe(
        {
            "Run": [f"Run {side.run.number}" for side, _ in rows],
            "Right": [f"{right} of {comparison.total}" for _, right in rows],
            "Share": [100 * right / comparison.total for _, right in rows],
            "Probably between": [
                f"{100 * interval.low:.0f} and {100 * interval.high:.0f} %"
                for interval in intervals
            ],
        },
        hide_index=True,
        column_config={
            "Share": st.column_config.ProgressColumn(format="%.0f %%", min_value=0, max_value=100)
        },
        key="compare_scores",
    )
    warning = too_small(comparison.first_right, comparison.total)
    st.caption(
        f"They give the same answer on {percent(comparison.agreement)} of "
        f"{count(comparison.total, 'picture')}. McNemar's test on those that only one got right "
        f"({comparison.only_first} and {comparison.only_second}): p = {comparison.p_value:.3f}."
        + (f" {warning}" if warning else "")
    )


def _draw_settings(mine: ChosenRun, other: ChosenRun) -> None:
    known = services().workspace.runs.list(mine.run.project_id)
    rows = set_differently([mine.run, other.run], known)
    st.subheader("What was set differently", anchor=False)
    if not rows:
        seeds = {side.run.recipe.get("seed") for side in (mine, other)}
        st.write(
            "Nothing: both ran with the same settings."
            + (" Only the seed differs, by which they shuffle." if len(seeds) > 1 else "")
        )
        return
    st.dataframe(
        {
            "Setting": [row.name for row in rows],
            f"Run {mine.run.number}": [row.values[0] for row in rows],
            f"Run {other.run.number}": [row.values[1] for row in rows],
        },
        hide_index=True,
        key="compare_settings",
    )


def _draw_curves(mine: ChosenRun, other: ChosenRun) -> None:
    runs = [(f"Run {side.run.number}", history_of(side.run.id).epochs) for side in (mine, other)]
    if not any(epochs for _, epochs in runs):
        return
    st.subheader("How they learned", anchor=False)
    left, right = side_by_side(2)
    fields = (
        (left, "validation_accuracy", "Right on validation", True),
        (right, "validation_loss", "Loss on validation", False),
    )
    for place, field, title, share in fields:
        with place:
            figure = two_runs_figure(runs, field, title, share=share, key=field)
            st.plotly_chart(figure, key=f"compare_{field}", config=FLAT)


def _draw_differing(mine: ChosenRun, other: ChosenRun, comparison: PairedComparison) -> None:
    if not comparison.total:
        return
    st.subheader("Where they differ", anchor=False)
    if not comparison.differing:
        st.write("They give the same answer on every picture.")
        return
    page = choose_page(len(comparison.differing), SHOWN, key="differing")
    shown = comparison.differing[page]
    draw_cards([_pair(mine, other, *pair) for pair in shown], key=f"differing_from_{page.start}")


def _pair(mine: ChosenRun, other: ChosenRun, first: Prediction, second: Prediction) -> Card:
    """One picture with the predictions of both runs."""
    predictions = tuple(
        (f"run {run.run.number}", run.labels[example.predicted], example.right)
        for run, example in ((mine, first), (other, second))
    )
    return Card(
        source=thumbnail_address(first.picture),
        name=name_of(first.example),
        prediction=mine.labels[first.predicted],
        confidence="",
        truth=mine.labels[first.target],
        others=predictions,
    )
