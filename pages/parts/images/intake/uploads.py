"""The methods to import pictures by: files, folders, zips, tables, cameras and phones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pages.parts.frame import binding
from pages.parts.frame.errors import show, shown_errors
from pages.parts.frame.services import services
from pages.parts.frame.uploader import release_uploads, uploader_key
from pages.parts.images.intake.camera import Burst, draw_camera, forget_burst
from pages.parts.images.intake.phone_capture import draw_phone_capture
from pages.parts.images.intake.picture_import import import_pictures
from pages.parts.images.intake.table_import import draw_table_import
from tlcore.errors import ArchiveRefused
from tlcore.images.intake.archive import from_zip
from tlcore.images.intake.sources import MAX_FILE_BYTES, Source, from_files, from_folder, from_paths
from tlcore.workspace.records import Label, Project, Question

MOST = MAX_FILE_BYTES // 1_000_000  # megabytes of one picture
FOLDERS = (
    "Each subfolder becomes a label. Folders named train, val or test above them are understood, "
    "and their pictures keep that use."
)


def draw_import_methods(project: Project, question: Question, labels: Sequence[Label]) -> None:
    """Let the visitor choose a method and add pictures by it."""
    methods: dict[str, tuple[str, Callable[[Project, Question, Sequence[Label]], None]]] = {
        "Files": (":material/add_photo_alternate:", _files),
        "A folder": (":material/folder_open:", _folder),
        "A zip": (":material/folder_zip:", _zip),
        "Camera": (":material/photo_camera:", _camera),
        "A phone": (":material/smartphone:", _phone),
        "A table": (":material/table_view:", draw_table_import),
    }
    if binding.bound_to_loopback():
        methods["This computer"] = (":material/computer:", _path)
    method = st.segmented_control(
        "How do you want to add pictures?",
        list(methods),
        default="Files",
        required=True,
        format_func=lambda name: f"{methods[name][0]} {name}",
        key="import_method",
        persist_state="session",
    )
    methods[method or "Files"][1](project, question, labels)


def _files(project: Project, question: Question, labels: Sequence[Label]) -> None:
    key = f"label_for_files_{project.id}"
    name = _choose_label(labels, "What do these pictures show?", key=key)
    files = st.file_uploader(
        "Choose pictures, or drop them here" if name else "First say above what they show",
        accept_multiple_files=True,
        key=uploader_key("files"),
        disabled=name is None,
        max_upload_size=MOST,
        help="JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF, JPEG 2000, PPM and TGA.",
    )
    if files and name:
        sources = from_files([(file.name, file.getvalue) for file in files], label=name)
        _import_uploads(project, question, sources, files)


def _folder(project: Project, question: Question, labels: Sequence[Label]) -> None:
    st.caption(FOLDERS)
    files = st.file_uploader(
        "Choose a folder",
        accept_multiple_files="directory",
        key=uploader_key("folder"),
        max_upload_size=MOST,
    )
    if files:
        _import_uploads(project, question, from_paths([(f.name, f.getvalue) for f in files]), files)


def _zip(project: Project, question: Question, labels: Sequence[Label]) -> None:
    st.caption(f"A zip of such a folder, or of Teachable Machine. {FOLDERS}")
    file = st.file_uploader("Choose a zip file", type=["zip", "tm"], key=uploader_key("zip"))
    if file is None:
        return
    try:
        with (
            st.spinner("Checking the zip …"),
            from_zip(file, name=file.name, disk=services().workspace.home) as archive,
        ):
            _import_uploads(project, question, archive, [file])
    except ArchiveRefused as refusal:
        show(refusal)
        release_uploads([file])


def _path(project: Project, question: Question, labels: Sequence[Label]) -> None:
    st.caption(f"Graft runs on this computer, so it can read a folder where it is. {FOLDERS}")
    with st.form("by_path", border=False):
        path = st.text_input(
            "Folder on this computer", placeholder="The full path of the folder", key="folder_path"
        )
        if st.form_submit_button("Add its pictures", type="primary") and path.strip():
            with shown_errors():
                _import_uploads(project, question, from_folder(path.strip().strip('"')), [])


def _camera(project: Project, question: Question, labels: Sequence[Label]) -> None:
    key = f"label_for_camera_{project.id}"
    name = _choose_label(labels, "What does the camera see?", key=key)
    st.caption(
        "Hold the button and turn the thing: about five pictures a second. Pictures of one "
        "recording look alike, so they stay together: all to learn, or all to check."
    )
    camera = f"camera_{project.id}"
    burst = draw_camera(label=name, key=camera)
    if burst is not None:
        done = import_pictures(project, question, frames_of(burst))
        forget_burst(camera)  # only now: a click meanwhile ends this run, and the next goes on
        if done:
            st.rerun()


def _phone(project: Project, question: Question, labels: Sequence[Label]) -> None:
    key = f"label_for_phone_{project.id}"
    name = _choose_label(labels, "What will the phone see?", key=key)
    draw_phone_capture(project, question, name)


def frames_of(burst: Burst) -> list[Source]:
    """The frames of a burst as sources of one group, so that they stay in one split."""
    moment = datetime.now().strftime("%Y-%m-%d %H-%M-%S")
    frames = [
        (f"camera {moment} {number:03d}.jpg", frame)
        for number, frame in enumerate(burst.frames, start=1)
    ]
    group = f"camera {burst.id}" if len(frames) > 1 else None
    return from_files(frames, label=burst.label, group=group)


def _choose_label(labels: Sequence[Label], words: str, *, key: str) -> str | None:
    """The name of a label, chosen or typed; None while there is none.

    A label that was renamed or deleted after it was chosen is no longer chosen: the next pictures
    would create it again.
    """
    names = [label.name for label in labels]
    known = f"{key}_known"
    chosen = st.session_state.get(key)
    if chosen in st.session_state.get(known, ()) and chosen not in names:
        st.session_state[key] = None
    st.session_state[known] = names
    name = st.selectbox(
        words,
        names,
        index=None if not labels else 0,
        placeholder="Type a label, for example: ant" if not labels else "Choose or type a label",
        accept_new_options=True,
        key=key,
        persist_state="session",
    )
    return name.strip() or None if name else None


def _import_uploads(
    project: Project, question: Question, sources: Iterable[Source], files: Sequence[UploadedFile]
) -> None:
    """Import pictures, let go of the files that were uploaded, and run the page again."""
    done = import_pictures(project, question, sources)
    release_uploads(files)
    if done:
        st.rerun()
