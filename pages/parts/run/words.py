"""A run in words and figures: title, kind, score, time."""

from __future__ import annotations

import time

from pages.parts.draft.draft import PRESET_TITLES
from pages.parts.run.history import History
from tlcore.results.compare.runs import reported_seconds, seconds_of
from tlcore.results.figures.figures import percent
from tlcore.training.fit.reporting.events import Finished
from tlcore.training.recipe.race import lane_of
from tlcore.workspace.records import Run, RunState

_SETTINGS = {**PRESET_TITLES, "custom": "Own settings"}


def run_title(run: Run) -> str:
    """For example “Run 3 · Quick”, or in a race “Run 3 · From scratch”."""
    return f"Run {run.number} · {run_kind(run)}"


def run_kind(run: Run) -> str:
    """The kind of a run: its lane in a race, its preset, or that it was imported."""
    if run.imported:
        return "From elsewhere"
    return lane_of(run.payload) or _SETTINGS.get(str(run.recipe.get("preset")), "Own settings")


def best_words(history: History) -> str:
    """Which epoch is the best so far of a run that ended early, and how good it was."""
    best = history.best
    if best is None:
        return "what it had learned until then"
    words, accuracy = f"epoch {best.epoch}", best.validation_accuracy
    return words if accuracy is None else f"{words}, {percent(accuracy)} right on validation"


def score_words(run: Run) -> str:
    """How the finished run did on its test (else validation) pictures; empty if not scored."""
    summary = Finished.read(run.summary)
    test, validation = summary.test_accuracy, summary.validation_accuracy
    if test is not None:
        total = int(summary.examples.get("test", 0))
        right = f"**{round(test * total)} of {total} test pictures right.**"
        return f"{right} It had never seen them before."
    if validation is not None and run.state is RunState.FINISHED:
        total = int(summary.examples.get("validation", 0))
        right = f"**{round(validation * total)} of {total} validation pictures right.**"
        return f"{right} There is no test split yet: add pictures for a score that counts."
    return ""


def seconds_worked(run: Run, before: float = 0.0, began: float | None = None) -> float | None:
    """Seconds that a run has worked so far, without its pauses; None before it started.

    `before`: seconds worked until it was last resumed (`History.seconds_before`). `began`: Unix
    time of its first event since then, so that the start of its process does not count.
    """
    if run.state not in (RunState.QUEUED, RunState.RUNNING):
        worked = seconds_of(run)
        return worked if worked is None or reported_seconds(run) is not None else before + worked
    before = max(before, reported_seconds(run) or 0.0)
    if run.state is RunState.QUEUED or run.started is None:
        return before or None
    return before + max(0.0, time.time() - (began or run.started.timestamp()))


def percent_or_dash(share: float | None) -> str:
    """0.91 as “91 %”; a dash for None."""
    return "–" if share is None else percent(share)


def duration(seconds: float | None) -> str:
    """Seconds as “7 s”, “3 min 20 s” or “1 h 5 min”; a dash for None."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
