"""One worker process, seen from the server: started, written to, read from, ended.

Threads and pipes only, so that it works alike on Windows, macOS and Linux.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

from tlcore.jobs.events import to_line
from tlcore.jobs.logfile import LogFile

Message = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]  # the folder that holds tlcore
LAST_WORDS_SECONDS = 2.0


class WorkerGone(Exception):
    """The process does not take messages any more. Not for users: the engine deals with it."""


class WorkerProcess:
    """A process that runs tasks. Its callbacks come from threads of its own.

    Args:
        kind: "runs" or "requests".
        preload: modules to import before the first task.
        home: the workspace it works for.
        log: where its standard error goes.
        on_message: called with every message, in order.
        on_exit: called once with the exit code, after the last message.
    """

    def __init__(
        self,
        kind: str,
        preload: Sequence[str],
        home: Path,
        log: LogFile,
        on_message: Callable[[Message], None],
        on_exit: Callable[[int], None],
    ) -> None:
        self._on_message, self._on_exit, self._log = on_message, on_exit, log
        self._sending = threading.Lock()
        command = [sys.executable, "-P", "-m", "tlcore.jobs.worker"]
        command += ["--kind", kind, "--preload", ",".join(preload), "--log", str(log.path)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=worker_environment(home),
            **own_group(),
        )
        read = threading.Thread(target=self._read, name=f"{kind} messages", daemon=True)
        note = threading.Thread(target=self._note, name=f"{kind} log", daemon=True)
        self._watching = threading.Thread(
            target=self._watch, args=(read, note), name=f"{kind} watch", daemon=True
        )
        for thread in (read, note, self._watching):
            thread.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def send(self, message: Message) -> None:
        """Hand a message over.

        Raises:
            WorkerGone: the process has ended or is ending.
        """
        line = to_line(message).encode("ascii") + b"\n"
        try:
            with self._sending:
                pipe = _pipe(self._process.stdin)
                pipe.write(line)
                pipe.flush()
        except (OSError, ValueError) as problem:  # a broken pipe, or one that we have closed
            raise WorkerGone(str(problem)) from problem

    def kill(self) -> None:
        """End the process by force."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def close(self, seconds: float = 2.0) -> None:
        """Ask the process to end by closing its input; by force after `seconds`."""
        closing = threading.Thread(target=self._close_input, daemon=True)
        closing.start()  # in a thread: closing waits for whoever is writing just now
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.wait()
        if threading.current_thread() is not self._watching:
            self._watching.join(LAST_WORDS_SECONDS)

    def _close_input(self) -> None:
        with self._sending, contextlib.suppress(OSError):
            _pipe(self._process.stdin).close()

    def _read(self) -> None:
        for line in _pipe(self._process.stdout):
            try:
                message = json.loads(line)
            except ValueError:  # cut off by its death
                continue
            self._on_message(message)

    def _note(self) -> None:
        pipe = _pipe(self._process.stderr)
        with contextlib.suppress(OSError, ValueError):
            while chunk := os.read(pipe.fileno(), 65536):  # progress bars write no line ends
                self._log.write(chunk)

    def _watch(self, *readers: threading.Thread) -> None:
        """Wait for the end. A grandchild may hold the pipes open, so readers get a moment only."""
        code = self._process.wait()
        for reader, pipe in zip(readers, (self._process.stdout, self._process.stderr), strict=True):
            reader.join(LAST_WORDS_SECONDS)
            if not reader.is_alive():
                _pipe(pipe).close()
        self._close_input()
        self._on_exit(code)


def worker_environment(home: Path) -> dict[str, str]:
    """The environment of a worker: ours, with `tlcore` importable and memory kept for reuse."""
    environment = dict(os.environ)
    environment.pop("GRAFT_PASSPHRASE", None)
    paths = [str(ROOT), environment.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    environment["PYTHONUNBUFFERED"] = "1"
    environment["PYTHONIOENCODING"] = "utf-8:backslashreplace"
    environment["GRAFT_HOME"] = str(home)
    if sys.platform == "linux":
        # Big arrays come back from the system zeroed and page by page; keeping them is quicker.
        environment["MALLOC_MMAP_MAX_"] = "0"
        environment["MALLOC_TRIM_THRESHOLD_"] = "100000000000"
    return environment


def own_group() -> dict[str, Any]:
    """How to start a process that Ctrl+C in the server's terminal does not reach."""
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
        return {"creationflags": flags}
    return {"start_new_session": True}


def death_in_words(code: int) -> str:
    """What to tell a person about a process that ended by itself.

    Args:
        code: its exit code; on POSIX minus the signal, on Windows often an NTSTATUS.
    """
    if code in (-9, 137):
        return "The background process was ended by force, most often because memory ran out."
    if code & 0xFFFFFFFF in (0xC0000017, 0xC000012D):  # STATUS_NO_MEMORY, STATUS_COMMITMENT_LIMIT
        return "The background process ran out of memory."
    return f"The background process ended unexpectedly (exit code {code})."


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # we asked for all three
    return pipe
