"""What the features of a training cost: counts those that are not kept yet, and times a few."""

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
from tlcore.training.fit.weights.split_logits import split_logits
from tlcore.training.inputs.feature_cache import FeatureCache
from tlcore.training.inputs.input_source import CHECKING, InputSource
from tlcore.training.inputs.planned_cuts import PlannedCut
from tlcore.training.recipe.phases import Phase
from tlcore.training.trial.trial import Trial
from tlcore.workspace.records import Split

FIRST = 8  # pictures whose features are computed to prepare
MOST = 64  # and then, at most, to measure
SECONDS = 1.5  # that measuring takes, about


class FeatureCost:
    """Goes through the phases of a training in their order.

    The features that it computes to measure are kept, so a training that follows has them.
    """

    def __init__(self, trial: Trial):
        self.trial = trial
        self.prepare = 0.0  # seconds before the features of the first picture were there
        self._passed: set[tuple[int, int, str]] = (
            set()
        )  # (stage, view, picture) that earlier phases keep

    def measure(
        self, phase: Phase, source: InputSource, planned: Sequence[PlannedCut]
    ) -> tuple[int, float]:
        """(views of pictures without kept features, seconds to compute them) of a phase.

        `source` is that of the phase for all pictures, `planned` the lower cuts that it fills on
        its way for later phases; what an earlier phase has filled is not counted again.
        """
        lacking, seconds = 0, 0.0
        measured: dict[bool, float] = {}
        for view, examples in self._needed(phase, source).items():
            lower = [plan.cut for plan in planned if view in plan.views]
            missing = self._unseen(source.cut, view, examples)
            if missing and (view == PLAIN) not in measured:
                measured[view == PLAIN] = self._measure(source.cut, view, missing, lower)
                missing = self._unseen(source.cut, view, examples)
            for example in missing:
                self._passed.update((below.stage_index, view, example.picture) for below in lower)
            lacking += len(missing)
            seconds += len(missing) * measured.get(view == PLAIN, 0.0)
        return lacking, seconds

    def kept(self, cut: Cut, view: int) -> list[TrainingExample]:
        """The training examples whose view is kept at this cut."""
        training = self.trial.examples.of(Split.TRAIN)
        missing = {example.picture for example in self._missing(cut, view, training)}
        return [example for example in training if example.picture not in missing]

    def views(self, phase: Phase, source: InputSource) -> list[int]:
        """The views that a phase sees, in the order in which they first come."""
        seen = (source.view(phase, epoch) for epoch in range(1, phase.epochs + 1))
        return list(dict.fromkeys(seen))

    def scored(self, cut: Cut) -> float:
        """Seconds to compute the float32 features that scoring after the training lacks."""
        cache, examples = self.trial.cache, self.trial.examples
        splits = [Split.TEST]
        if cache.precisions.forward() != "float32":
            splits.insert(0, Split.VALIDATION)
        scored = [example for split in splits for example in examples.of(split)]
        shelf = cache.shelf(cut, PLAIN, "float32")
        missing = set(shelf.missing([example.picture for example in scored]))
        few = [example for example in scored if example.picture in missing][:MOST]
        return len(missing) * self._predicting(few) if few else 0.0

    def _needed(self, phase: Phase, source: InputSource) -> dict[int, list[TrainingExample]]:
        """The examples whose features a phase needs, by view."""
        examples = self.trial.examples
        needed = {view: list(examples.of(Split.TRAIN)) for view in self.views(phase, source)}
        needed[PLAIN] = [*needed.get(PLAIN, []), *examples.of(Split.VALIDATION)]
        return needed

    def _unseen(
        self, cut: Cut, view: int, examples: Sequence[TrainingExample]
    ) -> list[TrainingExample]:
        """Examples that neither a former training nor an earlier phase keeps, each picture once."""
        return [
            example
            for example in self._missing(cut, view, examples)
            if (cut.stage_index, view, example.picture) not in self._passed
        ]

    def _missing(
        self, cut: Cut, view: int, examples: Sequence[TrainingExample]
    ) -> list[TrainingExample]:
        """Examples whose view is not kept at this cut, each picture once."""
        cache = self.trial.cache
        shelf = cache.shelf(cut, view, cache.precisions.forward())
        by_picture = {example.picture: example for example in examples}
        return [by_picture[picture] for picture in shelf.missing(list(by_picture))]

    def _measure(
        self, cut: Cut, view: int, missing: Sequence[TrainingExample], lower: Sequence[Cut]
    ) -> float:
        """Seconds a picture: a few first, which also prepare, then as many as a moment allows."""
        few = missing[:FIRST]
        first = self._fill(cut, view, few, lower)
        affordable = int(min(MOST, SECONDS * len(few) / first))
        following = missing[len(few) : len(few) + affordable]
        if not following:
            return first / len(few)
        seconds = self._fill(cut, view, following, lower) / len(following)
        self.prepare += max(0.0, first - len(few) * seconds)
        return seconds

    def _fill(
        self, cut: Cut, view: int, chosen: Sequence[TrainingExample], lower: Sequence[Cut]
    ) -> float:
        """Seconds to compute and keep the features of these pictures."""
        cache = self.trial.cache
        began = time.perf_counter()
        for _ in cache.fill(cut, chosen, view, cache.precisions.forward(), CHECKING, lower):
            check(self.trial.stop)
        return time.perf_counter() - began

    def _predicting(self, few: Sequence[TrainingExample]) -> float:
        """Seconds a picture to predict it in float32; no features of it are kept."""
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
        """A feature cache in a home of its own."""
        return FeatureCache(self.trial.assembly, home, self.trial.stop)
