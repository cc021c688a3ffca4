"""File uploaders that are empty again after each import, and whose bytes the server drops."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

RELEASED = "uploads_released"  # how often this visit has released uploads


def uploader_key(name: str) -> str:
    """The widget key of an uploader: a new one after each release, so that it is empty again."""
    return f"{name}_{st.session_state.get(RELEASED, 0)}"


def release_uploads(files: Sequence[UploadedFile]) -> None:
    """Drop the bytes of these uploads, which the server would keep until the visit ends."""
    st.session_state[RELEASED] = st.session_state.get(RELEASED, 0) + 1
    context = get_script_run_ctx()
    if context is None or not isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        return
    for file in files:
        context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)
