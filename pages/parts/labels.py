"""The labels panel: pictures per label and split, and adding, renaming, merging, deleting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts.errors import shown_errors
from pages.parts.services import services
from pages.parts.splits import SPLIT_WORDS, in_words
from pages.parts.text import count
from pages.parts.thumbnails import thumbnail_address
from tlcore.workspace.records import Example, Label, Project, Question, Split

HERE = Path(__file__).parent
COVERS = 3
COVERS_UP_TO = 40  # labels: beyond that the rows show no pictures, to stay quick

ALL, NONE = "all", "none"  # which pictures to look at, where it is not one label's

Table = Mapping[int | None, Mapping[Split, int]]

_labels = st.components.v2.component(
    "graft_labels",
    html='<div class="labels"><div class="legend"></div><div class="rows"></div></div>',
    css=(HERE / "labels.css").read_text(encoding="utf-8"),
    js=(HERE / "labels.js").read_text(encoding="utf-8"),
)


def draw_labels(
    project: Project, labels: Sequence[Label], table: Table, chosen: int | str
) -> int | str | None:
    """Draw a row per label with its splits as a bar, and one for pictures without a label.

    Returns what was just clicked: a label's id or `NONE`; `ALL` where it was the chosen one; None
    where nothing was clicked.
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
    legend = [[str(s), f"{SPLIT_WORDS[s].title}: {SPLIT_WORDS[s].purpose}"] for s in used]
    sent: Any = _labels(
        key=f"labels_{project.id}",
        data={"rows": rows, "splits": legend, "chosen": chosen},
        on_open_change=lambda: None,
    ).open
    known = {row["id"] for row in rows}
    return sent if isinstance(sent, int | str) and sent in {*known, ALL} else None


def _row(
    project: Project, label: Label, table: Table, largest: int, *, covers: bool
) -> dict[str, Any]:
    counts = table.get(label.id, {})
    total = sum(counts.values())
    find = services().workspace.examples.list
    return {
        "id": label.id,
        "name": label.name,
        "covers": _covers(find(project.id, label_id=label.id, limit=COVERS)) if covers else [],
        "counts": [[str(s), counts.get(s, 0)] for s in SPLIT_WORDS],
        "share": total / largest,
        "words": f"{count(total, 'picture')}: {in_words(counts)}" if total else "no pictures yet",
    }


def _row_without_label(project: Project, table: Table, largest: int) -> dict[str, Any]:
    number = sum(table[None].values())
    find = services().workspace.examples.list
    return {
        "id": NONE,
        "name": "Without a label",
        "covers": _covers(find(project.id, unanswered=True, limit=COVERS)),
        "counts": [[str(Split.UNLABELLED), number]],
        "share": number / largest,
        "words": f"{count(number, 'picture')}: select them below and move them to a label",
    }


def _covers(examples: Sequence[Example]) -> list[str]:
    return [thumbnail_address(example.picture) for example in examples]


def draw_label_tools(question: Question, labels: Sequence[Label]) -> None:
    """The way to add a label, and to rename, merge or delete one."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _add(question)
        if labels:
            with st.popover("Change a label", icon=":material/edit:"):
                _change(labels)


def _add(question: Question) -> None:
    with st.popover("Add a label", icon=":material/add:"), st.form("add_label", border=False):
        name = st.text_input("Name of the new label", max_chars=80, key="new_label")
        if st.form_submit_button("Add", type="primary") and name.strip():
            with shown_errors():
                services().workspace.labels.add(question.id, name)
                st.toast("The label is there.", icon=":material/check:")
                st.rerun()


def _change(labels: Sequence[Label]) -> None:
    store = services().workspace.labels
    names = {label.id: label.name for label in labels}
    chosen = st.selectbox(
        "Which label?", list(names), format_func=names.__getitem__, key="change_label"
    )
    if chosen is None:
        return
    with shown_errors():
        new_name = st.text_input("Name", value=names[chosen], max_chars=80, key=f"rename_{chosen}")
        if st.button("Rename", key="rename", disabled=new_name.strip() == names[chosen]):
            store.rename(chosen, new_name)
            st.rerun()
        others = [label_id for label_id in names if label_id != chosen]
        if others:
            into = st.selectbox(
                "Give its pictures to", others, format_func=names.__getitem__, key="merge_into"
            )
            if st.button("Merge", key="merge", help="The pictures move, and this label goes."):
                store.merge(chosen, into)
                st.toast("The two labels are one now.", icon=":material/check:")
                st.rerun()
        st.divider()
        if st.button("Delete this label", key="delete_label", icon=":material/delete:"):
            store.delete(chosen)
            st.toast("Deleted. You can bring it back under “Recently deleted”.")
            st.rerun()
