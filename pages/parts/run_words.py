"""What is said of a run in words and figures: title, score, place in the queue, time."""

from __future__ import annotations

import time

from pages.parts.draft import PRESET_TITLES
from pages.parts.run_state import History
from tlcore.training.race import lane_of
from tlcore.workspace.records import Run, RunState

_SETTINGS = {**PRESET_TITLES, "custom": "Own settings"}


def run_title(run: Run) -> str:
    """For example “Run 3 · Quick”, or in a race “Run 3 · From scratch”."""
    kind = lane_of(run.payload) or _SETTINGS.get(str(run.recipe.get("preset")), "Own settings")
    return f"Run {run.number} · {kind}"


def best_words(history: History) -> str:
    """Which epoch is kept, and how good it was."""
    best = history.best
    if best is None:
        return "what it had learned until then"
    accuracy = best.get("validation_accuracy")
    words = f"epoch {best['epoch']}"
    return words if accuracy is None else f"{words}, {percent(accuracy)} right on validation"


def score_words(run: Run) -> str:
    """How the finished run did on pictures it never saw; empty if it was not scored."""
    summary = run.summary
    test, validation = summary.get("test_accuracy"), summary.get("val_accuracy")
    examples = summary.get("examples", {})
    if test is not None:
        total = int(examples.get("test", 0))
        right = f"**{round(test * total)} of {total} test pictures right.**"
        return f"{right} It had never seen them before."
    if validation is not None and run.state is RunState.FINISHED:
        total = int(examples.get("validation", 0))
        right = f"**{round(validation * total)} of {total} validation pictures right.**"
        return f"{right} There is no test split yet: add pictures for a score that counts."
    return ""


def seconds_taken(run: Run) -> float | None:
    """Seconds from the start of a run to its end, or to now; None before it started."""
    if run.started is None:
        return None
    end = run.finished.timestamp() if run.finished else time.time()
    return max(0.0, end - run.started.timestamp())


def percent(share: float | None) -> str:
    """0.91 as “91 %”; a dash for None."""
    return "–" if share is None else f"{100 * share:.0f} %"


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
