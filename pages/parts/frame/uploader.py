"""Uploaders that stand empty again after each intake, and whose bytes the server lets go of."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile


def fresh_key(way: str) -> str:
    """The key of an uploader: a new one after each intake, so that it stands empty again."""
    return f"{way}_{st.session_state.get('uploads_taken', 0)}"


def release(files: Sequence[UploadedFile]) -> None:
    """Let go of the bytes of these uploads: the server would keep them as long as the visit."""
    st.session_state["uploads_taken"] = st.session_state.get("uploads_taken", 0) + 1
    context = get_script_run_ctx()
    if context is None or not isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        return
    for file in files:
        context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)
