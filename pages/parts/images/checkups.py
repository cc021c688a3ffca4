"""Check-ups in the background: one at a time, of the project that was looked at last.

A thread reads what the request worker says to its end; pages only look at how far it is. It waits
until the pictures have stood still for a moment, so that a series of changes is checked once. A
watch looks too, for changes that are made on other pages or just before the visitor goes on.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import streamlit as st

from pages.parts.frame.services import Services, services
from pages.parts.images.quality_requests import payload_of
from tlcore.errors import GraftError
from tlcore.quality.checkup.findings import CheckUp
from tlcore.quality.checkup.kept_reports import picture_key, read_checkup
from tlcore.workspace.records import Project

STILL = 4.0  # seconds without a change before a check-up begins
LEAST = 2  # pictures


@dataclass(frozen=True)
class CheckUpState:
    """How a project's check-up stands: `fresh` when it is about the pictures as they are now."""

    running: bool = False
    doing: str = ""
    done: int = 0
    total: int = 0
    checkup: CheckUp | None = None
    fresh: bool = False
    error: GraftError | None = None


class CheckUps:
    """The background check-ups of one server. Safe for many sessions."""

    def __init__(self, still: float = STILL) -> None:
        self._still = still
        self._lock = threading.Lock()
        self._states: dict[str, CheckUpState] = {}
        self._keys: dict[str, tuple[str, float]] = {}  # project → key, when it was first seen
        self._read: dict[str, tuple[datetime, str]] = {}  # project → when it changed, key
        self._failed: dict[str, tuple[str, GraftError]] = {}
        self._busy = False
        self._watched: tuple[Project, Services] | None = None

    def watch(self, project: Project, here: Services) -> None:
        """Look at this project again and again from now on, instead of at another one."""
        with self._lock:
            began = self._watched is not None
            self._watched = (project, here)
        if not began:
            threading.Thread(target=self._watch, name="checkup watch", daemon=True).start()

    def look(self, project: Project, here: Services) -> CheckUpState:
        """How it stands; begins a check-up where the pictures have changed. Quick."""
        question = here.workspace.labels.question(project.id)
        with self._lock:
            going = self._states.get(project.id)
        # Read after that: what is no longer going has been kept by then.
        kept = read_checkup(here.workspace.home, project.id, question.id)
        if going is not None:
            return replace(going, checkup=kept)
        key = self.key(project.id, here)
        if kept is not None and kept.key == key:
            return CheckUpState(checkup=kept, fresh=True)
        if here.workspace.examples.count(project.id) < LEAST:
            return CheckUpState(checkup=kept)
        with self._lock:
            failed = self._failed.get(project.id)
            if failed is not None and failed[0] == key:
                return CheckUpState(checkup=kept, error=failed[1])
            if not self._busy and time.monotonic() - self._since(project.id, key) >= self._still:
                self._begin(project, here, key)
        return CheckUpState(True, doing="waiting until nothing changes", checkup=kept)

    def again(self, project: Project) -> None:
        """Let a check-up that failed be tried once more, though no picture has changed."""
        with self._lock:
            self._failed.pop(project.id, None)

    def _watch(self) -> None:
        while True:
            time.sleep(self._still)
            with self._lock:
                watched = self._watched
            if watched is None:
                return
            project, here = watched
            try:
                self.look(here.workspace.projects.get(project.id), here)
            except Exception:  # noqa: BLE001 - the project is gone or the workspace is closed
                with self._lock:
                    self._watched = None if self._watched is watched else self._watched

    def key(self, project_id: str, here: Services) -> str:
        """What names the pictures as they are, read anew only when something has changed."""
        changed = here.workspace.projects.changed(project_id)
        with self._lock:
            known = self._read.get(project_id)
        if known is None or known[0] != changed:
            known = (changed, picture_key(here.workspace, project_id))
            with self._lock:
                self._read[project_id] = known
        return known[1]

    def _since(self, project_id: str, key: str) -> float:
        known = self._keys.get(project_id)
        if known is None or known[0] != key:
            known = self._keys[project_id] = (key, time.monotonic())
        return known[1]

    def _begin(self, project: Project, here: Services, key: str) -> None:
        self._busy = True
        self._states[project.id] = CheckUpState(running=True)
        work = threading.Thread(
            target=self._work,
            args=(project.id, payload_of(project), here, key),
            name="checkup",
            daemon=True,
        )
        work.start()

    def _work(self, project_id: str, payload: dict[str, Any], here: Services, key: str) -> None:
        try:
            for event in here.engine.stream("tlcore.quality.tasks:checkup_task", payload):
                if event.kind == "progress":
                    self._note(project_id, event.data)
        except GraftError as error:
            with self._lock:
                self._failed[project_id] = (key, error)
        finally:
            with self._lock:
                self._states.pop(project_id, None)
                self._busy = False

    def _note(self, project_id: str, said: dict[str, Any]) -> None:
        with self._lock:
            self._states[project_id] = CheckUpState(
                True, str(said.get("doing", "")), said.get("done") or 0, said.get("total") or 0
            )


@st.cache_resource(show_spinner=False)
def checkups() -> CheckUps:
    """The one background of this server."""
    return CheckUps()


def checkup_state(project: Project) -> CheckUpState:
    """How the check-up of a project stands now."""
    checkups().watch(project, services())
    return checkups().look(project, services())


def picture_state(project: Project) -> str:
    """What names the pictures of a project as they are now; quick where nothing has changed."""
    return checkups().key(project.id, services())
