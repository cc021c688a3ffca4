"""`train`: from a folder of pictures to a classifier folder, in one go."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tlcore.commands.score_lines import SplitScore
from tlcore.commands.temporary_workspace import temporary_workspace
from tlcore.commands.terminal import Progress, plain, print_json
from tlcore.errors import GraftError
from tlcore.images.intake.folders import FolderRead, read_folder
from tlcore.images.intake.report import IngestReport
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop
from tlcore.training.data.augmentation_questions import with_views
from tlcore.training.fit.reporting.events import EpochDone, Finished, Note, PhaseBegan, StepsDone
from tlcore.training.inputs.start import TrainingStart
from tlcore.training.recipe.presets import preset
from tlcore.training.recipe.recipe import LEARNING_WORDS, Recipe
from tlcore.training.recipe.strategies import apply_strategy
from tlcore.workspace import Workspace
from tlcore.workspace.paths import find_home

JSON_FIELDS = (
    "val_accuracy", "test_accuracy", "examples", "refused", "epochs", "trainable_parameters",
    "frozen_parameters", "precision", "seconds", "classifier", "scores", "understood", "import",
)  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Train; with --json the last line of standard output is one object."""
    began = time.perf_counter()
    progress = Progress()
    _check_out(arguments.out)
    # The pictures' copies live only as long as the command; kept features stay in Graft's home.
    with temporary_workspace() as workspace:
        read = read_folder(
            arguments.folder,
            workspace=workspace,
            level=arguments.label_level,
            on_understood=lambda understanding: progress.note(plain(understanding.words)),
            on_progress=lambda done, total: progress.bar("Reading", done, total or done),
        )
        _print_report(progress, read.report)
        prepared = time.perf_counter() - began
        summary = _train(arguments, workspace, read.project.id, progress)
    progress.clear()
    _finish(arguments, summary, read, prepared, time.perf_counter() - began)
    return 0


def _train(
    arguments: argparse.Namespace, workspace: Workspace, project_id: str, progress: Progress
) -> Finished:
    """Run the training and show its events. Returns how it ended."""
    progress.bar("Starting PyTorch", 0, 1)
    from tlcore.results.score.scoring import train_and_score
    from tlcore.training.data.training_set import from_workspace

    examples = from_workspace(workspace, project_id)
    recipe = recipe_of(arguments, examples.counts["train"])
    with _interruptible() as stop:
        events = train_and_score(
            recipe,
            examples,
            folder=arguments.out,
            home=find_home(),
            stop=stop,
            start=TrainingStart(classifier=arguments.start),
        )
        watched = examples.counts["validation"]
        finished = _show(events, progress, watched, quiet=arguments.json)
    if not finished.classifier:
        raise GraftError(
            "Stopped before anything was learned: there is no classifier.", "Start it again."
        )
    return finished


def recipe_of(arguments: argparse.Namespace, pictures: int) -> Recipe:
    """The preset with the changes that the command line names. Raises RecipeRefused."""
    recipe = preset(arguments.preset, arguments.backbone, pictures)
    changes: dict[str, Any] = {"seed": arguments.seed}
    if arguments.epochs is not None:
        changes["epochs"] = arguments.epochs
    if arguments.strategy is not None:
        recipe = recipe.with_changes(**changes)
        recipe = apply_strategy(
            arguments.strategy, recipe, _stage_names(arguments.backbone), pictures
        )
    if arguments.learn is not None:
        known = arguments.learn in LEARNING_WORDS or arguments.learn.startswith("from:")
        changes["learning"] = arguments.learn if known else f"from:{arguments.learn}"
    if arguments.set:
        changes |= {"preset": "custom", **dict(arguments.set)}
    return with_views(recipe, recipe.with_changes(**changes), chosen="views" in changes)


def setting(text: str) -> tuple[str, Any]:
    """NAME=VALUE of the command line as a setting of a recipe; a list is written 64,32.

    Raises ArgumentTypeError: no such setting.
    """
    name, equals, value = text.partition("=")
    name = name.strip().replace("-", "_")
    if not equals or name not in Recipe.model_fields:
        names = ", ".join(Recipe.model_fields)
        raise argparse.ArgumentTypeError(f"use NAME=VALUE with one of: {names}")
    if name == "hidden":
        return name, [part for part in value.split(",") if part.strip()]
    return name, None if value == "auto" else value


def _stage_names(backbone: str) -> list[str]:
    from tlcore.backbones.cut.stages import stages
    from tlcore.backbones.outline import outline
    from tlcore.backbones.sources.registry import find

    record = find(backbone)
    return [stage.name for stage in stages(outline(record.timm_name, record.note))]


def _show(events: Iterable[Event], progress: Progress, watched: int, *, quiet: bool) -> Finished:
    """Show what happens; `watched` is the number of validation pictures."""
    finished = Finished()
    for event in events:
        data = event.data
        if event.kind == "progress":
            progress.bar(data["doing"], data["done"], data["total"])
        elif event.kind == StepsDone.kind:
            steps = StepsDone.read(data)
            progress.bar(f"Training, loss {steps.loss:.3f}", steps.epoch - 1, steps.epochs)
        elif event.kind == Note.kind:
            progress.note(plain(Note.read(data).words))
        elif event.kind == PhaseBegan.kind and not quiet:
            progress.note(plain(PhaseBegan.read(data).words) + ".")
        elif event.kind == EpochDone.kind and not quiet:
            progress.clear()
            print(epoch_words(EpochDone.read(data), watched), flush=True)
        elif event.kind == Finished.kind:
            finished = Finished.read(data)
    return finished


def epoch_words(epoch: EpochDone, watched: int) -> str:
    """One line about an epoch, after which so many validation pictures were looked at."""
    words = f"epoch {epoch.epoch:>3}  loss {epoch.train_loss:.3f}"
    if epoch.validation_loss is not None and epoch.validation_accuracy is not None:
        words += f"  validation loss {epoch.validation_loss:.3f}"
        if score := SplitScore.of(epoch.validation_accuracy, watched):
            words += f"  right {score.right} of {score.total}"
    return words + ("  *" if epoch.best else "")


def _check_out(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise GraftError(f"“{out}” is a file, not a folder.", "Give another folder after --out.")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GraftError(
            f"The folder “{out}” cannot be made ({error.strerror or error}).",
            "Give a folder that you may write to after --out.",
        ) from error


def _print_report(progress: Progress, report: IngestReport) -> None:
    progress.note(f"{report.accepted} pictures came in, {len(report.refused)} were refused.")
    for refusal in report.refused[:20]:
        progress.note(f"  {plain(refusal.name)}: {refusal.reason}")
    if len(report.refused) > 20:
        progress.note(f"  and {len(report.refused) - 20} more")
    for words in (report.warnings, *report.notes):
        if words:
            progress.note(plain(words))


def _finish(
    arguments: argparse.Namespace,
    ended: Finished,
    read: FolderRead,
    prepared: float,
    total: float,
) -> None:
    seconds = dict(ended.seconds)
    seconds["prepare"] = round(seconds["prepare"] + prepared, 3)
    seconds["total"] = round(total, 3)
    accuracies = {"validation": ended.validation_accuracy, "test": ended.test_accuracy}
    scores = {
        split: score
        for split, accuracy in accuracies.items()
        if (score := SplitScore.of(accuracy, ended.examples.get(split, 0))) is not None
    }
    refused = read.report.refused
    content = {
        **ended.to_event().data,
        "val_accuracy": ended.validation_accuracy,  # the name that scripts know
        "refused": [{"file": picture.name, "reason": picture.reason} for picture in refused],
        "seconds": seconds,
        "classifier": str(arguments.out),
        "scores": {split: score.to_data() for split, score in scores.items()},
        "understood": read.understanding.to_data(),
        "import": read.report.to_data(),
    }
    if arguments.json:
        print_json({field: content[field] for field in JSON_FIELDS})
        return
    for split, score in scores.items():
        print(f"{split} pictures: {score.words}")
    print(f"classifier: {plain(str(arguments.out))} ({total:.1f} s)")


@contextmanager
def _interruptible() -> Iterator[Stop]:
    """Ctrl-C once: finish politely and keep the best so far. Twice: stop at once."""
    interruptions: list[int] = []

    def on_interrupt(number: int, frame: object) -> None:
        if interruptions:
            raise KeyboardInterrupt
        interruptions.append(number)
        print("\nStopping; the best so far is kept.", file=sys.stderr)

    if threading.current_thread() is not threading.main_thread():
        yield lambda: False  # only a program's main thread hears of Ctrl-C
        return
    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield lambda: bool(interruptions)
    finally:
        signal.signal(signal.SIGINT, before)
