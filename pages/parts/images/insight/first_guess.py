"""The instant classifier: a first guess without training, for new and for unlabelled pictures."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import streamlit as st

from pages.parts.components.bars import draw_bars
from pages.parts.frame.errors import show, shown_errors
from pages.parts.frame.paging import choose_page
from pages.parts.frame.services import services
from pages.parts.frame.text import count, markdown_text
from pages.parts.frame.uploader import uploader_key
from pages.parts.images.quality_requests import ask_quality
from pages.parts.pictures.changes import assign_labels, names_of
from pages.parts.pictures.gallery import PAGE, draw_tiles, tile
from tlcore.errors import GraftError
from tlcore.images.intake.sources import MAX_FILE_BYTES
from tlcore.workspace.records import Example, Label, Project, Question

MOST_NEW = 12  # pictures tried at a time
SURE = 80  # percent
OUTCOME = "guess_outcome"
WORDS = (
    "As soon as two labels have a picture each, Graft can guess without any training: it compares "
    "a picture with the average of each label’s pictures. It is only a first guess; training makes "
    "it better."
)


class Proposal(TypedDict):
    """A label (its id) proposed for an example (its id), with its probability, 0 to 1."""

    example: int
    label: int
    probability: float


def draw_first_guess(project: Project, question: Question, labels: Sequence[Label]) -> None:
    """Guess at new pictures at once; propose labels for pictures that have none."""
    outcome = st.session_state.pop(OUTCOME, None)
    if isinstance(outcome, GraftError):
        show(outcome)
    elif outcome:
        st.toast(markdown_text(outcome), icon=":material/check:")
    st.caption(WORDS)
    table = services().workspace.examples.table(project.id, question.id)
    filled = [label for label in labels if sum(table.get(label.id, {}).values())]
    if len(filled) < 2:
        st.info("Give two labels at least one picture each first.", icon=":material/info:")
        return
    _draw_new(project)
    _draw_proposals(project, question, labels)


def _draw_new(project: Project) -> None:
    st.subheader("Try a picture", anchor=False)
    files = st.file_uploader(
        "Pictures that Graft has not seen; they are not kept",
        accept_multiple_files=True,
        key=uploader_key("guess"),
        max_upload_size=MAX_FILE_BYTES // 1_000_000,
    )
    if not files:
        return
    if len(files) > MOST_NEW:
        st.caption(f"The first {MOST_NEW} are looked at.")
    shown = files[:MOST_NEW]
    data = [base64.b64encode(file.getvalue()).decode("ascii") for file in shown]
    with shown_errors():
        report = ask_quality(
            project, "tlcore.quality.tasks:instant_task", "Looking at the pictures", data=data
        )
        names = [label["name"] for label in report["labels"]]
        guesses = zip(shown, report["answers"], strict=True)
        for place, (file, guess) in enumerate(guesses):
            _draw_guess(file.name, guess, names, place)


def _draw_guess(name: str, guess: Mapping[str, Any], names: Sequence[str], place: int) -> None:
    with st.container(border=True):
        st.caption(markdown_text(name))
        if "refused" in guess:
            st.warning(f"{markdown_text(guess['refused'])} {markdown_text(guess['remedy'])}")
            return
        draw_bars(names, guess["probabilities"], key=f"guess_bars_{place}")


def _draw_proposals(project: Project, question: Question, labels: Sequence[Label]) -> None:
    workspace = services().workspace
    number = workspace.examples.count(project.id, unanswered=True)
    st.subheader("Pictures without a label", anchor=False)
    if not number:
        st.caption("Every picture has a label.")
        return
    made = f"proposals_{project.id}"
    st.write(f"{count(number, 'picture')} without a label. Graft can propose one for each.")
    if st.button("Propose labels", icon=":material/auto_awesome:", key="propose"):
        with shown_errors():
            st.session_state[made] = ask_quality(
                project, "tlcore.quality.tasks:propose_task", "Comparing the pictures"
            )
    if made in st.session_state:
        _review(project, question, labels, st.session_state[made]["proposals"])


def _review(
    project: Project,
    question: Question,
    labels: Sequence[Label],
    proposals: Sequence[Proposal],
) -> None:
    """Draw the proposals, surest first, to accept the selected or all that are sure enough."""
    names = names_of(labels)
    proposed = {p["example"]: p for p in proposals if p["label"] in names}
    examples = services().workspace.examples.get_many(list(proposed))
    waiting = [e for e in examples if e.deleted is None and e.answers.get(question.id) is None]
    if not waiting:
        st.caption("All proposals have been dealt with.")
        return
    least = st.slider(
        "Take all that are at least this sure", 50, 100, SURE, format="%d %%", key="guess_sure"
    )
    sure = [e for e in waiting if 100 * proposed[e.id]["probability"] >= least]
    st.button(
        f"Accept {count(len(sure), 'proposal')}",
        type="primary",
        icon=":material/done_all:",
        disabled=not sure,
        on_click=_accept,
        args=(question, sure, proposed, names),
        key="guess_all",
    )
    _draw_proposed(project, question, labels, waiting, proposed)


def _draw_proposed(
    project: Project,
    question: Question,
    labels: Sequence[Label],
    waiting: Sequence[Example],
    proposed: Mapping[int, Proposal],
) -> None:
    """Draw a page of proposals as pictures, each to accept or to correct."""
    names = names_of(labels)
    shown = waiting[choose_page(len(waiting), PAGE, key="guess_page")]

    def carry_out(sent: object) -> None:
        if not isinstance(sent, dict) or not isinstance(sent.get("ids"), list):
            return
        chosen = [example for example in shown if example.id in sent["ids"]]
        if sent.get("kind") == "accept":
            _accept(question, chosen, proposed, names)
        elif sent.get("kind") == "label" and str(sent.get("value")) in map(str, names):
            _assign(question, {int(sent["value"]): [example.id for example in chosen]}, names)

    draw_tiles(
        [
            tile(e, names[proposed[e.id]["label"]], f"{proposed[e.id]['probability']:.0%}")
            for e in shown
        ],
        words="Proposed labels",
        hint="Select pictures to accept their proposals, or give them another label.",
        buttons=[{"kind": "accept", "words": "Accept the proposals"}],
        labels=[[str(label.id), label.name] for label in labels],
        stays=False,
        on_sent=carry_out,
        key=f"proposals_view_{project.id}",
    )


def _accept(
    question: Question,
    examples: Sequence[Example],
    proposed: Mapping[int, Proposal],
    names: Mapping[int, str],
) -> None:
    assigned: dict[int, list[int]] = defaultdict(list)
    for example in examples:
        assigned[int(proposed[example.id]["label"])].append(example.id)
    _assign(question, assigned, names)


def _assign(
    question: Question, assigned: Mapping[int, Sequence[int]], names: Mapping[int, str]
) -> None:
    try:
        st.session_state[OUTCOME] = assign_labels(question, assigned, names)
    except GraftError as error:
        st.session_state[OUTCOME] = error
