"""The engine on this machine: two warm processes beside the server, for runs and for requests.

It joins the queue in the workspace with the processes, and knows nothing of learning.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import FileLock, Timeout

from tlcore.errors import EngineError
from tlcore.jobs.endings import Endings
from tlcore.jobs.events import Event
from tlcore.jobs.logfile import LogFile
from tlcore.jobs.request_worker import RequestWorker
from tlcore.jobs.supervisor import STOP_SECONDS, RunSupervisor
from tlcore.workspace.records import Run, RunState
from tlcore.workspace.workspace import Workspace

LOST_WITH_SERVER = "Graft itself ended while this run was going."


@dataclass(frozen=True)
class EngineStatus:
    """Each process is "starting", "ready", "busy" or "dead"; `current_run` is the one going.

    `pausing`: that run is to pause, and will at its next step.
    """

    runs: str
    requests: str
    current_run: str | None
    pausing: bool = False


class LocalEngine:
    """Runs and requests of one workspace. Only one engine at a time may have a home.

    Args:
        workspace: what it works for.
        preload: modules that both processes import before they are needed.
        stop_seconds: how long a run may take to stop before it is ended by force.
        endings: what a person reads about a run that ended by force.
    """

    def __init__(
        self,
        workspace: Workspace,
        *,
        preload: Sequence[str] = (),
        stop_seconds: float = STOP_SECONDS,
        endings: Endings | None = None,
    ) -> None:
        self._workspace, self._endings = workspace, endings or Endings()
        logs = workspace.layout.logs
        self._supervisor = RunSupervisor(
            workspace, preload, LogFile(logs / "runs.log"), stop_seconds, self._endings
        )
        self._requests = RequestWorker(
            workspace.home, preload, LogFile(logs / "requests.log"), self._endings
        )
        self._lock = FileLock(workspace.home / "engine.lock", thread_local=False)
        self._started = False

    def start(self) -> None:
        """Take the home, mark runs that an earlier server left behind, start both processes.

        Returns at once; the processes get ready in the background.

        Raises:
            EngineError: another Graft has this home.
        """
        self._take_home()
        self._started = True
        runs = self._workspace.runs
        try:
            for run in runs.running():
                ended = runs.last_heard(run.id)  # not now: that may be days later
                remedy = self._endings.kept
                runs.finish(run.id, RunState.LOST, error=LOST_WITH_SERVER, remedy=remedy, at=ended)
            self._requests.start()
            self._supervisor.start()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End both processes and let go of the home. A run that is under way becomes LOST."""
        if not self._started:
            return
        self._started = False
        try:
            self._supervisor.close()
            self._requests.close()
        finally:
            self._lock.release()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def submit(
        self, project_id: str, function: str, recipe: dict[str, Any], payload: dict[str, Any]
    ) -> Run:
        """Put a run at the end of the queue.

        The task gets `payload` with "home", "project", "run" and "recipe" added to it.

        Raises:
            NotFound: there is no such project.
        """
        run = self._workspace.runs.create(project_id, function, recipe, payload)
        self._supervisor.wake()
        return run

    def stop(self, run_id: str) -> Run:
        """Ask a run to stop and keep its best so far. A waiting run is stopped at once.

        If it has not ended within `stop_seconds` its process is ended by force. Raises NotFound.
        """
        run = self._workspace.runs.request_stop(run_id)
        self._supervisor.stop(run_id)
        return run

    def pause(self, run_id: str) -> Run:
        """Let a run rest: it ends at its next step and becomes PAUSED, a waiting one at once.

        Whatever the task keeps in the run's folder is there when the run is resumed. A run that is
        over stays as it is. Raises NotFound.
        """
        run = self._workspace.runs.get(run_id)
        if run.state is RunState.QUEUED:
            run = self._workspace.runs.pause(run_id)
        elif run.state is RunState.RUNNING:
            self._supervisor.pause(run_id)
        return run

    def resume(self, run_id: str) -> Run:
        """Put a run that is paused, stopped, failed or lost back in the queue, to go on.

        It is the same run with the same events; the task finds "resumed" in its payload.
        Raises NotFound, and GraftError for a run that is finished or deleted.
        """
        run = self._workspace.runs.resume(run_id)
        self._supervisor.wake()
        return run

    def kill(self, run_id: str) -> None:
        """End a run by force: it becomes LOST, one that waits or rests STOPPED. Raises NotFound."""
        if self._workspace.runs.get(run_id).state in (RunState.QUEUED, RunState.PAUSED):
            self._workspace.runs.request_stop(run_id)
        self._supervisor.kill(run_id)

    def wait(self, run_id: str, timeout: float) -> Run:
        """The run once it is over, or as it is after `timeout` seconds. Raises NotFound."""
        deadline = time.monotonic() + timeout
        while True:
            run = self._workspace.runs.get(run_id)
            left = deadline - time.monotonic()
            if run.state.over or left <= 0:
                return run
            with self._supervisor.changed:
                self._supervisor.changed.wait(min(left, 0.1))

    def ask(
        self, function: str, payload: dict[str, Any], *, timeout: float = 60.0
    ) -> dict[str, Any]:
        """The data of the "result" of a task, from the request worker.

        Raises:
            GraftError: what the task raised, or that there is no answer within `timeout` seconds.
        """
        return self._requests.ask(function, payload, timeout=timeout)

    def stream(self, function: str, payload: dict[str, Any]) -> Iterator[Event]:
        """The events of a task, from the request worker, as they come.

        Closing the iterator stops the task. Raises GraftError as `ask` does.
        """
        return self._requests.stream(function, payload)

    def status(self) -> EngineStatus:
        """How both processes are, without asking them."""
        return EngineStatus(
            self._supervisor.state,
            self._requests.state,
            self._supervisor.current_run,
            self._supervisor.pausing,
        )

    @property
    def pids(self) -> tuple[int | None, int | None]:
        """The process ids of runs and of requests, where there are any."""
        return self._supervisor.pid, self._requests.pid

    def _take_home(self) -> None:
        owner = self._workspace.home / "engine.pid"
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise EngineError(
                f"Another Graft is already using the folder {self._workspace.home}{_named(owner)}.",
                "Use that one, or close it first. "
                "To run two, give each its own folder with GRAFT_HOME.",
            ) from None
        with contextlib.suppress(OSError):  # only for the words above
            owner.write_text(str(os.getpid()), encoding="utf-8")


def _named(owner: Path) -> str:
    try:
        return f" (process {int(owner.read_text(encoding='utf-8'))})"
    except (OSError, ValueError):
        return ""
