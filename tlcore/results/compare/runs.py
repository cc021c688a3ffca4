"""Runs side by side: of their settings only those that differ, and how each run did."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tlcore.backbones.catalog.curated import full_title
from tlcore.errors import RecipeRefused
from tlcore.training.fit.reporting.events import Finished
from tlcore.training.recipe.numbers import plain_number
from tlcore.training.recipe.race import lane_of
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace.records import Run, RunState

NONE = "–"
LEARNING = {
    "head": "the new head",
    "last": "head and last stage",
    "upper": "head and upper stages",
    "all": "everything",
}
UNFREEZING = {"at_once": "all at once", "gradual": "one after the other"}
NAMES = {"adamw": "AdamW", "sgd": "SGD", "cosine": "falls slowly", "constant": "stays"}
# Settings in the order in which a page asks for them. The preset is left out: it is only a name
# for other settings; and so is the seed, which says nothing about what was tried.
TITLES: dict[str, str] = {
    "backbone": "Backbone",
    "pretrained": "Begins with what the backbone knows",
    "learning": "What learns",
    "unfreezing": "Stages join",
    "epochs": "Epochs at most",
    "head_epochs": "Epochs of the head alone",
    "head": "Kind of head",
    "hidden": "Hidden layers",
    "dropout": "Dropout",
    "head_rate": "Learning rate of the head",
    "backbone_rate": "Learning rate of the last stage",
    "layer_decay": "Rate of each lower stage",
    "optimizer": "Optimiser",
    "schedule": "Learning rate over time",
    "warm_up": "Warm-up",
    "batch_size": "Batch size",
    "weight_decay": "Weight decay",
    "label_smoothing": "Label smoothing",
    "label_weights": "Rare labels count more",
    "moving_statistics": "BatchNorm statistics",
    "patience": "Stops early after",
    "average": "Mean of the epochs",
    "flips": "Mirrored",
    "flips_vertical": "Upside down",
    "turn": "Turned",
    "crops": "Cropped",
    "brightness": "Brightness",
    "contrast": "Contrast",
    "colour": "Colour",
    "erasing": "Parts erased",
    "mixup": "Mixup",
    "cutmix": "CutMix",
    "views": "Views of each picture",
}
YES_NO = ("pretrained", "label_weights", "flips", "flips_vertical", "crops", "average")


@dataclass(frozen=True)
class Row:
    """One line of the table: what it is about, and its value for every run."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class RunTable:
    """Runs side by side: `runs` heads the columns; settings that differ; scores and times."""

    runs: tuple[str, ...]
    settings: tuple[Row, ...]
    outcomes: tuple[Row, ...]


def compare(runs: Sequence[Run], known: Sequence[Run] = ()) -> RunTable:
    """Runs side by side, in the order given; `known` ones give a name to what a run began with."""
    return RunTable(
        tuple(column_title(run) for run in runs),
        tuple(set_differently(runs, known)),
        tuple(row for row in _outcomes(runs) if any(value != NONE for value in row.values)),
    )


def column_title(run: Run) -> str:
    """“Run 3”, or “Run 3 · From scratch” in a race."""
    lane = lane_of(run.payload)
    return f"Run {run.number} · {lane}" if lane else f"Run {run.number}"


def set_differently(runs: Sequence[Run], known: Sequence[Run] = ()) -> list[Row]:
    """What runs began with, where that differs, and a row for every setting that does."""
    begun = [_begun_with(run, [*runs, *known]) for run in runs]
    first = [Row("Goes on from", tuple(begun))] if len(set(begun)) > 1 else []
    return [*first, *differences([run.recipe for run in runs])]


def _begun_with(run: Run, known: Sequence[Run]) -> str:
    start = run.payload.get("start")
    if not start:
        return NONE
    return next(
        (f"run {run_before.number}" for run_before in known if run_before.id == start),
        "an earlier run",
    )


def differences(recipes: Sequence[Mapping[str, Any]]) -> list[Row]:
    """A row for every setting in which the recipes differ, in words.

    A recipe of an earlier version is read as one; of an unreadable one only what it says counts.
    """
    full = [_completed(recipe) for recipe in recipes]
    rows = []
    for name, title in TITLES.items():
        values = [recipe.get(name) for recipe in full]
        if any(value != values[0] for value in values[1:]):
            rows.append(Row(title, tuple(setting_words(name, value) for value in values)))
    return rows


def setting_words(name: str, value: Any) -> str:
    """The value of one setting of a recipe, for people."""
    if value is None and name != "moving_statistics":
        return NONE
    return _WORDS.get(name, _plain)(value)


def _completed(recipe: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return Recipe.read(recipe).to_json()
    except RecipeRefused:
        return dict(recipe)


def _plain(value: Any) -> str:
    """Numbers without powers of ten, other things as they are."""
    if isinstance(value, float):
        return plain_number(value)
    return str(value)


def _learning(value: Any) -> str:
    if isinstance(value, str):
        return LEARNING.get(value, value.replace("from:", "from stage "))
    numbers = [str(number) for number, learns in enumerate(value, start=1) if learns]
    if not numbers:
        return LEARNING["head"]
    return f"head and {'stage' if len(numbers) == 1 else 'stages'} {', '.join(numbers)}"


def _percent(value: Any) -> str:
    return f"{100 * float(value):.0f} %"


def _statistics(value: Any) -> str:
    return {None: "chosen by batch size", True: "move along"}.get(value, "kept fixed")


def _strength(value: Any) -> str:
    return f"up to {_percent(value)}" if value else "no"


def _off_or(value: Any) -> str:
    return _plain(value) if value else "no"


_WORDS: dict[str, Callable[[Any], str]] = {
    "backbone": lambda value: full_title(str(value)),
    "learning": _learning,
    "unfreezing": lambda value: UNFREEZING.get(value, str(value)),
    "hidden": lambda value: " and ".join(str(width) for width in value) or "none",
    "layer_decay": lambda value: "the same" if value == 1 else f"{_plain(value)} times the next",
    "optimizer": lambda value: NAMES.get(value, str(value)),
    "schedule": lambda value: NAMES.get(value, str(value)),
    "warm_up": _percent,
    "moving_statistics": _statistics,
    "patience": lambda value: f"{value} epochs" if value else "never",
    "turn": lambda value: f"up to {_plain(float(value))}°" if value else "no",
    "erasing": lambda value: f"{_percent(value)} of pictures" if value else "no",
    "mixup": _off_or,
    "cutmix": _off_or,
    **dict.fromkeys(("brightness", "contrast", "colour"), _strength),
    **dict.fromkeys(YES_NO, lambda value: "yes" if value else "no"),
}


def _outcomes(runs: Sequence[Run]) -> list[Row]:
    ends = [Finished.read(run.summary) for run in runs]

    def row(title: str, values: Iterable[float | None], words: Callable[[float], str]) -> Row:
        return Row(title, tuple(NONE if value is None else words(value) for value in values))

    return [
        row("Right on test", (end.test_accuracy for end in ends), _percent),
        row("Right on validation", (end.validation_accuracy for end in ends), _percent),
        Row("Kept", tuple(end.kept or NONE for end in ends)),
        row(
            "Numbers that learn",
            (end.trainable_parameters for end in ends),
            lambda value: f"{int(value):,}",
        ),
        Row("Time", tuple(_time(run) for run in runs)),
    ]


def reported_seconds(run: Run) -> float | None:
    """Seconds that a run says it worked, those before a rest included; None if it said nothing."""
    return Finished.read(run.summary).seconds.get("total")


def seconds_of(run: Run) -> float | None:
    """Seconds that a run which rests or is over has worked, its rests left out.

    None for one that waits or goes, and for a classifier from elsewhere, which learned there.
    """
    if run.state in (RunState.QUEUED, RunState.RUNNING):
        return None
    if (seconds := reported_seconds(run)) is not None:
        return seconds
    if run.started is None or run.finished is None or run.imported:
        return None
    return max(0.0, (run.finished - run.started).total_seconds())


def learning_seconds_of(run: Run) -> float | None:
    """Those of them in which it learned: without the first look at pictures, which is kept.

    Of several runs on the same pictures only the first has to look, so this compares them fairly.
    """
    return Finished.read(run.summary).seconds.get("train") if run.state.over else None


def _time(run: Run) -> str:
    seconds = seconds_of(run)
    if seconds is None:
        return NONE
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"
