"""Undo and redo: two buttons that say what they would do. The workspace keeps the history."""

from __future__ import annotations

import streamlit as st

from pages.parts.frame.errors import show
from pages.parts.frame.services import services
from pages.parts.frame.text import markdown_text, shortened
from tlcore.errors import GraftError
from tlcore.workspace.examples.history import Entry
from tlcore.workspace.records import Project

OUTCOME = "undo_outcome"
LONGEST = 60  # characters of what was done, on a button


def draw_undo(project: Project, *, key: str = "undo") -> None:
    """Draw buttons for what can be undone and redone, and say what has just been; or nothing."""
    outcome = st.session_state.pop(OUTCOME, None)
    if isinstance(outcome, GraftError):
        show(outcome)
    elif outcome:
        st.toast(outcome, icon=":material/undo:")
    history = services().workspace.history
    back, again = history.next_undo(project.id), history.next_redo(project.id)
    if back is None and again is None:
        return
    with st.container(horizontal=True, width="content", key=f"{key}_bar"):
        if back is not None:
            _button(project, "Undo", back, icon=":material/undo:", key=f"{key}_back")
        if again is not None:
            _button(project, "Redo", again, icon=":material/redo:", key=f"{key}_again")


def _button(project: Project, word: str, entry: Entry, *, icon: str, key: str) -> None:
    words = shortened(entry.words.rstrip("."), LONGEST)
    st.button(
        f"{word}: {markdown_text(words)}",
        icon=icon,
        key=key,
        type="tertiary",
        help=f"{entry.at.astimezone():%d.%m.%Y %H:%M}. {markdown_text(entry.words)}",
        on_click=step,
        args=(project.id, word, entry.id),
    )


def step(project_id: str, word: str, wanted: int | None = None) -> None:
    """Undo or redo one entry, and keep its outcome for the next run to show.

    `wanted` is the id of the entry that the visitor saw: what another window did since is not
    undone. An older entry is on top after a quick second click, which means the next step back.
    """
    history = services().workspace.history
    last = history.next_undo(project_id)
    if word == "Undo" and wanted is not None and last is not None and last.id > wanted:
        st.session_state[OUTCOME] = GraftError(
            "Something else was done meanwhile in another window.",
            "See what “Undo” says now, then press it again.",
        )
        return
    try:
        entry = history.undo(project_id) if word == "Undo" else history.redo(project_id)
    except GraftError as error:
        st.session_state[OUTCOME] = error
        return
    if entry is not None:
        done = "Undone" if word == "Undo" else "Done again"
        st.session_state[OUTCOME] = f"{done}: {markdown_text(entry.words)}"
