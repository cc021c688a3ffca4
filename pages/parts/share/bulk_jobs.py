"""Asking about a whole folder in the background: it goes on while the visitor is elsewhere."""

from __future__ import annotations

import contextlib
import json
import logging
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts.frame.services import services
from pages.parts.run.choice import ChosenRun
from tlcore.errors import EngineError, GraftError

TASK = "tlcore.serving.tasks:bulk_task"
ENDED = "ended.json"  # beside the table


@dataclass
class BulkJob:
    """One folder that is being asked about; its thread writes, pages read."""

    payload: dict[str, Any]
    doing: str = "Waking the engine"
    done: int = 0
    total: int = 0
    result: dict[str, Any] | None = None
    error: GraftError | None = None
    over: bool = False
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Read the task to its end, or leave it when somebody asked to stop."""
        try:
            with contextlib.closing(services().engine.stream(TASK, self.payload)) as events:
                for event in events:
                    if event.kind == "progress":
                        self.doing = event.data["doing"]
                        self.done, self.total = event.data["done"], event.data["total"]
                    elif event.kind == "result":
                        self.result = event.data
                        self._remember()
                    if self.stopping.is_set():
                        break
        except GraftError as error:
            self.error = error
        except Exception:  # a thread has no caller: what is not told here is told nowhere
            logging.getLogger("graft").exception("a folder could not be asked about")
            self.error = EngineError("The work broke off.", "Start it again: it goes on from here.")
        finally:
            self.over = True

    def _remember(self) -> None:
        """Keep how it ended, so that its table is still offered after a restart of the server."""
        note = {"payload": self.payload, "result": self.result}
        with contextlib.suppress(OSError):
            place = Path(self.payload["out"]).parent / ENDED
            place.write_text(json.dumps(note), encoding="utf-8")


@st.cache_resource(show_spinner=False)
def _jobs() -> dict[str, BulkJob]:
    """The last job of each run since the server started."""
    return {}


def job_of(chosen: ChosenRun) -> BulkJob | None:
    """The last job for this classifier; None if there was none."""
    return _jobs().get(chosen.run.id) or _ended(chosen)


def _ended(chosen: ChosenRun) -> BulkJob | None:
    """A job that came to its end before the server was started, if its table is there."""
    try:
        note = json.loads((_place(chosen) / ENDED).read_text(encoding="utf-8"))
        there = Path(note["result"]["path"]).is_file()
        return BulkJob(note["payload"], result=note["result"], over=True) if there else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def start(chosen: ChosenRun, folder: Path, kind: str, sort_to: Path | None) -> BulkJob:
    """Ask about `folder` into a table of `kind` (csv, parquet). Raises GraftError."""
    place = _place(chosen)
    place.mkdir(parents=True, exist_ok=True)
    payload = {
        "classifier": str(chosen.folder),
        "folder": str(folder),
        "out": str(place / f"answers.{kind}"),
        "sort_to": str(sort_to) if sort_to else None,
    }
    (place / "asked.json").write_text(json.dumps(payload), encoding="utf-8")
    return _go(chosen, payload)


def go_on(chosen: ChosenRun) -> BulkJob:
    """Go on where the last one broke off. Raises GraftError."""
    asked = interrupted(chosen)
    if asked is None:
        raise EngineError("There is nothing to go on with.", "Start anew.")
    return _go(chosen, asked)


def forget_answers(chosen: ChosenRun) -> None:
    """Throw away the answers of a job that did not come to its end."""
    for journal in _place(chosen).glob("*.journal"):
        journal.unlink(missing_ok=True)


def interrupted(chosen: ChosenRun) -> dict[str, Any] | None:
    """What was asked of a job that did not come to its end; None if there is none."""
    try:
        asked: dict[str, Any] = json.loads(
            (_place(chosen) / "asked.json").read_text(encoding="utf-8")
        )
        journal = Path(asked["out"] + ".journal")
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return asked if journal.is_file() else None


def _go(chosen: ChosenRun, payload: dict[str, Any]) -> BulkJob:
    running = job_of(chosen)
    if running is not None and not running.over:
        raise EngineError("A folder is being asked about already.", "Wait, or stop it first.")
    (_place(chosen) / ENDED).unlink(missing_ok=True)
    job = _jobs()[chosen.run.id] = BulkJob(payload)
    threading.Thread(target=job.run, name="bulk", daemon=True).start()
    return job


def _place(chosen: ChosenRun) -> Path:
    return chosen.folder.parent / "bulk"
