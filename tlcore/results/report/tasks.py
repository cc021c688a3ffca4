"""The report of a run, as a task: everything that was found about it, on one page to print."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tlcore.classifier.manifest import CLASSIFIER_FOLDER, read_manifest
from tlcore.errors import NotFound
from tlcore.jobs.events import Event, plain
from tlcore.jobs.stopping import Stop
from tlcore.results.report.report import Content, report_data, report_html, worst_mistakes
from tlcore.results.score.analysis_task import analysis_task
from tlcore.results.score.predictions import read_predictions
from tlcore.results.score.result_cache import (
    DETAILS_NAME,
    DETECTIVE_NAME,
    STRESS_NAME,
    details_key,
    read_result,
)
from tlcore.training.data.training_set import TrainingSet
from tlcore.training.fit.resuming.stored_run import read_pictures
from tlcore.workspace import Workspace

SPLIT_WORDS = {
    "test": "pictures that were kept for the test; it never saw them while it learned",
    "validation": "validation pictures, which also chose the best epoch: the score flatters",
}
IMPORT_WORDS = "pictures of the project; whether it learned from any elsewhere is not known"


def report_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """{"home", "project", "run", "name"} → {"html", "json"} as text.

    What was not derived yet is derived first; stress test and detective are in it where they ran.
    """
    for event in analysis_task(payload, stop):
        if event.kind != "result":
            yield event
    examples, folder = read_pictures(payload)
    details = read_result(folder, DETAILS_NAME, details_key(folder))
    if details is None:  # asked to stop
        return
    content = _content(payload, examples, folder, details)
    text = json.dumps(plain(report_data(content)), ensure_ascii=False, indent=1, allow_nan=False)
    yield Event("result", {"html": report_html(content), "json": text})


def _content(
    payload: dict[str, Any], examples: TrainingSet, folder: Path, details: dict[str, Any]
) -> Content:
    predictions = read_predictions(folder)
    evaluation = predictions.evaluation(predictions.judged)
    if evaluation is None:
        raise NotFound("This run has no scores.", "Let it run to the end, or train again.")
    workspace = Workspace.open(Path(payload["home"]))
    try:
        ids = [mistake.example for mistake in evaluation.mistakes[:20]]
        names = {example.id: example.source_name for example in workspace.examples.get_many(ids)}
        mistakes = worst_mistakes(evaluation, workspace.pictures, names)
        imported = workspace.runs.get(payload["run"]).imported
    finally:
        workspace.close()
    pictures_words = IMPORT_WORDS if imported else SPLIT_WORDS[predictions.judged]
    return Content(
        name=str(payload["name"]),
        scored_on=f"{evaluation.total} {pictures_words}",
        manifest=read_manifest(folder / CLASSIFIER_FOLDER),
        evaluation=evaluation,
        data=details,
        counts=_counts(examples),
        mistakes=mistakes,
        findings=_findings(folder),
    )


def _counts(examples: TrainingSet) -> list[dict[str, Any]]:
    """Pictures per label and split, as they were when the run began."""
    counted = Counter((example.target, example.split.value) for example in examples.examples)
    return [
        {"label": label} | {split: counted[number, split] for split in examples.counts}
        for number, label in enumerate(examples.labels)
    ]


def _findings(folder: Path) -> Sequence[str]:
    key = details_key(folder)
    kept = [read_result(folder, name, key) for name in (DETECTIVE_NAME, STRESS_NAME)]
    return [str(result["words"]) for result in kept if result is not None]
