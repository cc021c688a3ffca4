"""Many pictures at once: a folder into a table, with progress that outlives the page."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pages.parts.frame import binding
from pages.parts.frame.errors import show, shown_errors
from pages.parts.frame.text import count, markdown_text
from pages.parts.frame.uploader import release_uploads, uploader_key
from pages.parts.run.choice import ChosenRun
from pages.parts.share.bulk_jobs import forget_answers, go_on, interrupted, job_of, start
from tlcore.errors import GraftError
from tlcore.jobs.background import Work

EVERY = 1.0
KINDS = {"csv": "CSV, for spreadsheets", "parquet": "Parquet, for programs"}


def draw_bulk(chosen: ChosenRun) -> None:
    """Start a folder, watch it, and take the table."""
    st.write("Ask about a whole folder, and get one table with an answer for every picture.")
    job = job_of(chosen)
    if job is not None and not job.over:
        _watch(chosen)
        return
    if job is not None:
        _draw_end(job)
    left = interrupted(chosen)
    if left is not None:
        st.info(f"The folder {markdown_text(left['folder'])} was not finished.")
        if st.button("Go on where it stopped", icon=":material/resume:", key="bulk_go_on"):
            with shown_errors():
                go_on(chosen)
                st.rerun()
    if job is not None or left is not None:
        st.subheader("Another folder", anchor=False)
    _draw_form(chosen)


def _draw_form(chosen: ChosenRun) -> None:
    ways = ["Upload a folder"]
    if binding.bound_to_loopback():
        ways.insert(0, "A folder on this computer")
    way = st.segmented_control(
        "Where are the pictures?", ways, default=ways[0], required=True, key="bulk_way"
    )
    kind = st.radio("The table", list(KINDS), format_func=KINDS.__getitem__, horizontal=True,
                    key="bulk_kind")  # fmt: skip
    if way == ways[-1]:
        _draw_upload(chosen, kind)
    else:
        _draw_path(chosen, kind)


def _draw_path(chosen: ChosenRun, kind: str) -> None:
    with st.form("bulk_path", border=False):
        path = st.text_input("Folder of pictures", placeholder="The full path of the folder",
                             key="bulk_folder")  # fmt: skip
        sort_to = st.text_input(
            "Also copy the pictures into one subfolder per answer, in this folder (may stay empty)",
            placeholder="A new folder elsewhere; your pictures stay where they are",
            key="bulk_sort",
        )
        if st.form_submit_button("Start", type="primary", icon=":material/play_arrow:"):
            with shown_errors():
                start(chosen, _named(path), kind, _path(sort_to))
                st.rerun()


def _named(typed: str) -> Path:
    """The folder that was typed. Raises GraftError: none was."""
    folder = _path(typed)
    if folder is None:
        raise GraftError("No folder was named.", "Type the full path of a folder of pictures.")
    return folder


def _path(typed: str) -> Path | None:
    text = typed.strip().strip('"')
    return Path(text).expanduser() if text else None


def _draw_upload(chosen: ChosenRun, kind: str) -> None:
    files = st.file_uploader(
        "Choose a folder", accept_multiple_files="directory", key=uploader_key("bulk"),
    )  # fmt: skip
    if files and st.button("Start", type="primary", icon=":material/play_arrow:", key="bulk_start"):
        with shown_errors():
            start(chosen, _stored(chosen, files), kind, None)
            release_uploads(files)
            st.rerun()


def _stored(chosen: ChosenRun, files: Sequence[UploadedFile]) -> Path:
    """The uploaded files below a folder of ours; those of an earlier time are thrown away.

    So are the answers to them: other pictures may have the same names.
    """
    forget_answers(chosen)
    place = chosen.folder.parent / "bulk" / "uploaded"
    shutil.rmtree(place, ignore_errors=True)
    for file in files:
        parts = [part for part in file.name.replace("\\", "/").split("/") if part.strip(" .")]
        path = place.joinpath(*(_harmless(part) for part in parts or ["picture"]))
        if path.exists():
            path = path.with_name(f"{uuid.uuid4().hex[:6]} {path.name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.getbuffer())
    return place


def _harmless(part: str) -> str:
    return "".join(c if c not in '<>:"|?*' and c.isprintable() else "_" for c in part)[-100:]


@st.fragment(run_every=EVERY)
def _watch(chosen: ChosenRun) -> None:
    job = job_of(chosen)
    if job is None or job.over:
        st.rerun()
    elif (progress := job.progress) and progress.total:
        words = f"{progress.doing}: {progress.done:,} of {progress.total:,}"
        st.progress(progress.share, text=words)
    else:
        st.progress(0.0, text=f"{progress.doing if progress else 'Waking the engine'} …")
    if job is not None:
        st.caption("It goes on while you are on other pages.")
        st.button("Stop", icon=":material/stop:", on_click=job.stop, key="bulk_stop")


def _draw_end(job: Work) -> None:
    """How it ended: the counts and the table, or why it broke off."""
    if job.error is not None:
        show(job.error)
    if job.report is None:
        return
    report = job.report
    words = f"**{count(report['answered'], 'picture')}** answered"
    if report["declined"]:
        words += f", of these {report['declined']:,} too unsure"
    if report["refused"]:
        words += f"; {count(report['refused'], 'file')} could not be read"
    with st.container(border=True):
        st.markdown(f":material/check_circle: {words}.")
        counts = pd.DataFrame(
            {"Answer": report["counts"].keys(), "Pictures": report["counts"].values()}
        )
        st.dataframe(counts, hide_index=True, key="bulk_counts")
        table = Path(report["path"])
        st.download_button(
            "Download the table", lambda: table.read_bytes(), file_name=table.name,
            mime="application/octet-stream", type="primary", icon=":material/download:",
            on_click="ignore", key="bulk_download",
        )  # fmt: skip
        if job.payload["sort_to"]:
            st.caption(f"Copies are in {markdown_text(job.payload['sort_to'])}.")
