"""Exporting and answering many at once, as tasks for the answers process. Imports torch."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tlcore.jobs.events import Event
from tlcore.serving.check_pictures import from_project
from tlcore.serving.exported import remember, target
from tlcore.serving.exporting import export
from tlcore.training.manifest import CLASSIFIER_FOLDER, read_manifest
from tlcore.training.stopping import Stop, Stopped
from tlcore.training.tasks import opened
from tlcore.workspace import Workspace


def export_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """Export a run's classifier into its folder: {"home", "run", "format"}.

    Checked with the test pictures of its project. Result as `export` gives it.
    """
    workspace = Workspace.open(Path(payload["home"]))
    try:
        run = workspace.runs.get(payload["run"])
        folder = workspace.runs.folder(run.id)
        labels = read_manifest(folder / CLASSIFIER_FOLDER).labels
        checked = from_project(workspace, run.project_id, labels)
    finally:
        workspace.close()
    out = target(folder, payload["format"])
    out.unlink(missing_ok=True)
    try:
        for event in export(folder / CLASSIFIER_FOLDER, payload["format"], out, checked, stop=stop):
            if event.kind == "result":
                remember(folder, payload["format"], event.data)
            yield event
    except Stopped:
        return


def answer_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """Answers for working copies that came together: {"classifier": folder, "copies": [base64]}.

    Result: {"rows": [[probability…]…]}, in their order, in one pass through the network.
    """
    classifier = opened.get(Path(payload["classifier"]))
    looked = [classifier.look_at_copy(base64.b64decode(copy)) for copy in payload["copies"]]
    rows = [list(row) for row in classifier.answer(looked).probabilities] if looked else []
    yield Event("result", {"rows": rows})
