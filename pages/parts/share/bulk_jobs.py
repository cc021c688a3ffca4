"""Asking about a whole folder in the background: it goes on while the visitor is elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pages.parts.frame.services import services
from pages.parts.run.choice import ChosenRun
from tlcore.errors import EngineError, WorkspaceError
from tlcore.jobs.background import Work, stored_work
from tlcore.workspace.files import read_json, write_json

TASK = "tlcore.serving.tasks:bulk_task"
REQUEST = "asked.json"  # the payload of the last job
ENDED = "ended.json"  # its payload and report, beside the table


def job_of(chosen: ChosenRun) -> Work | None:
    """The last job for this classifier, also one from before the server was started; else None."""
    return services().background.find(_key(chosen)) or _ended(chosen)


def _ended(chosen: ChosenRun) -> Work | None:
    """A job that came to its end before the server was started, if its table is there."""
    work = stored_work(_folder(chosen) / ENDED)
    if work is None or work.report is None:
        return None
    return work if Path(str(work.report.get("path"))).is_file() else None


def start(chosen: ChosenRun, folder: Path, kind: str, sort_to: Path | None) -> Work:
    """Ask about `folder` into a table of `kind` (csv, parquet). Raises GraftError."""
    place = _folder(chosen)
    payload = {
        "classifier": str(chosen.folder),
        "folder": str(folder),
        "out": str(place / f"answers.{kind}"),
        "sort_to": str(sort_to) if sort_to else None,
    }
    _refuse_a_second(chosen)
    try:
        write_json(place / REQUEST, payload)
    except OSError as error:
        raise WorkspaceError(
            f"The folder cannot be asked about ({error.strerror or error}).",
            "Make room on the disk, then try again.",
        ) from error
    return _begin(chosen, payload)


def go_on(chosen: ChosenRun) -> Work:
    """Go on where the last one broke off. Raises GraftError."""
    payload = interrupted(chosen)
    if payload is None:
        raise EngineError("There is nothing to go on with.", "Start anew.")
    _refuse_a_second(chosen)
    return _begin(chosen, payload)


def forget_answers(chosen: ChosenRun) -> None:
    """Throw away the answers of a job that did not come to its end."""
    for journal in _folder(chosen).glob("*.journal"):
        journal.unlink(missing_ok=True)


def interrupted(chosen: ChosenRun) -> dict[str, Any] | None:
    """The payload of a job that did not come to its end; None if there is none."""
    payload = read_json(_folder(chosen) / REQUEST)
    if not isinstance(payload.get("out"), str):
        return None
    return payload if Path(payload["out"] + ".journal").is_file() else None


def _refuse_a_second(chosen: ChosenRun) -> None:
    job = services().background.find(_key(chosen))
    if job is not None and not job.over:
        raise EngineError("A folder is being asked about already.", "Wait, or stop it first.")


def _begin(chosen: ChosenRun, payload: dict[str, Any]) -> Work:
    store = _folder(chosen) / ENDED
    store.unlink(missing_ok=True)
    services().background.forget(_key(chosen))
    return services().background.start(_key(chosen), TASK, payload, store=store)


def _key(chosen: ChosenRun) -> str:
    return f"bulk {chosen.run.id}"


def _folder(chosen: ChosenRun) -> Path:
    return chosen.folder.parent / "bulk"
