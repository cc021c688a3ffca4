"""Check-ups in the background: one at a time, of the project that was looked at last.

A check-up waits until the pictures have stood still for a moment, so that a series of changes is
checked once. A watch looks too, for changes that are made on other pages or just before the visitor
goes on; pages only look at how far it is.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from pages.parts.frame.services import Services, services
from pages.parts.images.quality_requests import payload_of
from tlcore.errors import GraftError
from tlcore.jobs.background import Progress, Work
from tlcore.quality.checkup.checkup_store import picture_key, read_checkup
from tlcore.quality.checkup.findings import CheckUp
from tlcore.workspace.records import Project

TASK = "tlcore.quality.tasks:checkup_task"
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
    """The check-ups of one server. Safe for many sessions."""

    def __init__(self, still: float = STILL) -> None:
        self._still = still
        self._lock = threading.Lock()  # guards everything below
        self._keys: dict[str, tuple[str, float]] = {}  # project → key, when it was first seen
        self._read: dict[str, tuple[datetime, str]] = {}  # project → when it changed, key
        self._failed: dict[str, tuple[str, GraftError]] = {}  # project → key, why
        self._current: tuple[str, str, Work] | None = None  # project, key, the one under way
        self._watched: tuple[Project, Services] | None = None
        self._watcher: threading.Thread | None = None

    def watch(self, project: Project, here: Services) -> None:
        """Look at this project again and again from now on, instead of at another one."""
        with self._lock:
            self._watched = (project, here)
            if self._watcher is None:
                self._watcher = threading.Thread(
                    target=self._watch, name="checkup watch", daemon=True
                )
                self._watcher.start()

    def look(self, project: Project, here: Services) -> CheckUpState:
        """How it stands; begins a check-up where the pictures have changed. Quick."""
        question = here.workspace.labels.question(project.id)
        with self._lock:
            work = self._work_of(project.id)
        # Read after that: what is over has been kept by then.
        kept = read_checkup(here.workspace.home, project.id, question.id)
        if work is not None:
            progress = work.progress or Progress()
            return CheckUpState(True, progress.doing, progress.done, progress.total, checkup=kept)
        key = self.key(project.id, here)
        if kept is not None and kept.key == key:
            return CheckUpState(checkup=kept, fresh=True)
        if here.workspace.examples.count(project.id) < LEAST:
            return CheckUpState(checkup=kept)
        with self._lock:
            failed = self._failed.get(project.id)
            if failed is not None and failed[0] == key:
                return CheckUpState(checkup=kept, error=failed[1])
            idle = self._current is None
            if idle and time.monotonic() - self._since(project.id, key) >= self._still:
                self._begin(project, here, key)
        return CheckUpState(True, doing="waiting until nothing changes", checkup=kept)

    def again(self, project: Project) -> None:
        """Let a check-up that failed be tried once more, though no picture has changed."""
        with self._lock:
            self._failed.pop(project.id, None)

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

    def _watch(self) -> None:
        """Look until there is nothing to look at; then this thread is the watcher no longer."""
        while True:
            time.sleep(self._still)
            with self._lock:
                watched = self._watched
                if watched is None or watched[1].background.closed:
                    self._watched = self._watcher = None
                    return
            project, here = watched
            try:
                self.look(here.workspace.projects.get(project.id), here)
            except Exception:  # noqa: BLE001 - the project is gone or the workspace is closed
                with self._lock:
                    self._watched = None if self._watched is watched else self._watched

    # Below: only with the lock held.

    def _since(self, project_id: str, key: str) -> float:
        known = self._keys.get(project_id)
        if known is None or known[0] != key:
            known = self._keys[project_id] = (key, time.monotonic())
        return known[1]

    def _begin(self, project: Project, here: Services, key: str) -> None:
        name = f"checkup {project.id}"
        here.background.forget(name)  # the last one, of other pictures
        work = here.background.start(name, TASK, payload_of(project))
        self._current = (project.id, key, work)

    def _work_of(self, project_id: str) -> Work | None:
        """The check-up of a project that is under way; notes how the last one ended."""
        if self._current is None:
            return None
        current, key, work = self._current
        if work.over:
            self._current = None
            if work.error is not None:
                self._failed[current] = (key, work.error)
            return None
        return work if current == project_id else None


@st.cache_resource(show_spinner=False)
def checkups() -> CheckUps:
    """The check-ups of this server."""
    return CheckUps()


def checkup_state(project: Project) -> CheckUpState:
    """How the check-up of a project stands now."""
    checkups().watch(project, services())
    return checkups().look(project, services())


def picture_state(project: Project) -> str:
    """What names the pictures of a project as they are now; quick where nothing has changed."""
    return checkups().key(project.id, services())
