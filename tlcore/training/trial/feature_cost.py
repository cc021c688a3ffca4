"""What looking at pictures once costs: counts what is not kept yet, and measures a few of it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from tlcore.backbones.cut.cut import Cut
from tlcore.jobs.stopping import check
from tlcore.training.data.augmentation import PLAIN
from tlcore.training.data.training_set import TrainingExample
from tlcore.training.inputs.input_source import CHECKING, Supply
from tlcore.training.inputs.planned_cuts import Rung
from tlcore.training.recipe.phases import Phase
from tlcore.training.trial.trial import Trial
from tlcore.workspace.records import Split

FIRST = 8  # pictures that are looked at to prepare
MOST = 64  # and then to measure
SECONDS = 1.5


class LookCost:
    """Goes through the phases of a training in their order.

    What it looks at to measure is kept, so a training that follows need not look at it again.
    """

    def __init__(self, trial: Trial):
        self.trial = trial
        self.prepare = 0.0  # seconds spent before the first picture came through
        self._passed: set[tuple[int, int, str]] = set()  # (stage, view, picture) kept on the way

    def of(self, phase: Phase, cut: Cut, rungs: Sequence[Rung]) -> tuple[int, float]:
        """(looks, seconds) of a phase whose cut the supply has entered.

        What is kept already is not looked at, nor what an earlier phase keeps on its way.
        """
        looks, seconds = 0, 0.0
        measured: dict[bool, float] = {}
        for view, wanted in self._wanted(phase).items():
            lower = [rung.cut for rung in rungs if view in rung.views]
            missing = self._unseen(cut, view, wanted)
            if missing and (view == PLAIN) not in measured:
                measured[view == PLAIN] = self._measure(cut, view, missing, lower)
                missing = self._unseen(cut, view, wanted)
            for one in missing:
                self._passed.update((below.stage_index, view, one.picture) for below in lower)
            looks += len(missing)
            seconds += len(missing) * measured.get(view == PLAIN, 0.0)
        return looks, seconds

    def kept(self, cut: Cut, view: int) -> list[TrainingExample]:
        """The training examples whose view is kept at this cut."""
        training = self.trial.examples.of(Split.TRAIN)
        missing = {one.picture for one in self._missing(cut, view, training)}
        return [one for one in training if one.picture not in missing]

    def views(self, phase: Phase) -> list[int]:
        """The views that a phase sees, in the order of their first coming."""
        seen = (self.trial.supply.view(phase, epoch) for epoch in range(1, phase.epochs + 1))
        return list(dict.fromkeys(seen))

    def scored(self, cut: Cut) -> float:
        """Seconds to look at validation and test pictures in float32 when training is over."""
        supply, examples = self.trial.supply, self.trial.examples
        splits = [Split.TEST]
        if supply.precision("forward") != "float32":
            splits.insert(0, Split.VALIDATION)
        wanted = [one for split in splits for one in examples.of(split)]
        shelf = supply.keeping.shelf(cut, "plain", "float32")
        missing = set(shelf.missing([one.picture for one in wanted]))
        few = [one for one in wanted if one.picture in missing][:MOST]
        return len(missing) * self._answering(few, cut) if few else 0.0

    def _wanted(self, phase: Phase) -> dict[int, list[TrainingExample]]:
        """The examples that a phase looks at, by view."""
        examples = self.trial.examples
        found = {view: list(examples.of(Split.TRAIN)) for view in self.views(phase)}
        found[PLAIN] = [*found.get(PLAIN, []), *examples.of(Split.VALIDATION)]
        return found

    def _unseen(
        self, cut: Cut, view: int, wanted: Sequence[TrainingExample]
    ) -> list[TrainingExample]:
        """Those that neither a former training nor an earlier phase has kept, each picture once."""
        return [
            one
            for one in self._missing(cut, view, wanted)
            if (cut.stage_index, view, one.picture) not in self._passed
        ]

    def _missing(
        self, cut: Cut, view: int, wanted: Sequence[TrainingExample]
    ) -> list[TrainingExample]:
        """Those whose view is not kept at this cut, each picture once."""
        supply = self.trial.supply
        name = supply.augmentation.view_name(view)
        shelf = supply.keeping.shelf(cut, name, supply.precision("forward"))
        by_picture = {one.picture: one for one in wanted}
        return [by_picture[picture] for picture in shelf.missing(list(by_picture))]

    def _measure(
        self, cut: Cut, view: int, missing: Sequence[TrainingExample], lower: Sequence[Cut]
    ) -> float:
        """Seconds per picture: a few first, which also prepare, then as many as a moment allows."""
        few = missing[:FIRST]
        first = self._look(cut, view, few, lower)
        affordable = int(min(MOST, SECONDS * len(few) / first))
        following = missing[len(few) : len(few) + affordable]
        if not following:
            return first / len(few)
        seconds = self._look(cut, view, following, lower) / len(following)
        self.prepare += max(0.0, first - len(few) * seconds)
        return seconds

    def _look(
        self, cut: Cut, view: int, chosen: Sequence[TrainingExample], lower: Sequence[Cut]
    ) -> float:
        """Seconds to look at these pictures and to keep what was seen."""
        supply = self.trial.supply
        precision = supply.precision("forward")
        shelf = supply.keeping.shelf(cut, supply.augmentation.view_name(view), precision)
        began = time.perf_counter()
        looking = supply.keeping.fill(
            shelf, cut, chosen, supply.augmentation, view, precision, CHECKING, lower
        )
        for _ in looking:
            check(self.trial.stop)
        return time.perf_counter() - began

    def _answering(self, few: Sequence[TrainingExample], cut: Cut) -> float:
        """Seconds per picture to look at it in float32; nothing of it is kept."""
        seconds = 0.0
        for chosen in (few[:FIRST], few):
            scored = tuple(replace(one, split=Split.TEST) for one in chosen)
            examples = replace(self.trial.examples, examples=scored)
            with tempfile.TemporaryDirectory() as folder:
                supply = Supply(self.trial.assembly, examples, Path(folder), self.trial.stop)
                with closing(supply.keeping):
                    began = time.perf_counter()
                    for _ in supply.answering(cut, Split.TEST):
                        check(self.trial.stop)
                    seconds = (time.perf_counter() - began) / len(chosen)
            if seconds * len(few) > SECONDS:
                break
        return seconds
