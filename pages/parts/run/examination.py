"""What is found out about a run in the background: once for all visitors, and watched.

A page that starts it shows how far it is, and draws itself anew when the report is there. Reloading
the page loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.parts.frame.errors import show
from pages.parts.frame.services import services
from pages.parts.run.choice import ChosenRun
from tlcore.errors import EngineError
from tlcore.jobs.background import Progress, Work
from tlcore.results.score.result_cache import details_key, read_result

LOOK_AGAIN = 1.0  # seconds between two looks at how far it is


def start_once(key: str, task: str, payload: dict[str, Any]) -> Work:
    """The work of this key; started now if it was not yet. It returns at once."""
    return services().background.start(_named(key), task, payload)


def work_of(key: str) -> Work | None:
    """The work of this key, None if it was not started."""
    return services().background.find(_named(key))


def forget(key: str) -> None:
    """Let the work of this key be started again."""
    services().background.forget(_named(key))


def _named(key: str) -> str:
    return f"examination {key}"


def run_payload(chosen: ChosenRun, **more: Any) -> dict[str, Any]:
    """The payload of tasks about a run."""
    run = chosen.run
    home = str(services().workspace.home)
    return {"home": home, "project": run.project_id, "run": run.id, "recipe": run.recipe, **more}


def version_of(chosen: ChosenRun) -> str:
    """What everything derived for a run depends on, as text for keys. Raises GraftError."""
    try:
        return details_key(chosen.folder.parent)
    except OSError as error:
        raise EngineError("This run has no scores.", "Train again.") from error


def kept_for(chosen: ChosenRun, name: str) -> dict[str, Any] | None:
    """What was found earlier under this name and still holds. Raises GraftError."""
    return read_result(chosen.folder.parent, name, version_of(chosen))


def report_or_progress(
    chosen: ChosenRun, name: str, task: str, *, start: bool, words: str = ""
) -> dict[str, Any] | None:
    """What is kept under `name`; else it is started (`start`), or waited for in plain sight.

    None while there is nothing yet: `words` then stand beside the bar. An error is shown with a
    button to try again. Raises GraftError.
    """
    kept = kept_for(chosen, name)
    if kept is not None:
        return kept
    key = f"{name}-{version_of(chosen)}"
    if start:
        start_once(key, task, run_payload(chosen))
    work = work_of(key)
    if work is None:
        return None
    if work.over and work.report is not None:
        return kept_for(chosen, name) or work.report
    draw_waiting(key, words)
    return None


def draw_waiting(key: str, words: str = "", on_done: Callable[[], None] | None = None) -> None:
    """How far the work of this key is; the page is drawn anew when it is over."""
    work = work_of(key)
    if work is None:
        return
    if work.over:
        if work.error is not None:
            show(work.error)
            if st.button("Try again", key=f"again_{key}", icon=":material/refresh:"):
                forget(key)
                st.rerun()
        return
    _watch(key, words)


@st.fragment(run_every=LOOK_AGAIN)
def _watch(key: str, words: str) -> None:
    work = work_of(key)
    if work is None or work.over:
        st.rerun()
    progress = work.progress or Progress("Waking the engine …")
    st.progress(progress.share, text=f"{words} {progress.doing}".strip())
