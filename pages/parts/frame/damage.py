"""What is offered when the database is damaged: the backups, and what each would bring back."""

from __future__ import annotations

import streamlit as st

from pages.parts.frame.errors import show, shown_errors
from tlcore.errors import DatabaseDamaged
from tlcore.workspace.backups import Backup
from tlcore.workspace.paths import Layout, find_home
from tlcore.workspace.workspace import backups_of


def offer_backups(error: DatabaseDamaged) -> None:
    """Show the damage and the backups; one click puts one in the place of the damaged file."""
    show(error)
    backups = backups_of(Layout(find_home()))
    newest_first = backups.newest_first()
    if not newest_first:
        st.write(
            "There is no backup. Move the file “graft.db” out of Graft's folder, and Graft begins "
            "with an empty one."
        )
    for backup in newest_first:
        words, button = st.columns([3, 1], vertical_alignment="center")
        words.write(f"As of **{backup.made.astimezone():%d %b %Y, %H:%M}**: {backup.words}.")
        if button.button("Put it back", key=backup.path.name, width="stretch"):
            _put_back(backup)
    st.caption("The damaged file is kept beside the new one.")


def _put_back(backup: Backup) -> None:
    with shown_errors():
        backups_of(Layout(find_home())).restore(backup)
        st.rerun()
