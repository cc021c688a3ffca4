"""Whether the pictures are enough to go on, and what is missing, in one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from pages.parts.frame.text import count, markdown_text, shortened
from tlcore.images.split import LEAST_FOR_TEST
from tlcore.workspace.records import Label, Split

ENOUGH = 2  # labels, and pictures of a label: one to learn and one to check
USED = (Split.TRAIN, Split.VALIDATION, Split.TEST)
NAMED = 5
APART = "Add pictures that differ clearly: those of one recording or that look alike stay together."

Table = Mapping[int | None, Mapping[Split, int]]


def what_is_missing(labels: Sequence[Label], table: Table) -> str:
    """One sentence (Markdown) on what is missing before a model can be chosen; empty if nothing."""
    used = {label.id: sum(table.get(label.id, {}).get(s, 0) for s in USED) for label in labels}
    ready = sum(number >= ENOUGH for number in used.values())
    if ready >= ENOUGH:
        return ""
    if not any(used.values()):
        return "Before you can choose a model: add pictures to at least two labels."
    if len(labels) < ENOUGH:
        return "Before you can choose a model: add a second label, to have something to compare."
    thin = [label for label in labels if used[label.id] < ENOUGH]
    names = ", ".join(
        f"{markdown_text(shortened(label.name))} has {count(used[label.id], 'picture')}"
        for label in thin[:NAMED]
    )
    return f"Before you can choose a model: two labels need at least two pictures each; {names}."


def draw_split_notes(labels: Sequence[Label], table: Table) -> None:
    """Draw which labels lack validation or test pictures, and what that means."""
    for note in split_notes(labels, table):
        st.caption(f":material/info: {note}")


def split_notes(labels: Sequence[Label], table: Table) -> list[str]:
    """Sentences (Markdown) about labels that lack validation or test pictures."""
    totals = {label.id: sum(table.get(label.id, {}).get(s, 0) for s in USED) for label in labels}
    filled = [label for label in labels if totals[label.id]]
    notes = []
    unchecked = [x for x in filled if not table[x.id].get(Split.VALIDATION)]
    unscored = [x for x in filled if not table[x.id].get(Split.TEST)]
    if neither := [x for x in unchecked if x in unscored]:
        notes.append(
            f"Nothing to check {_named(neither)} with while Graft learns, and no test pictures for "
            f"the score. {APART} Or select some below and use them for validation and for the test."
        )
    if only := [x for x in unchecked if x not in unscored]:
        notes.append(
            f"Nothing to check {_named(only)} with while Graft learns. {APART} Or select some "
            "below and use them for validation."
        )
    if unscored := [x for x in unscored if x not in unchecked]:
        few = any(totals[label.id] < LEAST_FOR_TEST for label in unscored)
        remedy = (
            "Add more: a label gets test pictures when it has ten or more that differ clearly."
            if few
            else "Add more, or select some below and use them for the test."
        )
        notes.append(
            f"No test pictures for {_named(unscored)}. The score will come from pictures that also "
            f"helped to choose the best moment of training, so it flatters. {remedy}"
        )
    return notes


def _named(labels: Sequence[Label]) -> str:
    names = ", ".join(f"**{markdown_text(shortened(label.name))}**" for label in labels[:NAMED])
    return names + (f" and {len(labels) - NAMED} more" if len(labels) > NAMED else "")
