"""The form that imports a classifier from another Graft into the open project."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.parts.frame.errors import show
from pages.parts.frame.services import services
from pages.parts.frame.uploader import release_uploads, uploader_key
from pages.parts.run.address import open_run
from tlcore.errors import GraftError
from tlcore.serving.classifier_import import import_classifier
from tlcore.workspace.records import Project

CHECK = "tlcore.serving.tasks:check_task"
MOST_MEGABYTES = 4000


def draw_import_form(project: Project) -> None:
    """Upload the zip of a classifier folder; it becomes a run of this project."""
    with st.expander("Bring a classifier from elsewhere", icon=":material/upload:"):
        st.write(
            "The zip that the card “A Python folder” gives in another Graft. It joins this project "
            "as a run: try it, compare it, share it. Nothing in it is run; it is checked first."
        )
        file = st.file_uploader(
            "Choose the zip",
            type="zip",
            key=uploader_key("classifier"),
            max_upload_size=MOST_MEGABYTES,
        )
        if file is None:
            return
        try:
            with st.spinner("Checking the classifier …"):
                run = import_classifier(services().workspace, project.id, file, _check)
        except GraftError as error:
            show(error)
            return
        release_uploads([file])
        open_run(run.id)
        st.rerun()


def _check(folder: Path) -> None:
    services().engine.ask(CHECK, {"classifier": str(folder)}, timeout=300)
