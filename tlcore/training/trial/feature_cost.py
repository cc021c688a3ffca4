"""What looking at pictures once costs: counts what is not kept yet, and measures a few of it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tlcore.backbones.cut.cut import Cut
from tlcore.jobs.stopping import check
from tlcore.training.data.augmentation import PLAIN
from tlcore.training.data.training_set import TrainingExample
from tlcore.training.fit.split_logits import split_logits
from tlcore.training.inputs.feature_cache import FeatureCache
from tlcore.training.inputs.input_source import CHECKING, InputSource
from tlcore.training.inputs.planned_cuts import PlannedCut
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

    def of(
        self, phase: Phase, source: InputSource, planned: Sequence[PlannedCut]
    ) -> tuple[int, float]:
        """(looks, seconds) of a phase, with its source for all pictures.

        What is kept already is not looked at, nor what an earlier phase keeps on its way.
        """
        looks, seconds = 0, 0.0
        measured: dict[bool, float] = {}
        for view, wanted in self._wanted(phase, source).items():
            lower = [plan.cut for plan in planned if view in plan.views]
            missing = self._unseen(source.cut, view, wanted)
            if missing and (view == PLAIN) not in measured:
                measured[view == PLAIN] = self._measure(source.cut, view, missing, lower)
                missing = self._unseen(source.cut, view, wanted)
            for example in missing:
                self._passed.update((below.stage_index, view, example.picture) for below in lower)
            looks += len(missing)
            seconds += len(missing) * measured.get(view == PLAIN, 0.0)
        return looks, seconds

    def kept(self, cut: Cut, view: int) -> list[TrainingExample]:
        """The training examples whose view is kept at this cut."""
        training = self.trial.examples.of(Split.TRAIN)
        missing = {example.picture for example in self._missing(cut, view, training)}
        return [example for example in training if example.picture not in missing]

    def views(self, phase: Phase, source: InputSource) -> list[int]:
        """The views that a phase sees, in the order of their first coming."""
        seen = (source.view(phase, epoch) for epoch in range(1, phase.epochs + 1))
        return list(dict.fromkeys(seen))

    def scored(self, cut: Cut) -> float:
        """Seconds to look at validation and test pictures in float32 when training is over."""
        cache, examples = self.trial.cache, self.trial.examples
        splits = [Split.TEST]
        if cache.precisions.forward() != "float32":
            splits.insert(0, Split.VALIDATION)
        wanted = [example for split in splits for example in examples.of(split)]
        shelf = cache.shelf(cut, PLAIN, "float32")
        missing = set(shelf.missing([example.picture for example in wanted]))
        few = [example for example in wanted if example.picture in missing][:MOST]
        return len(missing) * self._predicting(few) if few else 0.0

    def _wanted(self, phase: Phase, source: InputSource) -> dict[int, list[TrainingExample]]:
        """The examples that a phase looks at, by view."""
        examples = self.trial.examples
        wanted = {view: list(examples.of(Split.TRAIN)) for view in self.views(phase, source)}
        wanted[PLAIN] = [*wanted.get(PLAIN, []), *examples.of(Split.VALIDATION)]
        return wanted

    def _unseen(
        self, cut: Cut, view: int, wanted: Sequence[TrainingExample]
    ) -> list[TrainingExample]:
        """Those that neither a former training nor an earlier phase has kept, each picture once."""
        return [
            example
            for example in self._missing(cut, view, wanted)
            if (cut.stage_index, view, example.picture) not in self._passed
        ]

    def _missing(
        self, cut: Cut, view: int, wanted: Sequence[TrainingExample]
    ) -> list[TrainingExample]:
        """Those whose view is not kept at this cut, each picture once."""
        cache = self.trial.cache
        shelf = cache.shelf(cut, view, cache.precisions.forward())
        by_picture = {example.picture: example for example in wanted}
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
        """Seconds to look at these pictures and to keep their features."""
        cache = self.trial.cache
        began = time.perf_counter()
        for _ in cache.fill(cut, chosen, view, cache.precisions.forward(), CHECKING, lower):
            check(self.trial.stop)
        return time.perf_counter() - began

    def _predicting(self, few: Sequence[TrainingExample]) -> float:
        """Seconds per picture to look at it in float32; nothing of it is kept."""
        seconds = 0.0
        for chosen in (few[:FIRST], few):
            scored = tuple(replace(example, split=Split.TEST) for example in chosen)
            examples = replace(self.trial.examples, examples=scored)
            with tempfile.TemporaryDirectory() as folder, self._apart(Path(folder)) as cache:
                began = time.perf_counter()
                for _ in split_logits(cache, examples, Split.TEST, self.trial.stop):
                    check(self.trial.stop)
                seconds = (time.perf_counter() - began) / len(chosen)
            if seconds * len(few) > SECONDS:
                break
        return seconds

    def _apart(self, home: Path) -> FeatureCache:
        return FeatureCache(self.trial.assembly, home, self.trial.stop)
