"""Requests about a project's pictures to the worker process, with a progress bar meanwhile."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.parts.draft.draft import chosen_backbone
from pages.parts.frame.services import services
from tlcore.errors import EngineError
from tlcore.workspace.records import Project


def payload_of(project: Project, **more: Any) -> dict[str, Any]:
    """The payload that every task of the quality room takes."""
    home = str(services().workspace.home)
    return {"home": home, "project": project.id, "backbone": chosen_backbone(project), **more}


def ask_quality(project: Project, task: str, words: str, **more: Any) -> dict[str, Any]:
    """The report of a task of the quality room; `words` stand over its progress.

    Raises GraftError where the task fails.
    """
    bar = st.progress(0.0, text=f"{words} …")
    report: dict[str, Any] | None = None
    try:
        for event in services().engine.stream(task, payload_of(project, **more)):
            if event.kind == "progress":
                done, total = event.data.get("done", 0), event.data.get("total") or 0
                share = min(1.0, done / total) if total else 0.0
                bar.progress(share, text=f"{words}: {event.data.get('doing', '')} …")
            elif event.kind == "result":
                report = event.data
    finally:
        bar.empty()
    if report is None:
        raise EngineError("There is no answer.", "Try it once more.")
    return report
