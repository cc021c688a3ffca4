"""What is found out about a run in the background: asked once for all visitors, and watched.

A question goes to the request worker from a thread of its own; a page that asks shows how far it
is, and draws itself anew when the answer is there. Reloading the page loses nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from pages.parts.frame.errors import show
from pages.parts.frame.services import services
from pages.parts.run.choice import ChosenRun
from tlcore.errors import EngineError, GraftError
from tlcore.results.score.result_cache import details_key, read_kept

LOOK_AGAIN = 1.0  # seconds between two looks at how far it is
MOST_KEPT = 24


@dataclass
class Asked:
    """One question under way or answered. Only its own thread writes to it."""

    doing: str = "Waking the engine …"
    share: float = 0.0
    answer: dict[str, Any] | None = None
    error: GraftError | None = None
    over: threading.Event = field(default_factory=threading.Event)


@st.cache_resource(show_spinner=False)
def _asked() -> dict[str, Asked]:
    """Every question of this server that was asked lately, by its key."""
    return {}


def ask_once(key: str, task: str, payload: dict[str, Any]) -> Asked:
    """The question of this key; asked now if it was not yet. It returns at once."""
    kept = _asked()
    if key not in kept:
        while len(kept) >= MOST_KEPT and (done := next((k for k, a in kept.items()
                                                        if a.over.is_set()), None)):  # fmt: skip
            kept.pop(done)
        kept[key] = one = Asked()
        work = threading.Thread(target=_work, args=(one, task, payload), daemon=True)
        work.start()
    return kept[key]


def was_asked(key: str) -> Asked | None:
    """The question of this key, None if it was not asked."""
    return _asked().get(key)


def forget(key: str) -> None:
    """Let a question be asked again."""
    _asked().pop(key, None)


def _work(one: Asked, task: str, payload: dict[str, Any]) -> None:
    try:
        for event in services().engine.stream(task, payload):
            if event.kind == "progress":
                one.doing = str(event.data["doing"])
                one.share = event.data["done"] / max(1, event.data["total"])
            elif event.kind == "result":
                one.answer = event.data
        if one.answer is None:
            one.error = EngineError("There was no answer.", "Try once more.")
    except GraftError as error:
        one.error = error
    finally:
        one.over.set()


def run_payload(chosen: ChosenRun, **more: Any) -> dict[str, Any]:
    """What tasks about a run are asked with."""
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
    return read_kept(chosen.folder.parent, name, version_of(chosen))


def found_or_going(
    chosen: ChosenRun, name: str, task: str, *, start: bool, words: str = ""
) -> dict[str, Any] | None:
    """What is kept under `name`; else it is asked for (`start`), or waited for in plain sight.

    None while there is nothing yet: `words` then stand beside the bar. An error is shown with a
    button to try again. Raises GraftError.
    """
    kept = kept_for(chosen, name)
    if kept is not None:
        return kept
    key = f"{name}-{version_of(chosen)}"
    if start:
        ask_once(key, task, run_payload(chosen))
    asked = was_asked(key)
    if asked is None:
        return None
    if asked.over.is_set() and asked.answer is not None:
        return kept_for(chosen, name) or asked.answer
    draw_waiting(key, words)
    return None


def draw_waiting(key: str, words: str = "", on_done: Callable[[], None] | None = None) -> None:
    """How far the question of this key is; the page is drawn anew when it is answered."""
    asked = was_asked(key)
    if asked is None:
        return
    if asked.over.is_set():
        if asked.error is not None:
            show(asked.error)
            if st.button("Try again", key=f"again_{key}", icon=":material/refresh:"):
                forget(key)
                st.rerun()
        return
    _watch(key, words)


@st.fragment(run_every=LOOK_AGAIN)
def _watch(key: str, words: str) -> None:
    asked = was_asked(key)
    if asked is None or asked.over.is_set():
        st.rerun()
        return
    st.progress(min(1.0, asked.share), text=f"{words} {asked.doing}".strip())
