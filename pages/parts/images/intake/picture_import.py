"""Importing pictures: progress while it lasts, then what came in, what did not, and why."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

import streamlit as st

from pages.parts.frame.errors import show
from pages.parts.frame.services import services
from pages.parts.frame.text import count, markdown_text, shortened
from pages.parts.pictures.gallery import FLAG_WORDS
from tlcore.errors import GraftError
from tlcore.images.intake.ingest import ingest
from tlcore.images.intake.report import IngestReport
from tlcore.images.intake.sources import Source
from tlcore.workspace.examples.twins import CONTRADICTION
from tlcore.workspace.records import Project, Question

REPORT = "import_report"
PAUSE = 0.15  # seconds between two movements of the progress bar
NAMED = 12  # labels: beyond that the sentence gets too long
OPEN_UP_TO = 6  # lines: a short list of refusals stands open, a long one is folded
WRITTEN_OUT = 100  # lines in full; further ones stand in a table that scrolls


def import_pictures(project: Project, question: Question, sources: Iterable[Source]) -> bool:
    """Import pictures with a progress bar and keep the report for the next run.

    Returns False where nothing could be imported at all; that error is shown in place.
    """
    bar = st.progress(0.0, text="Looking at the files …")
    shown = 0.0

    def move(done: int, total: int | None) -> None:
        nonlocal shown
        if time.monotonic() - shown < PAUSE:
            return
        shown = time.monotonic()
        share = min(1.0, done / total) if total else 0.0
        of = f" of {total:,}" if total else ""
        bar.progress(share, text=f"Taking in pictures: {done:,}{of}")

    workspace = services().workspace
    try:
        report = ingest(workspace, project.id, sources, question_id=question.id, on_progress=move)
    except GraftError as error:
        bar.empty()
        show(error)
        return False
    st.session_state[REPORT] = (project.id, report)
    st.toast(_accepted_in_words(report), icon=":material/check:")
    return True


def import_report(project: Project) -> IngestReport | None:
    """The report of the last import into this project, until the visitor closes it."""
    project_id, report = st.session_state.get(REPORT, (None, None))
    return report if project_id == project.id else None


def draw_import_report(project: Project) -> None:
    """Draw what the last import brought, until the visitor closes it."""
    report = import_report(project)
    if report is None:
        return
    with st.container(border=True):
        _draw_accepted(report)
        refused = [(refusal.name, refusal.reason, refusal.remedy) for refusal in report.refused]
        _draw_list(refused, "not taken", ("File", "Why", "What to do"), icon=":material/block:")
        _draw_list(
            [(name,) for name in report.skipped],
            "already there under the same label, so kept once",
            ("File",),
            icon=":material/content_copy:",
        )
        flagged = [(name, _why_flagged(report, name, why)) for name, why in report.flagged]
        _draw_list(
            flagged,
            f"taken, but look at {'it' if len(flagged) == 1 else 'them'}",
            ("File", "Why"),
            icon=":material/flag:",
        )
        for note in report.notes:
            st.caption(f":material/info: {markdown_text(note)}")
        if st.button("Close this report", key="close_report", type="tertiary"):
            del st.session_state[REPORT]
            st.rerun()


def _why_flagged(report: IngestReport, name: str, flag: str) -> str:
    others = report.other_labels.get(name)
    if flag == CONTRADICTION and others:
        return (
            f"The same picture also stands under {' and '.join(f'“{label}”' for label in others)}."
        )
    return FLAG_WORDS.get(flag, flag)


def _draw_accepted(report: IngestReport) -> None:
    if not report.accepted:
        st.info("No new pictures came in.", icon=":material/info:")
        return
    parts = [f"{n:,} in **{markdown_text(shortened(k))}**" for k, n in report.by_label.items() if n]
    if report.unlabelled:
        parts.insert(0, f"{report.unlabelled:,} without a label")
    words = f": {', '.join(parts[:NAMED])}" if parts else ""
    more = f" and more in {len(parts) - NAMED} other labels" if len(parts) > NAMED else ""
    st.success(f"{_accepted_in_words(report)}{words}{more}", icon=":material/check:")


def _accepted_in_words(report: IngestReport) -> str:
    return f"{count(report.accepted, 'picture')} came in"


def _line(name: str, *why: str) -> str:
    """A file in a list: a table would cut off its last column, or be pushed out by a long name."""
    words = markdown_text(" ".join(part for part in why if part))
    return f"- **{markdown_text(name)}**" + (f": {words}" if words else "")


def _draw_list(
    rows: Sequence[tuple[str, ...]], words: str, columns: tuple[str, ...], *, icon: str
) -> None:
    if not rows:
        return
    title = f"{count(len(rows), 'file')} {words}"
    with st.expander(title, icon=icon, expanded=len(rows) <= OPEN_UP_TO):
        st.markdown("\n".join(_line(*row) for row in rows[:WRITTEN_OUT]))
        if further := rows[WRITTEN_OUT:]:
            table = [dict(zip(columns, row, strict=True)) for row in further]
            st.dataframe(table, hide_index=True, width="stretch", alt=title)
