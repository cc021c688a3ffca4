"""Exporting and predicting many at once, as tasks for the request worker. Imports torch."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tlcore.classifier.classifier import Classifier
from tlcore.classifier.manifest import CLASSIFIER_FOLDER, read_manifest
from tlcore.classifier.open_classifiers import open_classifiers
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop, Stopped
from tlcore.serving.bulk import predict_folder
from tlcore.serving.export.check_set import from_project
from tlcore.serving.export.exported_file import classifier_state, export_path, write_record
from tlcore.serving.formats.registry import format_of
from tlcore.workspace import Workspace


def export_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """Export a run's classifier into its folder: {"home", "run", "format"}.

    Checked with the test pictures of its project. Result as `export` gives it; none if stopped.
    """
    from tlcore.serving.export.pipeline import export  # brings onnx, which predicting does not need

    export_format = format_of(payload["format"])
    workspace = Workspace.open(Path(payload["home"]))
    try:
        run = workspace.runs.get(payload["run"])
        folder = workspace.runs.folder(run.id)
        labels = read_manifest(folder / CLASSIFIER_FOLDER).labels
        check_set = from_project(workspace, run.project_id, labels)
    finally:
        workspace.close()
    before = classifier_state(folder)  # a threshold that is kept meanwhile is not in the file
    out = export_path(folder, export_format)
    out.unlink(missing_ok=True)
    try:
        for event in export(folder / CLASSIFIER_FOLDER, export_format, out, check_set, stop=stop):
            if event.kind == "result":
                write_record(folder, export_format, event.data, before)
            yield event
    except Stopped:
        return


def bulk_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """Predict for a folder: {"classifier", "folder", "out", "sort_to": folder or None}.

    Result as `predict_folder` gives it; none if it was stopped.
    """
    sort_to = payload.get("sort_to")
    yield from predict_folder(
        open_classifiers.get(Path(payload["classifier"])),
        Path(payload["folder"]),
        Path(payload["out"]),
        sort_to=Path(sort_to) if sort_to else None,
        stop=stop,
    )


def check_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """Open a classifier folder that came from elsewhere: {"classifier"}. Result: {"labels"}.

    Raises ClassifierInvalid for whatever is not sound in it.
    """
    yield Event("result", {"labels": list(Classifier.load(Path(payload["classifier"])).labels)})


def predict_copies_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """Predict for working copies that came together: {"classifier": folder, "copies": [base64]}.

    Result: {"rows": [[probability…]…]}, in their order, in one pass through the network.
    """
    classifier = open_classifiers.get(Path(payload["classifier"]))
    prepared = [classifier.prepare_copy(base64.b64decode(copy)) for copy in payload["copies"]]
    rows = [list(row) for row in classifier.classify(prepared).probabilities] if prepared else []
    yield Event("result", {"rows": rows})
