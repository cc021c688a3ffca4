"""Looking through the pictures of a project: filters, pages, and changing the selected ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.parts.changing import change
from pages.parts.closer import open_closer
from pages.parts.errors import show
from pages.parts.gallery import FLAG_WORDS, PAGE, WITHOUT_PICTURES, Action, draw_gallery
from pages.parts.labels import ALL, NONE
from pages.parts.services import services
from pages.parts.splits import SPLIT_WORDS
from pages.parts.text import count, markdown_text
from pages.parts.undo import step
from tlcore.errors import GraftError
from tlcore.workspace.records import Example, Label, Project, Question, Split

OUTCOME, LOOK_AT = "gallery_outcome", "gallery_look_at"


def _label_key(project: Project) -> str:
    return f"look_at_label_{project.id}"


def chosen_label(project: Project) -> int | str:
    """The label whose pictures are looked at: its id, `NONE` (without a label) or `ALL`."""
    chosen: int | str = st.session_state.get(_label_key(project), ALL)
    return chosen


def choose_label(project: Project, label: int | str) -> None:
    """Look at one label's pictures from now on; to be called before the filters are drawn."""
    st.session_state[_label_key(project)] = label


def draw_browser(project: Project, question: Question, labels: Sequence[Label]) -> None:
    """Filters, one page of pictures, and the selected pictures changed as asked."""
    workspace = services().workspace
    if not workspace.examples.count(project.id):
        _draw_outcome([], labels, question)
        st.caption("There are no pictures yet. Add some first.")
        return
    wanted = _filters(project, labels)
    number = workspace.examples.count(project.id, **wanted)
    if not number:
        _draw_outcome([], labels, question)
        st.caption("No picture is like that. Choose something else above.")
        return
    page = _page(number, wanted)
    examples = workspace.examples.list(project.id, offset=(page - 1) * PAGE, limit=PAGE, **wanted)
    draw_gallery(
        examples,
        labels,
        question.id,
        words="Pictures",
        stays=wanted["label_id"] is None and not wanted["unanswered"],
        on_action=lambda action: _carry_out(action, labels, question),
        key=f"gallery_{project.id}",
    )
    _draw_outcome(examples, labels, question)


def _filters(project: Project, labels: Sequence[Label]) -> dict[str, Any]:
    """What the visitor wants to see, as arguments for `examples.list`."""
    workspace = services().workspace
    names: dict[int | str, str] = {ALL: "All labels", **{label.id: label.name for label in labels}}
    if workspace.examples.count(project.id, unanswered=True):
        names[NONE] = "Without a label"
    key = _label_key(project)
    if st.session_state.get(key) not in names:
        st.session_state[key] = ALL
    splits = {ALL: "All uses", **{str(s): words.title for s, words in SPLIT_WORDS.items()}}
    flags = {ALL: "Everything"}
    for flag, words in FLAG_WORDS.items():
        if found := workspace.examples.count(project.id, flag=flag):
            flags[flag] = f"Flagged ({found}): {words}"
    with st.container(horizontal=True):
        label = st.selectbox(
            "Label", list(names), format_func=names.__getitem__, key=key, persist_state="session"
        )
        split = st.selectbox(
            "Used for", list(splits), format_func=splits.__getitem__, key="look_at_split"
        )
        flag = ALL
        if len(flags) > 1:
            flag = st.selectbox(
                "Show", list(flags), format_func=flags.__getitem__, key="look_at_flag"
            )
    return {
        "label_id": label if isinstance(label, int) else None,
        "unanswered": label == NONE,
        "split": None if split == ALL else Split(split),
        "flag": None if flag == ALL else flag,
    }


def _page(number: int, wanted: dict[str, Any]) -> int:
    """Which page of the pictures, from 1; the choice starts afresh with other filters."""
    pages = -(-number // PAGE)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(count(number, "picture"), width="stretch")
        if pages == 1:
            return 1
        filters = "_".join(str(value) for value in wanted.values())
        return int(st.pagination(pages, key=f"page_{filters}_{pages}"))


def _carry_out(action: Action, labels: Sequence[Label], question: Question) -> None:
    """Do what was asked with the selected pictures, and keep what is to be said or shown."""
    if action.kind == "open":
        st.session_state[LOOK_AT] = action.ids[0]
        return
    if action.kind in WITHOUT_PICTURES:
        step(question.project_id, action.kind.capitalize())
        return
    try:
        st.session_state[OUTCOME] = change(action, labels, question)
    except GraftError as error:
        st.session_state[OUTCOME] = error


def _draw_outcome(examples: Sequence[Example], labels: Sequence[Label], question: Question) -> None:
    """Say what was done with the selected pictures, or show the one to be looked at."""
    outcome = st.session_state.pop(OUTCOME, None)
    if isinstance(outcome, GraftError):
        show(outcome)
    elif outcome:
        st.toast(markdown_text(outcome), icon=":material/check:")
    wanted = st.session_state.pop(LOOK_AT, None)
    ids = [example.id for example in examples]
    if wanted in ids:
        open_closer(question, labels, ids, wanted)
