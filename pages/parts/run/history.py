"""A run's history, gathered from its events, and which run the visitor looks at."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts.frame.services import services
from pages.parts.run.curves import Curves, best_epoch, smoothed
from tlcore.classifier.manifest import CLASSIFIER_FOLDER
from tlcore.errors import NotFound
from tlcore.training.fit.events import EpochDone, Note, PhaseBegan, Resumed, StepsDone
from tlcore.workspace.records import Project, Run, StoredEvent

MOST_HISTORIES = 32  # a race has up to twenty runs
HARDLY = 1e-3  # of an epoch
NEW = "new"  # in the address bar in place of a run: settings for another one


@dataclass
class History:
    """The events of one run, sorted by what a page shows. `sequence` is the last one read."""

    sequence: int = 0
    steps: list[tuple[float, float]] = field(default_factory=list)
    epochs: list[EpochDone] = field(default_factory=list)
    phases: list[PhaseBegan] = field(default_factory=list)
    phase_starts: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    progress: dict[str, Any] | None = None
    progress_began: float = 0.0
    progress_at: float = 0.0
    score: dict[str, Any] | None = None
    began: float | None = None  # when it first spoke, or last went on after a rest
    seconds_before: float = 0.0  # that it had worked by then

    def absorb(self, events: Iterable[StoredEvent]) -> None:
        """Take in events that come after those taken in before."""
        for event in events:
            self.sequence = event.sequence
            self._take(event)

    def _take(self, event: StoredEvent) -> None:
        data = event.data
        if self.began is None or event.kind == Resumed.kind:
            self.began = event.at
        if event.kind == StepsDone.kind:
            steps = StepsDone.read(data)
            if steps.loss is not None:
                self.steps.append((steps.position, steps.loss))
            self.progress = None
        elif event.kind == EpochDone.kind:
            self.epochs.append(EpochDone.read(data))
            self.progress = None
        elif event.kind == PhaseBegan.kind:
            self.phases.append(PhaseBegan.read(data))
            self.phase_starts.append(len(self.epochs))
        elif event.kind == "progress":
            if self.progress is None or self.progress.get("doing") != data.get("doing"):
                self.progress_began = event.at
            self.progress, self.progress_at = data, event.at
        elif event.kind == Note.kind:
            self.notes.append(Note.read(data).words)
        elif event.kind == "score":
            self.score = data
        elif event.kind == Resumed.kind:
            self._go_back(Resumed.read(data))

    def _go_back(self, resumed: Resumed) -> None:
        """Forget what lies beyond the checkpoint with which a run goes on: it comes again."""
        self.epochs = [epoch for epoch in self.epochs if epoch.epoch <= resumed.epochs]
        self.steps = [(at, loss) for at, loss in self.steps if at <= resumed.position + HARDLY]
        self.phases = self.phases[: resumed.phase]
        self.phase_starts = self.phase_starts[: resumed.phase]
        self.progress = self.score = None
        self.seconds_before = resumed.seconds

    @property
    def best(self) -> EpochDone | None:
        """The epoch that did best so far."""
        number = best_epoch(self.epochs)
        return next((epoch for epoch in self.epochs if epoch.epoch == number), None)

    @property
    def phase_epochs(self) -> list[EpochDone]:
        """The epochs since the present phase began."""
        return self.epochs[self.phase_starts[-1] if self.phase_starts else 0 :]

    @property
    def doing(self) -> str:
        """What is happening now, in words; empty before the first event."""
        if self.progress is not None:
            words = str(self.progress.get("doing", "")).rstrip(".…: ")
            total = self.progress.get("total") or 0
            return f"{words}: {self.progress.get('done', 0):,} of {total:,}" if total else words
        if self.phases:
            return self.phases[-1].words
        return ""

    @property
    def share_done(self) -> float:
        """How much of what is happening now is done, 0 to 1."""
        if self.progress is not None and self.progress.get("total"):
            return min(1.0, float(self.progress.get("done", 0)) / float(self.progress["total"]))
        if self.epochs:
            last = self.epochs[-1]
            return min(1.0, last.epoch / max(1, last.epochs))
        return 0.0

    @property
    def seconds_left(self) -> float | None:
        """An estimate for what is happening now; None while there is nothing to go by."""
        if self.progress is not None:
            done, total = self.progress.get("done", 0), self.progress.get("total") or 0
            elapsed = self.progress_at - self.progress_began
            return float(elapsed * (total - done) / done) if done and elapsed > 0.5 else None
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
    kept: dict[str, History] = st.session_state.setdefault("run_histories", {})
    history = kept.pop(run_id, None) or History()
    kept[run_id] = history
    for oldest in list(kept)[:-MOST_HISTORIES]:
        del kept[oldest]
    history.absorb(services().workspace.runs.events(run_id, after=history.sequence))
    return history


def classifier_folder(run: Run) -> Path:
    """Where a run keeps its classifier."""
    return services().workspace.runs.folder(run.id) / CLASSIFIER_FOLDER


def open_run(run_id: str | None) -> None:
    """Open a run (None: the default one): put it into the address bar."""
    st.query_params.pop("race", None)
    if run_id is None:
        st.query_params.pop("run", None)
    else:
        st.query_params["run"] = run_id


def current_run(project: Project, runs: Sequence[Run]) -> Run | None:
    """The run of the address bar; else the active one, else the newest, else None.

    None, too, while the address bar asks for a new one.
    """
    requested = st.query_params.get("run")
    if requested == NEW:
        return None
    if requested is not None:
        try:
            run = services().workspace.runs.get(requested)
        except NotFound:
            run = None
        if run is not None and run.project_id == project.id and run.deleted is None:
            return run
        open_run(None)
    active = [run for run in reversed(runs) if not run.state.over]
    chosen = active[0] if active else (runs[0] if runs else None)
    if chosen is not None:
        open_run(chosen.id)
    return chosen
