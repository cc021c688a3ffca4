"""What has been exported from a run, and how its check went: files beside it. No torch here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlcore.classifier.manifest import CLASSIFIER_FOLDER, MANIFEST_NAME
from tlcore.serving.export.agreement import Agreement
from tlcore.serving.formats.format import Format
from tlcore.workspace.files import read_json, write_json

FOLDER = "exports"


@dataclass(frozen=True)
class ExportedFile:
    """A file that passed its check; `bytes` is its size."""

    path: Path
    bytes: int
    agreement: Agreement


def export_path(run_folder: Path, export_format: Format) -> Path:
    """Where a run's export in a format goes."""
    return run_folder / FOLDER / export_format.file_name


def write_record(
    run_folder: Path, export_format: Format, result: dict[str, Any], classifier: str
) -> None:
    """Store the data of an export's `result` event beside its file.

    `classifier` is the `classifier_state` from before the export read the classifier.
    """
    write_json(_record_path(run_folder, export_format), {**result, "of": classifier})


def exported_file(run_folder: Path, export_format: Format) -> ExportedFile | None:
    """The export of the present classifier; None if there is none, or the classifier has changed.

    A new temperature or threshold is a change, since the file holds them.
    """
    try:
        record = read_json(_record_path(run_folder, export_format))
        path = export_path(run_folder, export_format)
        if record["of"] != classifier_state(run_folder) or path.stat().st_size != record["bytes"]:
            return None
        return ExportedFile(path, record["bytes"], Agreement.from_json(record["check"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _record_path(run_folder: Path, export_format: Format) -> Path:
    return run_folder / FOLDER / f"{export_format.key}.json"


def classifier_state(run_folder: Path) -> str:
    """What tells the classifier of a run from what it was and will be. Raises OSError."""
    return (run_folder / CLASSIFIER_FOLDER / MANIFEST_NAME).read_text(encoding="utf-8")
