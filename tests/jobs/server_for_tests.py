"""A server in a process of its own, to be killed: starts an engine and two runs, then waits."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tlcore.jobs.local import LocalEngine
from tlcore.workspace import Workspace


def main() -> None:
    workspace = Workspace.open(Path(sys.argv[1]))
    engine = LocalEngine(workspace, preload=())
    engine.start()
    project = workspace.projects.create("Ants")
    slow = {"to": 1000, "pause": 0.05}
    first = engine.submit(project.id, "tasks_for_tests:count", {}, slow)
    second = engine.submit(project.id, "tasks_for_tests:count", {}, {"to": 2})
    while not workspace.runs.events(first.id) or engine.status().requests != "ready":
        time.sleep(0.01)
    print(first.id, second.id, *engine.pids, flush=True)
    time.sleep(60)


if __name__ == "__main__":
    main()
