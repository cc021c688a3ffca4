"""The program of a worker process: `python -m tlcore.jobs.worker --kind runs --preload a,b`.

JSON lines come in on standard input ({"id", "function", "payload"} or {"id", "stop": true}), events
go out on standard output ({"id", "kind", "data", "at"}, the last of a task has the kind "end").
Whatever else is printed goes to standard error. The process ends when its input closes, so none
outlives its server, however that died.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

import psutil

from tlcore.jobs.events import Event, to_line
from tlcore.jobs.tasks import run_task

THREADS = {"runs": 1, "requests": 4}
NICENESS = {"runs": 5, "requests": 2}


class Worker:
    """Reads requests in one thread and runs them in the main thread, or in four for answers."""

    def __init__(self, kind: str, requests: BinaryIO, replies: BinaryIO, log: str) -> None:
        self._kind = kind
        self._requests = requests
        self._replies = replies
        self._log = log
        self._writing = threading.Lock()
        self._waiting: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._stops: dict[str, threading.Event] = {}

    def serve(self, preload: Sequence[str]) -> None:
        """Import what will be needed, say "ready", then run requests until the input closes."""
        threading.Thread(target=self._listen, name="requests", daemon=True).start()
        problems = {module: words for module in preload if (words := _preload(module))}
        self._send("", Event("ready", {"pid": os.getpid(), "problems": problems}))
        if self._kind == "runs":
            while True:
                self._run(self._waiting.get())
        with ThreadPoolExecutor(THREADS[self._kind], "answer") as pool:
            while True:
                pool.submit(self._run, self._waiting.get())

    def _listen(self) -> None:
        """Take requests in; leave at once, whatever the tasks are doing, when there are no more."""
        for line in self._requests:
            request = json.loads(line)
            if request.get("stop"):
                if stop := self._stops.get(request["id"]):
                    stop.set()
                continue
            self._stops[request["id"]] = threading.Event()
            self._waiting.put(request)
        leave(0)

    def _run(self, request: dict[str, Any]) -> None:
        stop = self._stops[request["id"]]
        self._send(request["id"], Event("started"))
        for event in run_task(request["function"], request["payload"], stop.is_set, self._log):
            self._send(request["id"], event)
        self._send(request["id"], Event("end"))
        del self._stops[request["id"]]

    def _send(self, task: str, event: Event) -> None:
        try:
            line = to_line({"id": task, "kind": event.kind, "data": event.data, "at": event.at})
        except TypeError as problem:  # a mistake of the task: say so instead of dying of it
            traceback.print_exc()
            words = f"The task yielded something that cannot be sent ({problem})."
            data = {"message": words, "remedy": f"The details are in {self._log}."}
            line = to_line({"id": task, "kind": "error", "data": data, "at": event.at})
        try:
            with self._writing:
                self._replies.write(line.encode("ascii") + b"\n")
                self._replies.flush()
        except OSError:  # nobody reads any more
            leave(1)


def leave(code: int) -> None:
    """End the process now, also when a task is deep in a computation."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.flush()
    os._exit(code)


def take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The two pipes of the protocol, out of reach of libraries that read or print.

    Afterwards standard input is empty, and standard output is standard error.
    """
    requests, replies = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for the whole life
    sys.stdout = sys.stderr
    return os.fdopen(requests, "rb"), os.fdopen(replies, "wb")


def lower_priority(kind: str) -> None:
    """Let the rest of the computer go first, and answers go before runs."""
    process = psutil.Process()
    with contextlib.suppress(psutil.Error, OSError):
        if sys.platform == "win32":
            idle = kind == "runs"
            process.nice(psutil.IDLE_PRIORITY_CLASS if idle else psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            process.nice(min(19, process.nice() + NICENESS[kind]))
            _lower_group(process.nice())


def _lower_group(niceness: int) -> None:
    """Linux with autogroups weighs sessions, not processes; a worker is a session of its own."""
    group = Path("/proc/self/autogroup")
    if group.exists():
        group.write_text(str(niceness), encoding="ascii")


def _preload(module: str) -> str | None:
    """Import a module ahead of time; what went wrong, or None. The task will say it again."""
    try:
        importlib.import_module(module)
    except Exception as problem:  # noqa: BLE001 - a broken installation fails in any way it likes
        traceback.print_exc()
        return f"{type(problem).__name__}: {problem}"
    return None


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="tlcore.jobs.worker")
    parser.add_argument("--kind", choices=sorted(THREADS), required=True)
    parser.add_argument("--preload", default="")
    parser.add_argument("--log", default="the log")
    options = parser.parse_args()
    requests, replies = take_pipes()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the server, which closes the pipe
    lower_priority(options.kind)
    preload = [module for module in options.preload.split(",") if module]
    Worker(options.kind, requests, replies, options.log).serve(preload)


if __name__ == "__main__":
    main()
