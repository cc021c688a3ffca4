"""Kept check-ups: one JSON file for each question, and whether it still says how things are."""

from __future__ import annotations

from pathlib import Path

from tlcore.errors import WorkspaceError
from tlcore.quality.checkup.findings import CheckUp
from tlcore.quality.pictures import read_pictures
from tlcore.workspace import Workspace
from tlcore.workspace.files import read_json, write_json
from tlcore.workspace.paths import Layout


def picture_key(workspace: Workspace, project_id: str, question_id: int | None = None) -> str:
    """Names the state of a project's pictures and answers: a check-up with this key is fresh."""
    return read_pictures(workspace, project_id, question_id).key


def read_checkup(home: Path, project_id: str, question_id: int) -> CheckUp | None:
    """The last check-up of a question, fresh or not; None if there is none that can be read."""
    data = read_json(_path(home, project_id, question_id))
    try:
        return CheckUp.from_json(data) if data else None
    except (KeyError, TypeError, ValueError):  # another version wrote it
        return None


def keep_checkup(home: Path, project_id: str, question_id: int, checkup: CheckUp) -> None:
    """Keep a check-up in place of the last one. Raises WorkspaceError."""
    try:
        write_json(_path(home, project_id, question_id), checkup.to_json())
    except OSError as error:
        raise WorkspaceError(
            f"The check-up cannot be kept ({error.strerror or error}).",
            "Make room on the disk, then try again.",
        ) from error


def _path(home: Path, project_id: str, question_id: int) -> Path:
    return Layout(home).cache / "quality" / project_id / f"checkup-{question_id}.json"
