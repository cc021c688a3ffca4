"""The supervisor of runs: takes them from the queue one at a time, and writes their events.

One thread owns all of the state; others only hand it actions. Whatever touches the database is in
`_tend`, which can be repeated, so a full disk delays a run's events but does not lose its end.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence

from tlcore.jobs.active_run import ActiveRun
from tlcore.jobs.endings import Endings
from tlcore.jobs.events import Event
from tlcore.jobs.logfile import LogFile
from tlcore.jobs.process import Message, WorkerGone, WorkerProcess
from tlcore.workspace.records import RunState
from tlcore.workspace.workspace import Workspace

STOP_SECONDS = 10.0  # how long a run may take to stop by itself
DEATHS = 3  # so many deaths in a row before "ready", then no further attempt until a new run
AFTER_TROUBLE_SECONDS = 0.5

log = logging.getLogger(__name__)


class RunSupervisor:
    """One worker process for runs, and the thread that looks after it.

    Args:
        workspace: where the queue is, and where events go.
        preload: modules that the process imports before it takes a run.
        log_file: where the process's standard error goes.
        stop_seconds: how long a run may take to stop before it is ended by force.
        endings: what a person reads about a run that ended by force.
    """

    def __init__(
        self,
        workspace: Workspace,
        preload: Sequence[str],
        log_file: LogFile,
        stop_seconds: float = STOP_SECONDS,
        endings: Endings | None = None,
    ) -> None:
        self._workspace, self._preload, self._log_file = workspace, preload, log_file
        self._stop_seconds, self._endings = stop_seconds, endings or Endings()
        self._actions: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="runs supervisor", daemon=True)
        self._process: WorkerProcess | None = None
        self._ready = False
        self._deaths = 0
        self._spawn_at = 0.0
        self._put_back: set[str] = set()
        self._active: ActiveRun | None = None
        self._closing = False
        self._trouble = False
        self.changed = threading.Condition()

    def start(self) -> None:
        """Begin, in the background."""
        self._thread.start()

    def close(self) -> None:
        """End the process and the thread; a run that is under way becomes LOST."""
        if self._thread.is_alive():
            self._actions.put(self._shut)
            self._thread.join()

    def wake(self) -> None:
        """Look at the queue now."""
        self._actions.put(lambda: None)

    def stop(self, run_id: str) -> None:
        """Tell a run to stop; it is ended by force if it does not."""
        self._actions.put(lambda: self._stop(run_id))

    def pause(self, run_id: str) -> None:
        """Tell a run to stop where it is; it becomes PAUSED, and is ended by force if need be."""
        self._actions.put(lambda: self._pause(run_id))

    def kill(self, run_id: str) -> None:
        """End a run by force, with its process."""
        self._actions.put(lambda: self._kill(run_id))

    @property
    def state(self) -> str:
        """ "starting", "ready", "busy" or "dead"."""
        if self._active is not None:
            return "busy"
        if self._ready:
            return "ready"
        return "dead" if self._closing or self._deaths >= DEATHS else "starting"

    @property
    def current_run(self) -> str | None:
        active = self._active
        return None if active is None else active.run.id

    @property
    def pausing(self) -> bool:
        """Whether the run that is under way is to pause."""
        active = self._active
        return active is not None and active.pausing

    @property
    def pid(self) -> int | None:
        """The id of the process, for tests and for the doctor."""
        process = self._process
        return None if process is None else process.pid

    # Below: only on the supervisor's own thread.

    def _work(self) -> None:
        while not self._closing:
            for step in (self._tend, self._take_actions):
                try:
                    step()
                    self._trouble = self._trouble and step != self._tend
                except Exception:  # without this thread no run would ever start again
                    self._trouble = True
                    log.exception("the supervisor of runs met a problem and goes on")

    def _take_actions(self) -> None:
        """Wait for an action or the next deadline; then take what else is there already."""
        try:
            self._actions.get(timeout=self._patience())()
            for _ in range(500):
                self._actions.get_nowait()()
        except queue.Empty:
            return

    def _patience(self) -> float | None:
        if self._trouble:
            return AFTER_TROUBLE_SECONDS
        active = self._active
        deadlines = [active.flush_at, active.kill_at] if active else []
        if self._process is None and self._deaths < DEATHS:
            deadlines.append(self._spawn_at)
        known = [deadline for deadline in deadlines if deadline is not None]
        return max(0.0, min(known) - time.monotonic()) if known else None

    def _tend(self) -> None:
        """Do what is due. Each step can be repeated if it fails."""
        now = time.monotonic()
        if (active := self._active) is not None:
            self._tend_run(active, now)
        if self._process is None:
            self._respawn(now)
        elif self._ready and self._active is None:
            self._start_next()

    def _tend_run(self, active: ActiveRun, now: float) -> None:
        if active.outcome is not None:
            active.settle(self._workspace.runs)
            self._active = None
            self._tell()
            return
        if active.flush_at is not None and now >= active.flush_at:
            active.flush(self._workspace.runs)
        if active.kill_at is not None and now >= active.kill_at:
            active.kill_at = None
            self._kill(active.run.id)

    def _start_next(self) -> None:
        for run in self._workspace.runs.queue()[:1]:
            if not self._workspace.runs.start(run.id):
                return self.wake()
            self._active = ActiveRun(run, self._endings)
            payload = {
                "home": str(self._workspace.home),
                "project": run.project_id,
                "run": run.id,
                "recipe": run.recipe,
                **run.payload,
            }
            self._send({"id": run.id, "function": run.function, "payload": payload})
            self._tell()

    def _send(self, message: Message) -> None:
        """Hand a message over; a process that is gone will be reported by its exit."""
        try:
            if self._process is not None:
                self._process.send(message)
        except WorkerGone:
            log.info("the process for runs is gone")

    def _respawn(self, now: float) -> None:
        if self._deaths >= DEATHS:
            if not self._workspace.runs.queue():
                return
            self._deaths = DEATHS - 1  # somebody asks again: one more attempt
        elif now < self._spawn_at:
            return
        self._ready = False
        try:
            self._process = self._spawn()
        except OSError:
            log.exception("the process for runs cannot be started")
            self._note_death(None)

    def _spawn(self) -> WorkerProcess:
        box: list[WorkerProcess] = []  # the callbacks say which process they speak of
        return_to = self._actions.put
        made = WorkerProcess(
            "runs",
            self._preload,
            self._workspace.home,
            self._log_file,
            lambda message: return_to(lambda: self._hear(box, message)),
            lambda code: return_to(lambda: self._bury(box, code)),
        )
        box.append(made)
        return made

    def _hear(self, box: list[WorkerProcess], message: Message) -> None:
        if box[0] is not self._process:
            return
        kind, active = message["kind"], self._active
        if kind == "ready":
            self._ready, self._deaths = True, 0
            for module, words in message["data"]["problems"].items():
                log.warning("%s could not be imported: %s", module, words)
        elif active is not None and message["id"] == active.run.id:
            active.hear(Event(kind, message["data"], message["at"]))

    def _bury(self, box: list[WorkerProcess], code: int) -> None:
        """The process has ended: decide what becomes of its run; `_tend` starts a new one."""
        if box[0] is not self._process:
            return
        self._note_death(code)
        if (active := self._active) is not None:
            active.bury(code, put_back=active.run.id not in self._put_back)
            self._put_back.add(active.run.id)

    def _note_death(self, code: int | None) -> None:
        self._deaths = 0 if self._ready else self._deaths + 1
        self._process, self._ready = None, False
        self._spawn_at = time.monotonic() + AFTER_TROUBLE_SECONDS * self._deaths
        if self._deaths >= DEATHS:
            self._give_up(code)

    def _give_up(self, code: int | None) -> None:
        """No process can be started: say so in every run that waits for one."""
        cause = "" if code is None else f" (exit code {code})"
        for run in self._workspace.runs.queue():
            self._workspace.runs.finish(
                run.id,
                RunState.FAILED,
                error=f"The background process for runs does not start{cause}.",
                remedy="Run `python -m tlcore doctor`: it says what is missing. "
                f"The details are at the end of {self._log_file.path}.",
            )
        self._tell()

    def _stop(self, run_id: str) -> None:
        active = self._active
        if active is not None and active.run.id == run_id and active.kill_at is None:
            active.kill_at = time.monotonic() + self._stop_seconds
            self._send({"id": run_id, "stop": True})

    def _pause(self, run_id: str) -> None:
        if (active := self._active) is not None and active.run.id == run_id:
            active.pausing = True
            self._stop(run_id)

    def _kill(self, run_id: str) -> None:
        active = self._active
        if active is not None and active.run.id == run_id and self._process is not None:
            active.killed = True
            self._process.kill()

    def _shut(self) -> None:
        self._closing = True
        try:
            if (active := self._active) is not None:
                active.abandon()
                active.settle(self._workspace.runs)
                self._active = None
        finally:
            if self._process is not None:
                self._process.close()
            self._process, self._ready = None, False
            self._tell()

    def _tell(self) -> None:
        with self.changed:
            self.changed.notify_all()
