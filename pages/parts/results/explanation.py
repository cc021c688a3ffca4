"""What it looks at: heat on any picture for any label, and the shortcut detective."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages.parts.components.bars import draw_shares
from pages.parts.frame.errors import shown_errors
from pages.parts.frame.paging import choose_page
from pages.parts.frame.services import services
from pages.parts.frame.text import markdown_text, shortened
from pages.parts.results.heat_view import choose_label, draw_heat, heat_of_copy, heat_of_stored
from pages.parts.run.choice import ChosenRun
from pages.parts.run.examination import report_or_progress
from pages.parts.run.scores import name_of
from tlcore.images.reduction import working_copy
from tlcore.results.figures.figures import percent
from tlcore.results.score.evaluate import Evaluation, Prediction
from tlcore.results.score.result_cache import DETECTIVE_NAME

DETECTIVE = "tlcore.results.explain.tasks:detective_task"
SCORED, UPLOAD = "A scored picture", "Another picture"


def draw_explanation(
    chosen: ChosenRun, evaluation: Evaluation, scored: Sequence[Prediction]
) -> None:
    """Heat on one picture, then the shortcut detective."""
    st.write(
        "The brighter a place, the more it spoke for the label. Good signs: the heat lies on the "
        "thing itself. Bad signs: it lies on the background, a ruler, a caption, the edge."
    )
    way = st.segmented_control(
        "Which picture?", [SCORED, UPLOAD], default=SCORED, required=True, key="looks_way",
        persist_state="session",
    )  # fmt: skip
    if way == SCORED:
        _draw_scored(chosen, evaluation, scored)
    else:
        _draw_upload(chosen)
    _draw_detective(chosen)


def _draw_scored(chosen: ChosenRun, evaluation: Evaluation, scored: Sequence[Prediction]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = [label.label for label in evaluation.per_label if label.pictures]
        picked = st.selectbox("Pictures of", ["every label", *names], key="looks_of", width=240)
        of_label = [
            candidate for candidate in scored if evaluation.labels[candidate.target] == picked
        ] or list(scored)
        page = choose_page(len(of_label), 1, key=f"looks_{picked}")
    example = of_label[page.start]
    copy = services().workspace.pictures.copy(example.picture)
    if not copy.is_file():
        st.info("The file of this picture is gone.")
        return
    truth = markdown_text(shortened(evaluation.labels[example.target]))
    st.markdown(f"It is **{truth}**. :gray[{markdown_text(shortened(name_of(example.example)))}]")
    label = choose_label(
        evaluation.labels,
        example.predicted,
        key=f"looks_label_{example.example}",
        truth=example.target,
    )
    with shown_errors(), st.spinner("Looking at what it looks at …"):
        heat = heat_of_stored(chosen.version, str(chosen.folder), str(copy), label)
        draw_heat(heat, evaluation.labels, right=example.target, key="looks")


def _draw_upload(chosen: ChosenRun) -> None:
    file = st.file_uploader("Choose a picture, or drop it here", key="looks_file")
    if file is None:
        return
    with shown_errors():
        copy = working_copy(file.getvalue())
        plain = _heat(chosen, copy.jpeg, None)
        answer = max(range(len(chosen.labels)), key=plain["probabilities"].__getitem__)
        label = choose_label(chosen.labels, answer, key="looks_file_label")
        heat = plain if label == plain["label"] else _heat(chosen, copy.jpeg, label)
        draw_heat(heat, chosen.labels, key="looks_file")


def _heat(chosen: ChosenRun, jpeg: bytes, label: int | None) -> dict[str, Any]:
    with st.spinner("Looking at what it looks at …"):
        return heat_of_copy(chosen, jpeg, label)


def _draw_detective(chosen: ChosenRun) -> None:
    """Accuracy with the middle hidden and with the border hidden, and what that means."""
    st.subheader("The shortcut detective", anchor=False)
    st.write(
        "Does it know the thing, or only what stands around it? The detective hides the middle of "
        "every scored picture, then everything but the middle, and asks again."
    )
    start = st.session_state.get(f"detective_{chosen.run.id}", False)
    report = report_or_progress(chosen, DETECTIVE_NAME, DETECTIVE, start=start)
    if report is None:
        if not start and st.button(
            "Start the detective", icon=":material/search:", key="start_detective"
        ):
            st.session_state[f"detective_{chosen.run.id}"] = True
            st.rerun()
        return
    _draw_finding(report)


def _draw_finding(report: Mapping[str, Any]) -> None:
    if report["fires"]:
        st.warning(report["words"], icon=":material/warning:")
        st.write(
            "What to do: take pictures of every label in front of the same backgrounds, or crop "
            "them to the thing itself, and train again."
        )
    else:
        st.success(report["words"], icon=":material/check:")
    total = report["total"]
    draw_shares(
        {
            "Whole pictures": report["whole"] / total,
            "Middle hidden": report["middle_hidden"] / total,
            "Border hidden": report["border_hidden"] / total,
            "Guessing": report["chance"],
        },
        ["good", "main", "main", "plain"],
        key="detective",
    )
    if report["heat_outside"] is not None:
        st.caption(
            f"{percent(report['heat_outside'])} of the heat lies outside the middle; evenly spread "
            f"it would be {percent(1 - report['middle_area'])}."
        )
