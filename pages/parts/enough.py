"""Whether the pictures are enough to go on, and what is missing, in one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from pages.parts.text import count, markdown_text, shortened
from tlcore.images.split import LEAST_FOR_TEST
from tlcore.workspace.records import Label, Split

ENOUGH = 2  # pictures of a label, one to learn and one to check; and labels
USED = (Split.TRAIN, Split.VALIDATION, Split.TEST)
NAMED = 5

Table = Mapping[int | None, Mapping[Split, int]]


def what_is_missing(labels: Sequence[Label], table: Table) -> str:
    """One sentence (Markdown) that says what is missing before a model can be chosen, or ``."""
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


def draw_scoring_note(labels: Sequence[Label], table: Table) -> None:
    """Say which labels have no test pictures, and what that means."""
    totals = {label.id: sum(table.get(label.id, {}).values()) for label in labels}
    without = [
        label for label in labels if totals[label.id] and not table[label.id].get(Split.TEST)
    ]
    if not without:
        return
    names = ", ".join(f"**{markdown_text(shortened(label.name))}**" for label in without[:NAMED])
    more = f" and {len(without) - NAMED} more" if len(without) > NAMED else ""
    few = any(totals[label.id] < LEAST_FOR_TEST for label in without)
    way = (
        "Add more: a label gets test pictures when it has ten or more that differ clearly."
        if few
        else "Add more, or select some below and use them for the test."
    )
    st.caption(
        f":material/info: No test pictures for {names}{more}. The score will come from pictures "
        f"that also helped to choose the best moment of training, so it flatters. {way}"
    )
