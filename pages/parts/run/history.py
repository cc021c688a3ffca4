"""A run's history, gathered from its stored events for what a page shows of it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import streamlit as st

from pages.parts.frame.services import services
from pages.parts.run.curves import Curves, best_epoch, smoothed
from tlcore.training.fit.reporting.events import EpochDone, Note, PhaseBegan, Resumed, StepsDone
from tlcore.workspace.records import Run, StoredEvent

MOST_HISTORIES = 32  # a race has up to twenty runs
HARDLY = 1e-3  # of an epoch
SECONDS_TO_GO_BY = 0.5  # from fewer nothing can be estimated


@dataclass
class Progress:
    """Work before or between epochs: `done` of `total` pieces; `began` and `at` are Unix times."""

    doing: str
    done: int
    total: int
    began: float
    at: float

    @property
    def words(self) -> str:
        """For example “Looking at your pictures once: 200 of 500”."""
        words = self.doing.rstrip(".…: ")
        return f"{words}: {self.done:,} of {self.total:,}" if self.total else words

    @property
    def seconds_left(self) -> float | None:
        """An estimate; None while there is nothing to go by."""
        elapsed = self.at - self.began
        if not self.done or elapsed <= SECONDS_TO_GO_BY:
            return None
        return elapsed * (self.total - self.done) / self.done


@dataclass
class History:
    """The events of one run, sorted by what a page shows. `sequence` is the last one read.

    `steps` are pairs of a position in epochs and the training loss. `phase_starts` are the numbers
    of epochs that were done when each phase began. `began` is the Unix time of the first event, or
    of the last resuming; `seconds_before` are those that the run had worked by then.
    """

    sequence: int = 0
    steps: list[tuple[float, float]] = field(default_factory=list)
    epochs: list[EpochDone] = field(default_factory=list)
    phases: list[PhaseBegan] = field(default_factory=list)
    phase_starts: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    progress: Progress | None = None
    began: float | None = None
    seconds_before: float = 0.0

    def absorb(self, events: Iterable[StoredEvent]) -> None:
        """Add events that come after those added before."""
        for event in events:
            self.sequence = event.sequence
            if self.began is None:
                self.began = event.at
            self._add(event)

    def _add(self, event: StoredEvent) -> None:
        if event.kind == StepsDone.kind:
            self._add_steps(StepsDone.read(event.data))
        elif event.kind == EpochDone.kind:
            self.epochs.append(EpochDone.read(event.data))
            self.progress = None
        elif event.kind == PhaseBegan.kind:
            self.phases.append(PhaseBegan.read(event.data))
            self.phase_starts.append(len(self.epochs))
        elif event.kind == Note.kind:
            self.notes.append(Note.read(event.data).words)
        elif event.kind == Resumed.kind:
            self.began = event.at
            self._go_back(Resumed.read(event.data))
        elif event.kind == "progress":
            self._add_progress(event)

    def _add_steps(self, steps: StepsDone) -> None:
        if steps.loss is not None:
            self.steps.append((steps.position, steps.loss))
        self.progress = None

    def _add_progress(self, event: StoredEvent) -> None:
        doing, done = str(event.data.get("doing", "")), int(event.data.get("done") or 0)
        same = self.progress is not None and self.progress.doing == doing
        began = self.progress.began if self.progress is not None and same else event.at
        self.progress = Progress(doing, done, int(event.data.get("total") or 0), began, event.at)

    def _go_back(self, resumed: Resumed) -> None:
        """Drop what lies beyond the checkpoint: the resumed run writes those events again."""
        self.epochs = [epoch for epoch in self.epochs if epoch.epoch <= resumed.epochs]
        last = resumed.position + HARDLY
        self.steps = [(position, loss) for position, loss in self.steps if position <= last]
        self.phases = self.phases[: resumed.phase]
        self.phase_starts = self.phase_starts[: resumed.phase]
        self.progress = None
        self.seconds_before = resumed.seconds

    @property
    def best(self) -> EpochDone | None:
        """The best epoch so far."""
        return best_epoch(self.epochs)

    @property
    def phase_epochs(self) -> list[EpochDone]:
        """The epochs since the present phase began."""
        return self.epochs[self.phase_starts[-1] if self.phase_starts else 0 :]

    @property
    def doing(self) -> str:
        """What is happening now, in words; empty before the first event."""
        if self.progress is not None:
            return self.progress.words
        return self.phases[-1].words if self.phases else ""

    @property
    def share_done(self) -> float:
        """How much of what is happening now is done, 0 to 1."""
        if self.progress is not None and self.progress.total:
            return min(1.0, self.progress.done / self.progress.total)
        if self.epochs:
            return min(1.0, self.epochs[-1].epoch / max(1, self.epochs[-1].epochs))
        return 0.0

    @property
    def seconds_left(self) -> float | None:
        """An estimate for what is happening now; None while there is nothing to go by."""
        if self.progress is not None:
            return self.progress.seconds_left
        return self.epochs[-1].seconds_left if self.epochs else None

    def curves(self, run: Run, planned: int, guess: float | None) -> Curves:
        """What the charts show; a run that is over is as long as it was, not as planned."""
        losses = smoothed([loss for _, loss in self.steps])
        steps = [(at, loss) for (at, _), loss in zip(self.steps, losses, strict=True)]
        if run.state.over and steps:
            planned = math.ceil(max(steps[-1][0], len(self.epochs)))
        starts = [start for start in self.phase_starts if start > 0]
        return Curves(run.id, planned, steps, self.epochs, starts, guess)


def history_of(run_id: str) -> History:
    """The history of a run in this session, brought up to date with the workspace."""
    histories: dict[str, History] = st.session_state.setdefault("run_histories", {})
    history = histories.pop(run_id, None) or History()
    histories[run_id] = history
    for oldest in list(histories)[:-MOST_HISTORIES]:
        del histories[oldest]
    history.absorb(services().workspace.runs.events(run_id, after=history.sequence))
    return history
