"""The report: one page to print with its figures in it, and the same as JSON beside it.

Its sections are those of a model card (Mitchell et al. 2019, “Model Cards for Model Reporting”,
arXiv 1810.03993). For workers and command line: drawing imports matplotlib. No torch here.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from tlcore import __version__
from tlcore.backbones.catalog.curated import full_title
from tlcore.classifier.manifest import Manifest
from tlcore.jobs.events import plain
from tlcore.results.figures.figures import percent
from tlcore.results.report.drawings import confusion_svg, coverage_svg, reliability_svg
from tlcore.results.score.evaluate import Evaluation
from tlcore.results.score.intervals import score_words
from tlcore.results.score.predictions import Predictions
from tlcore.workspace.files import write_text
from tlcore.workspace.pictures import Pictures

HERE = Path(__file__).parent
MISTAKES = 12
LIMITS = (
    "It always answers with one of its labels, also for a picture of something else.",
    "The score holds for pictures like those it was scored on: other cameras, places or light may "
    "give a lower one.",
    "Nothing that hurts people should be decided by it alone.",
)


@dataclass(frozen=True)
class Mistake:
    """One wrong answer with its picture as a data address."""

    source: str
    name: str
    truth: str
    predicted: str
    sureness: float


@dataclass(frozen=True)
class Content:
    """What a report says. `data` has the fields of `details`; `counts` pictures by label and split.

    `findings` are further sentences: of the stress test, of the shortcut detective.
    """

    name: str
    scored_on: str
    manifest: Manifest
    evaluation: Evaluation
    data: Mapping[str, Any]
    counts: Sequence[Mapping[str, Any]] = ()
    mistakes: Sequence[Mistake] = ()
    findings: Sequence[str] = ()
    made: str = field(default_factory=lambda: datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"))

    @classmethod
    def of_folder(
        cls,
        manifest: Manifest,
        predictions: Predictions,
        data: Mapping[str, Any],
        pictures: Pictures,
        name: str,
    ) -> Content:
        """The report of a classifier on a folder, from what `folder_data` gave."""
        evaluation = predictions.evaluation("test")
        if evaluation is None:
            raise ValueError("nothing was scored")
        alike = dict(data)
        alike["labels"] = [{"label": label, **figures} for label, figures in data["labels"].items()]
        alike["baselines"] = [
            {"name": key, **figures} for key, figures in data["baselines"].items()
        ]
        return cls(
            name=name,
            scored_on=f"the {evaluation.total} labelled pictures of “{name}”",
            manifest=manifest,
            evaluation=evaluation,
            data=alike,
            counts=[
                {"label": score.label, "scored": score.pictures} for score in evaluation.per_label
            ],
            mistakes=worst_mistakes(evaluation, pictures, {}),
        )


def worst_mistakes(
    evaluation: Evaluation, pictures: Pictures, names: Mapping[int, str]
) -> list[Mistake]:
    """The surest mistakes with their thumbnails; a picture whose file is gone is left out."""
    shown = []
    for prediction in evaluation.mistakes[:MISTAKES]:
        try:
            data = pictures.thumbnail(prediction.picture).read_bytes()
        except OSError:
            continue
        shown.append(
            Mistake(
                f"data:{_kind(data)};base64,{base64.b64encode(data).decode('ascii')}",
                names.get(prediction.example, "a picture"),
                evaluation.labels[prediction.target],
                evaluation.labels[prediction.predicted],
                prediction.sureness,
            )
        )
    return shown


def report_data(content: Content) -> dict[str, Any]:
    """The report as plain data, with the fields of a model card."""
    backbone = content.manifest.backbone
    return {
        "report": "graft",
        "version": __version__,
        "made": content.made,
        "model_details": _model_details(content.manifest),
        "intended_use": _intended(content),
        "factors": "Scored label by label; nothing is known about who or what else is pictured.",
        "metrics": _metrics(content),
        "evaluation_data": {"scored_on": content.scored_on, "counts": list(content.counts)},
        "training_data": {
            "examples": dict(content.manifest.examples),
            "pretrained_on": backbone.trained_on,
            "licence_of_pretrained_weights": backbone.licence,
        },
        "quantitative_analyses": _analyses(content),
        "ethical_considerations": LIMITS[2],
        "caveats": list(LIMITS[:2]),
    }


def _model_details(manifest: Manifest) -> dict[str, Any]:
    return {
        "labels": list(manifest.labels),
        "created": manifest.created,
        "backbone": manifest.backbone.model_dump(mode="json"),
        "head": manifest.head.model_dump(mode="json"),
        "settings": dict(manifest.recipe),
        "preprocessing": dict(manifest.preprocessing),
        "temperature": manifest.temperature,
        "threshold": manifest.threshold,
        "versions": dict(manifest.versions),
    }


def _metrics(content: Content) -> dict[str, Any]:
    names = ("right", "total", "interval", "too_small", "baselines")
    figures = {name: content.data[name] for name in names}
    return {**figures, "accuracy": content.evaluation.accuracy, "words": _words(content)}


def _analyses(content: Content) -> dict[str, Any]:
    return {
        "labels": content.data["labels"],
        "confusion": [list(row) for row in content.evaluation.confusion],
        "calibration": content.data["calibration"],
        "worst_mistakes": [
            {
                "name": mistake.name,
                "truth": mistake.truth,
                "said": mistake.predicted,
                "sureness": mistake.sureness,
            }
            for mistake in content.mistakes
        ],
        "findings": list(content.findings),
    }


def report_html(content: Content) -> str:
    """The page: no script, nothing from elsewhere, every text of a user's escaped."""
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["percent"] = lambda share: "–" if share is None else percent(share)
    calibration = content.data["calibration"]
    drawings = {
        "confusion": Markup(confusion_svg(content.evaluation.confusion, content.manifest.labels)),
        "reliability": Markup(reliability_svg(calibration["bins_before"], calibration["bins"])),
        "coverage": Markup(coverage_svg(calibration["coverage"], content.manifest.threshold)),
    }
    return environment.get_template("report.html").render(
        content=content,
        data=report_data(content),
        drawings=drawings,
        words=_words(content),
        backbone=full_title(content.manifest.backbone.name),
    )


def write_report(path: Path, content: Content) -> None:
    """Write the page to `path`, and the data beside it with the ending .json. Raises OSError."""
    write_text(path, report_html(content))
    text = json.dumps(plain(report_data(content)), ensure_ascii=False, indent=1, allow_nan=False)
    write_text(path.with_suffix(".json"), text + "\n")


def _words(content: Content) -> str:
    return score_words(content.evaluation.right, content.evaluation.total) + "."


def _intended(content: Content) -> str:
    labels = ", ".join(f"“{label}”" for label in content.manifest.labels[:20])
    return f"Telling apart {labels} in pictures like those it was trained and scored on."


def _kind(data: bytes) -> str:
    if data.startswith(b"\x89PNG"):
        return "image/png"
    return "image/webp" if data[8:12] == b"WEBP" else "image/jpeg"
