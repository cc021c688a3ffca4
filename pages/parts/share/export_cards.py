"""One card per format: make it, see how its check went, download it."""

from __future__ import annotations

import streamlit as st

from pages.parts.frame.errors import shown_errors
from pages.parts.frame.services import services
from pages.parts.frame.text import markdown_text
from pages.parts.run.choice import ChosenRun
from pages.parts.share.file_names import file_name, size_words
from tlcore.serving.export.exported_file import ExportedFile, exported_file
from tlcore.serving.formats.classifier_folder import classifier_zip
from tlcore.serving.formats.format import Format
from tlcore.serving.formats.registry import FORMATS
from tlcore.serving.sorting import folder_names
from tlcore.workspace.records import Project, Split

EXPORT = "tlcore.serving.tasks:export_task"
PYTHON = "python"
EXAMPLES = 3  # of each label, where the visitor agrees
WITH_EXAMPLES = "with_examples"


def draw_formats(project: Project, chosen: ChosenRun) -> None:
    """All formats, two beside each other where there is room."""
    st.write(
        "Each file is asked about your own test pictures as soon as it is made. You get it only if "
        "it answers as the app does. That takes some seconds."
    )
    columns = st.columns(2, gap="medium")
    for number, export_format in enumerate(FORMATS):
        with columns[number % 2], st.container(border=True):
            _draw_format(project, chosen, export_format)


def _draw_format(project: Project, chosen: ChosenRun, export_format: Format) -> None:
    st.markdown(f"#### {export_format.icon} {export_format.title}")
    st.write(export_format.words)
    exported = exported_file(chosen.folder.parent, export_format)
    row = st.container(horizontal=True)
    if export_format.key == PYTHON:
        with row:
            _draw_folder(project, chosen)
    elif exported is not None:
        with row:
            _draw_file(project, chosen, export_format, exported)
    if export_format.key == PYTHON:
        st.checkbox(
            "Put small pictures of a few examples into it", key=WITH_EXAMPLES,
            help="Three of each label. Without, none of your pictures leave.",
        )  # fmt: skip
    if exported is None:
        words = "Check it" if export_format.key == PYTHON else "Make and check"
        with row:
            wanted = st.button(words, icon=":material/verified:", key=f"make_{export_format.key}")
        if wanted and _make(chosen, export_format):
            st.rerun()
    else:
        st.caption(f":material/check_circle: Checked: {markdown_text(exported.agreement.words)}")
    with st.expander("How to use it"):
        st.markdown(export_format.usage)


def _draw_folder(project: Project, chosen: ChosenRun) -> None:
    size = sum(file.bytes for file in chosen.manifest.weights)
    # Asked here: what makes the file runs apart from any visit, and knows nothing of its ticks.
    agreed = bool(st.session_state.get(WITH_EXAMPLES))
    st.download_button(
        f"Download ({size_words(size)})",
        lambda: classifier_zip(chosen.folder, _examples(project, chosen) if agreed else None),
        file_name=file_name(project.name, chosen.run.number),
        mime="application/zip",
        type="primary",
        icon=":material/download:",
        on_click="ignore",
        key="download_classifier",
    )


def _examples(project: Project, chosen: ChosenRun) -> dict[str, bytes]:
    """Thumbnails of a few training pictures of each label."""
    store = services().workspace
    question = store.labels.question(project.id)
    names = {label.id: label.name for label in store.labels.list(question.id)}
    folders = dict(zip(chosen.labels, folder_names(chosen.labels), strict=True))
    thumbnails: dict[str, bytes] = {}
    counts = dict.fromkeys(folders, 0)
    for example in store.examples.list(project.id, split=Split.TRAIN):
        name = names.get(example.answers.get(question.id) or -1, "")
        if counts.get(name, EXAMPLES) < EXAMPLES:
            counts[name] += 1
            data = store.pictures.thumbnail(example.picture).read_bytes()
            thumbnails[f"{folders[name]}/{counts[name]}.jpg"] = data
    return thumbnails


def _draw_file(
    project: Project, chosen: ChosenRun, export_format: Format, exported: ExportedFile
) -> None:
    stem = file_name(project.name, chosen.run.number).removesuffix(".zip")
    st.download_button(
        f"Download ({size_words(exported.bytes)})",
        exported.path.read_bytes,
        file_name=f"{stem}-{export_format.key}{export_format.suffix}",
        mime="application/octet-stream",
        type="primary",
        icon=":material/download:",
        on_click="ignore",
        key=f"download_{export_format.key}",
    )


def _make(chosen: ChosenRun, export_format: Format) -> bool:
    """Export and check, with progress; True when there is a file. Refusals are shown."""
    bar = st.progress(0.0, text="Waking the engine …")
    payload = {
        "home": str(services().workspace.home),
        "run": chosen.run.id,
        "format": export_format.key,
    }
    with shown_errors():
        for event in services().engine.stream(EXPORT, payload):
            if event.kind == "progress":
                done, total = event.data["done"], event.data["total"]
                words = event.data["doing"] + (f": {done} of {total}" if total > 1 else " …")
                bar.progress(done / max(1, total), text=words)
        bar.empty()
        return True
    bar.empty()
    return False
