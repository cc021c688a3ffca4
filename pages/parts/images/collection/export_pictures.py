"""The pictures of a project for other tools: a table, or a zip of folders, table and COCO."""

from __future__ import annotations

import io
import re

import streamlit as st

from pages.parts.frame.errors import shown_errors
from pages.parts.frame.services import services
from pages.parts.frame.text import count
from tlcore.errors import GraftError
from tlcore.images.table_export import as_csv, as_xlsx, export_size, table_rows, write_zip
from tlcore.workspace.records import Project

MOST = 1_000_000_000  # bytes that the server would hold for a download
STEP = 100  # pictures between two movements of the progress bar
CSV, XLSX, COPIES, ORIGINALS = "csv", "xlsx", "copies", "originals"
CHOICES = {
    CSV: "The table alone, as CSV",
    XLSX: "The table alone, as an Excel workbook",
    COPIES: "A zip with small copies (at most 640 pixels), without what the camera noted",
    ORIGINALS: "A zip with the original files, with all that the camera noted, such as the place",
}


def draw_export(project: Project) -> None:
    """Draw the button that opens the choice of what to export."""
    if st.button("Export", icon=":material/download:", key="export_pictures"):
        _choose(project)


@st.dialog("Take the pictures and their labels elsewhere")
def _choose(project: Project) -> None:
    st.write(
        "A zip has one folder per split and label, a table `labels.csv` and `labels.json` in "
        "COCO’s form. Graft reads all of it again."
    )
    what = st.radio(
        "What to take", list(CHOICES), format_func=CHOICES.__getitem__, key="export_what"
    )
    made = f"export_made_{project.id}_{what}"
    if st.button("Prepare", type="primary", key="export_prepare"):
        with shown_errors():
            st.session_state[made] = _make(project, what)
    if made in st.session_state:
        data, missing = st.session_state.pop(made)
        if missing:
            st.warning(f"{count(missing, 'picture')} left out: the file is gone.")
        ending = what if what in (CSV, XLSX) else "zip"
        st.download_button(
            f"Download ({len(data) / 1e6:,.1f} MB)",
            data,
            file_name=f"{_slug(project.name)}.{ending}",
            icon=":material/download:",
            key="export_download",
        )


def _make(project: Project, what: str) -> tuple[bytes, int]:
    """The bytes to download, and how many pictures are missing. Raises GraftError: too large."""
    workspace = services().workspace
    if what in (CSV, XLSX):
        rows = table_rows(workspace, project.id)
        return (as_csv if what == CSV else as_xlsx)(rows), 0
    originals = what == ORIGINALS
    size = export_size(workspace, project.id, originals=originals)
    if size > MOST:
        raise GraftError(
            f"The pictures have {size / 1e9:,.1f} GB; up to {MOST / 1e9:,.0f} GB can be sent.",
            "Take small copies, or the table alone.",
        )
    bar = st.progress(0.0, text="Packing the pictures …")

    def move(done: int, total: int) -> None:
        if done % STEP == 0:
            bar.progress(done / total)

    buffer = io.BytesIO()
    missing = write_zip(
        workspace,
        project.id,
        buffer,
        originals=originals,
        on_progress=move,
    )
    bar.empty()
    return buffer.getvalue(), missing


def _slug(name: str) -> str:
    return re.sub(r"[^\w]+", "-", name.casefold()).strip("-_")[:40] or "pictures"
