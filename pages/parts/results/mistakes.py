"""The mistakes: heat, most similar training pictures, and ways to put the data right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages.parts.components.cards import Card, draw_cards
from pages.parts.frame.errors import shown_errors
from pages.parts.frame.paging import choose_page
from pages.parts.frame.services import services
from pages.parts.frame.text import count, markdown_text, shortened
from pages.parts.pictures.changes import change
from pages.parts.pictures.gallery import Action
from pages.parts.pictures.splits import SPLIT_WORDS
from pages.parts.pictures.thumbnails import thumbnail_address
from pages.parts.pictures.undo import draw_undo
from pages.parts.results.by_label import draw_pictures
from pages.parts.results.heat_view import choose_label, draw_heat, heat_of_stored
from pages.parts.run.choice import ChosenRun
from pages.parts.run.scores import name_of
from tlcore.errors import NotFound
from tlcore.results.figures.figures import percent
from tlcore.results.score.evaluate import Evaluation, Prediction
from tlcore.workspace.records import Example, Label, Project, Split

ALL, SINGLE = "All together", "One by one"
PAGE = 24


def draw_mistakes(
    project: Project, chosen: ChosenRun, evaluation: Evaluation, details: Mapping[str, Any] | None
) -> None:
    """The mistakes, the most confident first."""
    if not evaluation.mistakes:
        st.success("It made no mistake on these pictures.", icon=":material/check:")
        return
    st.write(
        "Where it was sure and wrong, look closely: the label may be wrong, the picture unclear, "
        "or something in the background misleads it."
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        way = st.segmented_control(
            "Show", [ALL, SINGLE], default=ALL, required=True, key="mistakes_way",
            persist_state="session", label_visibility="collapsed",
        )  # fmt: skip
        draw_undo(project)
    if way == ALL:
        draw_pictures(list(evaluation.mistakes), evaluation.labels, PAGE, "mistakes")
        st.caption("Choose “One by one” to see what it looked at, and to put things right.")
        return
    page = choose_page(len(evaluation.mistakes), 1, key=f"mistake_{chosen.run.id}")
    _draw_mistake(project, chosen, evaluation, evaluation.mistakes[page.start], details)


def _draw_mistake(
    project: Project,
    chosen: ChosenRun,
    evaluation: Evaluation,
    wrong: Prediction,
    details: Mapping[str, Any] | None,
) -> None:
    truth, predicted = (
        markdown_text(shortened(evaluation.labels[n])) for n in (wrong.target, wrong.predicted)
    )
    st.markdown(
        f"It is **{truth}**, and it said **{predicted}**, {percent(wrong.sureness)} sure. "
        f":gray[{markdown_text(shortened(name_of(wrong.example)))}]"
    )
    copy = services().workspace.pictures.copy(wrong.picture)
    if copy.is_file():
        label = choose_label(
            evaluation.labels,
            wrong.predicted,
            key=f"mistake_label_{wrong.example}",
            truth=wrong.target,
        )
        with shown_errors(), st.spinner("Looking at what it looks at …"):
            heat = heat_of_stored(chosen.version, str(chosen.folder), str(copy), label)
            draw_heat(heat, evaluation.labels, right=wrong.target, key=f"mistake_{wrong.example}")
    if details is not None:
        _draw_neighbours(details, wrong, evaluation.labels)
    _draw_actions(project, wrong, evaluation.labels)


def _draw_neighbours(details: Mapping[str, Any], wrong: Prediction, labels: Sequence[str]) -> None:
    near = details["neighbours"].get(str(wrong.example))
    if not near:
        return
    st.markdown(
        "**The training pictures that look most like it to the classifier** "
        ":gray[(how alike, in per cent)]"
    )
    draw_cards(
        [
            Card(thumbnail_address(neighbour["picture"]), name_of(neighbour["example"]),
                 labels[neighbour["target"]], f"{100 * neighbour['similarity']:.0f} %")
            for neighbour in near
        ],
        key=f"near_{wrong.example}",
    )  # fmt: skip


def _draw_actions(project: Project, wrong: Prediction, labels: Sequence[str]) -> None:
    """Relabel, move to training, or put aside; each can be undone here and on the images page."""
    try:
        example = services().workspace.examples.get(wrong.example)
    except NotFound:
        st.caption("This picture is no longer in the project.")
        return
    question = services().workspace.labels.question(project.id)
    known = services().workspace.labels.list(question.id)
    names = {label.id: label.name for label in known}
    answer = example.answers.get(question.id)
    st.markdown("**Put it right**")
    _draw_changed(example, names.get(answer) if answer else None, labels[wrong.target])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        others = [label for label in known if label.id != answer]
        picked = st.selectbox(
            "Its label is really", others, index=None, key=f"relabel_{wrong.example}",
            format_func=lambda label: label.name, placeholder="Choose a label", width=240,
        )  # fmt: skip
        if picked is not None and st.button("Change the label", key=f"do_label_{wrong.example}"):
            _apply(project, known, Action("label", (example.id,), str(picked.id)))
        if example.split is not Split.TRAIN and st.button(
            "Learn from it next time", icon=":material/school:", key=f"do_train_{wrong.example}",
            help="Moves it to the training pictures; the test then has one picture less.",
        ):  # fmt: skip
            _apply(project, known, Action("split", (example.id,), Split.TRAIN.value))
        if example.deleted is None and st.button(
            "Unusable", icon=":material/block:", key=f"do_drop_{wrong.example}",
            help="Puts it aside: it is neither learnt from nor scored.",
        ):  # fmt: skip
            _apply(project, known, Action("delete", (example.id,), None))
    st.caption(
        "Changes count from the next training on; the score above stays as it was measured. "
        "Moving only the mistakes out of the test makes the next score look better than it is: "
        "add fresh test pictures in their place."
    )


def _draw_changed(example: Example, label: str | None, scored_as: str) -> None:
    """Say how this picture was changed since it was scored."""
    changes = []
    if example.deleted is not None:
        changes.append("it was put aside")
    elif label is None:
        changes.append("it has no label now")
    elif label != scored_as:
        changes.append(f"its label is now **{markdown_text(label)}**")
    if example.deleted is None and example.split in (Split.TRAIN, Split.UNLABELLED):
        changes.append(f"it is now used for: {SPLIT_WORDS[example.split].title}")
    if changes:
        st.caption(f":material/edit: Since it was scored, {' and '.join(changes)}.")


def _apply(project: Project, labels: Sequence[Label], action: Action) -> None:
    with shown_errors():
        question = services().workspace.labels.question(project.id)
        words = change(action, labels, question)
        st.toast(markdown_text(words) or count(1, "picture"), icon=":material/check:")
        st.rerun()
