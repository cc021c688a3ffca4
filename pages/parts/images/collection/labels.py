"""The labels panel: pictures per label and split, and adding, renaming, merging, deleting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypedDict

import streamlit as st

from pages.parts.components.declare import declare_component
from pages.parts.frame.errors import shown_errors
from pages.parts.frame.services import services
from pages.parts.frame.text import count
from pages.parts.pictures.splits import SPLIT_WORDS, in_words
from pages.parts.pictures.thumbnails import thumbnail_address
from tlcore.workspace.names import LONGEST
from tlcore.workspace.records import Example, Label, Project, Question, Split

COVERS = 3
COVERS_UP_TO = 40  # labels: beyond that the rows show no pictures, to stay quick

ALL, NONE = "all", "none"  # chosen instead of a label: all pictures, those without a label

Table = Mapping[int | None, Mapping[Split, int]]

_labels = declare_component("labels")


class LabelRow(TypedDict):
    """A row as the browser gets it: `covers` are `data:` addresses, `share` is 0 to 1."""

    id: int | str
    name: str
    covers: list[str]
    counts: list[tuple[str, int]]
    share: float
    total: str
    words: str


def draw_labels(
    project: Project,
    labels: Sequence[Label],
    table: Table,
    chosen: int | str,
    on_choice: Callable[[int | str], None],
) -> None:
    """Draw a row per label with its splits as a bar, and a row for pictures without a label.

    Args:
        on_choice: called before the next run draws anything, with what was clicked: a label's id
            or `NONE`; `ALL` where the row that was chosen before was clicked again.
    """
    without = sum(table.get(None, {}).values())
    totals = {label.id: sum(table.get(label.id, {}).values()) for label in labels}
    largest = max([1, without, *totals.values()])
    rows = [
        _row(project, label, table, largest, covers=len(labels) <= COVERS_UP_TO) for label in labels
    ]
    if without:
        rows.append(_row_without_label(project, table, largest))
    used = [s for s in SPLIT_WORDS if any(table.get(label.id, {}).get(s) for label in labels)]
    legend = [[str(s), SPLIT_WORDS[s].title, SPLIT_WORDS[s].purpose] for s in used]
    known = {row["id"] for row in rows} | {ALL}
    key = f"labels_{project.id}"

    def pass_on() -> None:
        sent = st.session_state[key].get("open")
        if isinstance(sent, int | str) and sent in known:
            on_choice(sent)

    _labels(
        key=key,
        data={"rows": rows, "splits": legend, "chosen": chosen},
        on_open_change=pass_on,
    )


def _row(project: Project, label: Label, table: Table, largest: int, *, covers: bool) -> LabelRow:
    counts = table.get(label.id, {})
    total = sum(counts.values())
    find = services().workspace.examples.list
    return {
        "id": label.id,
        "name": label.name,
        "covers": _covers(find(project.id, label_id=label.id, limit=COVERS)) if covers else [],
        "counts": [(str(s), counts.get(s, 0)) for s in SPLIT_WORDS],
        "share": total / largest,
        "total": count(total, "picture"),
        "words": in_words(counts) if total else "",
    }


def _row_without_label(project: Project, table: Table, largest: int) -> LabelRow:
    number = sum(table[None].values())
    find = services().workspace.examples.list
    return {
        "id": NONE,
        "name": "Without a label",
        "covers": _covers(find(project.id, unanswered=True, limit=COVERS)),
        "counts": [(str(Split.UNLABELLED), number)],
        "share": number / largest,
        "total": count(number, "picture"),
        "words": "select them below and move them",
    }


def _covers(examples: Sequence[Example]) -> list[str]:
    return [thumbnail_address(example.picture) for example in examples]


def draw_label_tools(question: Question, labels: Sequence[Label], chosen: int | str) -> None:
    """Draw the buttons to add, rename, merge and delete labels; `chosen` is offered first."""
    with st.container(horizontal=True, width="content"):
        if st.button("Add a label", icon=":material/add:", key="add_label"):
            _add(question)
        if labels and st.button("Change a label", icon=":material/edit:", key="change_labels"):
            _change(labels, chosen)


@st.dialog("Add a label")
def _add(question: Question) -> None:
    with st.form("new_label_form", border=False):
        name = st.text_input("What do the pictures show?", max_chars=LONGEST, key="new_label")
        if st.form_submit_button("Add", type="primary"):
            with shown_errors():
                services().workspace.labels.add(question.id, name)
                st.rerun()


@st.dialog("Change a label")
def _change(labels: Sequence[Label], offered: int | str) -> None:
    names = {label.id: label.name for label in labels}
    ids = list(names)
    place = ids.index(offered) if isinstance(offered, int) and offered in names else 0
    chosen = st.selectbox(
        "Which label?", ids, index=place, format_func=names.__getitem__, key="change_label"
    )
    if chosen is not None:
        _rename(chosen, names[chosen])
        if len(names) > 1:
            _merge(chosen, names)
        _delete(chosen)


def _rename(label_id: int, name: str) -> None:
    with st.form(f"rename_{label_id}"):
        new_name = st.text_input(
            "New name", value=name, max_chars=LONGEST, key=f"new_name_{label_id}"
        )
        if st.form_submit_button("Rename"):
            with shown_errors():
                services().workspace.labels.rename(label_id, new_name)
                st.rerun()


def _merge(label_id: int, names: Mapping[int, str]) -> None:
    with st.form(f"merge_{label_id}"):
        others = [other for other in names if other != label_id]
        into = st.selectbox(
            "Move its pictures to another label, and let this one go",
            others,
            format_func=names.__getitem__,
            key=f"merge_into_{label_id}",
        )
        if st.form_submit_button("Merge") and into is not None:
            with shown_errors():
                services().workspace.labels.merge(label_id, into)
                st.rerun()


def _delete(label_id: int) -> None:
    with st.container(border=True):
        st.caption("A deleted label waits with its pictures under “Recently deleted”.")
        if st.button("Delete this label", key="delete_label", icon=":material/delete:"):
            with shown_errors():
                services().workspace.labels.delete(label_id)
                st.rerun()
