"""What has been exported from a run, and how its check went: files beside it. No torch here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlcore.classifier.manifest import CLASSIFIER_FOLDER, MANIFEST_NAME
from tlcore.serving.export.agreement import Check
from tlcore.serving.formats.registry import BY_KEY
from tlcore.workspace.files import read_json, write_json

FOLDER = "exports"


@dataclass(frozen=True)
class Exported:
    """A file that passed its check; `bytes` is its size."""

    path: Path
    bytes: int
    check: Check


def target(run_folder: Path, kind: str) -> Path:
    """Where the export of a format goes; `kind` is one of the formats."""
    return run_folder / FOLDER / f"{BY_KEY[kind].key}{BY_KEY[kind].suffix}"


def remember(run_folder: Path, kind: str, result: dict[str, Any], of: str) -> None:
    """Keep the data of an export's `result`; `of` is `classifier_now` from before it was read."""
    note = {**result, "of": of}
    write_json(_note(run_folder, kind), note)


def find(run_folder: Path, kind: str) -> Exported | None:
    """The export of the present classifier; None if there is none, or the classifier has changed.

    A new temperature or threshold is a change, since the file holds them.
    """
    try:
        note = read_json(_note(run_folder, kind))
        path = target(run_folder, kind)
        if note["of"] != classifier_now(run_folder) or path.stat().st_size != note["bytes"]:
            return None
        return Exported(path, note["bytes"], Check.from_json(note["check"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _note(run_folder: Path, kind: str) -> Path:
    return run_folder / FOLDER / f"{BY_KEY[kind].key}.json"


def classifier_now(run_folder: Path) -> str:
    """What tells the classifier of a run from what it was and will be. Raises OSError."""
    return (run_folder / CLASSIFIER_FOLDER / MANIFEST_NAME).read_text(encoding="utf-8")
