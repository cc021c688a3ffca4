"""What a training would cost: measured on a few pictures and a few steps, then scaled.

Nothing of it comes from a table. The features that are computed to measure are kept, so a training
that follows need not compute them again.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tlcore.backbones.cut.cut import Cut
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop, Stopped, check, never
from tlcore.training.data.augmentation import PLAIN
from tlcore.training.data.training_set import TrainingExample, TrainingSet
from tlcore.training.fit.epoch_score import EpochScore
from tlcore.training.fit.memory_errors import memory_errors_explained
from tlcore.training.fit.weights.best_weights import best_weights
from tlcore.training.inputs.input_source import InputSource
from tlcore.training.inputs.planned_cuts import planned_cuts
from tlcore.training.inputs.storage_plan import plan_storage
from tlcore.training.recipe.phases import Phase
from tlcore.training.recipe.recipe import Recipe
from tlcore.training.trial.feature_cost import FeatureCost
from tlcore.training.trial.step_cost import StepCost, measure_steps, sampled, steps_of_epoch
from tlcore.training.trial.trial import Trial
from tlcore.workspace.records import Split

MEASURING = "Measuring what this would cost"
WRITTEN_TIMES = 3  # how often the classifier is written to measure that


@dataclass(frozen=True)
class PhaseCost:
    """The cost of one phase of a training, as measured here.

    `looks` is the number of views of pictures whose features are not kept yet, and `look_seconds`
    what computing them takes. `kept_bytes` is what all its views take on disk if `keeps`, and
    `memory_bytes` the peak of its memory.
    """

    name: str
    words: str
    epochs: int
    views: int
    keeps: bool
    looks: int
    look_seconds: float
    epoch_seconds: float
    kept_bytes: int
    memory_bytes: int

    @property
    def seconds(self) -> float:
        """Seconds of the whole phase."""
        return self.look_seconds + self.epochs * self.epoch_seconds


@dataclass(frozen=True)
class Cost:
    """The cost of a whole training, if it does not stop early.

    `keep_seconds` is what writing the best weights takes, once an epoch at most.
    """

    trainable_parameters: int
    frozen_parameters: int
    phases: tuple[PhaseCost, ...]
    prepare_seconds: float
    score_seconds: float
    keep_seconds: float
    precision: str
    device: str

    @property
    def total_seconds(self) -> float:
        """Seconds from the first event to the last."""
        epochs = sum(phase.epochs for phase in self.phases)
        rest = self.prepare_seconds + self.score_seconds + epochs * self.keep_seconds
        return rest + sum(phase.seconds for phase in self.phases)

    def to_json(self) -> dict[str, Any]:
        """Plain data with the sums that a page shows; an epoch there includes writing the best."""
        plain = asdict(self)
        for phase in plain["phases"]:
            phase["epoch_seconds"] += self.keep_seconds
        return {
            **plain,
            "total_seconds": self.total_seconds,
            "look_seconds": sum(phase.look_seconds for phase in self.phases),
            "epoch_seconds": plain["phases"][-1]["epoch_seconds"],
            "memory_bytes": max(phase.memory_bytes for phase in self.phases),
            "kept_bytes": sum(phase.kept_bytes for phase in self.phases if phase.keeps),
        }


def estimate(
    recipe: Recipe,
    examples: TrainingSet,
    home: Path,
    stop: Stop = never,
    start: Path | None = None,
) -> Iterator[Event]:
    """Measure what a training of this recipe that starts from `start` would cost here and now.

    Yields `progress` for each phase, then `result`: the data of a `Cost`, and the `seconds` that
    measuring took. Once `stop` returns True it ends without a result. Raises as `train` does.
    """
    began = time.perf_counter()
    with memory_errors_explained(), closing(_Estimate(recipe, examples, home, stop, start)) as work:
        try:
            cost = yield from work.cost()
        except Stopped:
            return
    yield Event("result", {**cost.to_json(), "seconds": round(time.perf_counter() - began, 2)})


class _Estimate:
    """The measurements of one recipe, phase by phase."""

    def __init__(
        self,
        recipe: Recipe,
        examples: TrainingSet,
        home: Path,
        stop: Stop,
        start: Path | None,
    ):
        self.recipe, self.examples, self.stop = recipe, examples, stop
        began = time.perf_counter()
        self.trial = Trial(recipe, examples, home, stop, start)
        self.prepare = time.perf_counter() - began
        self.assembly, self.cache = self.trial.assembly, self.trial.cache
        self.feature_cost = FeatureCost(self.trial)
        self.scoring = 0.0  # seconds a validation picture in the last phase so far
        self.keeps = False  # whether features are kept in that phase

    def close(self) -> None:
        self.trial.close()

    def cost(self) -> Generator[Event, None, Cost]:
        """The cost of all phases together."""
        costs: list[PhaseCost] = []
        phases = self.assembly.phases
        for number, phase in enumerate(phases):
            yield Event("progress", {"doing": MEASURING, "done": number, "total": len(phases)})
            check(self.stop)
            costs.append((yield from self._phase(phase)))
        learning, frozen = self.assembly.parameter_counts
        score_seconds = self._score_seconds()
        return Cost(
            trainable_parameters=learning,
            frozen_parameters=frozen,
            phases=tuple(costs),
            prepare_seconds=self.prepare + self.feature_cost.prepare,
            score_seconds=score_seconds,
            keep_seconds=self._keep_seconds(),
            precision=self.cache.precisions.words,
            device=self.assembly.device.type,
        )

    def _phase(self, phase: Phase) -> Generator[Event, None, PhaseCost]:
        """Measure one phase: the features that it lacks, and one of its epochs."""
        began = time.perf_counter()
        planned = planned_cuts(self.assembly.phases, phase, self.assembly.cuts)
        cut = self.assembly.cuts.of(phase)
        plan = plan_storage(self.cache, self.examples, cut, phase.views, planned)
        source = InputSource(self.cache, self.examples, cut, plan)
        self.cache.precisions.forward()
        self.prepare += time.perf_counter() - began
        self.keeps = plan.keeps
        lacking, seconds = (
            self.feature_cost.measure(phase, source, planned) if plan.keeps else (0, 0.0)
        )
        steps = yield from measure_steps(self.trial, source, phase, *self._sample(phase, source))
        return PhaseCost(
            name=phase.name,
            words=phase.words,
            epochs=phase.epochs,
            views=plan.views if plan.keeps else phase.views,
            keeps=plan.keeps,
            looks=lacking,
            look_seconds=seconds,
            epoch_seconds=self._epoch_seconds(steps, cut),
            kept_bytes=plan.needed if plan.keeps else 0,
            memory_bytes=steps.memory,
        )

    def _epoch_seconds(self, steps: StepCost, cut: Cut) -> float:
        """Seconds of the steps of one epoch and of its validation."""
        self.scoring = steps.scoring
        count, pooled = len(self.examples.of(Split.TRAIN)), self.assembly.pooled(cut)
        training = steps_of_epoch(count, self.recipe.batch_size, pooled=pooled) * steps.step
        return training + len(self.examples.of(Split.VALIDATION)) * steps.scoring

    def _sample(self, phase: Phase, source: InputSource) -> tuple[list[TrainingExample], int]:
        """(examples to take steps on, their view): those with kept features where there are any."""
        view = PLAIN if phase.views == 1 or source.plan.keeps else 1
        chosen = list(self.examples.of(Split.TRAIN))
        if source.plan.keeps:
            views = self.feature_cost.views(phase, source)
            kept = {view: self.feature_cost.kept(source.cut, view) for view in views}
            view, most = max(kept.items(), key=lambda pair: len(pair[1]))
            chosen = most if len(most) > 1 else chosen
        return sampled(chosen, self.recipe.batch_size), view

    def _score_seconds(self) -> float:
        """Seconds of predicting validation and test pictures in float32 after the last epoch."""
        scored = len(self.examples.of(Split.VALIDATION)) + len(self.examples.of(Split.TEST))
        seconds = scored * self.scoring
        return (
            seconds + self.feature_cost.scored(self.assembly.common_cut) if self.keeps else seconds
        )

    def _keep_seconds(self) -> float:
        """Seconds to write the classifier, as every best epoch does; the first time prepares."""
        with tempfile.TemporaryDirectory() as folder:
            best = best_weights(self.assembly, Path(folder) / "classifier")
            best.keep(EpochScore(0))
            began = time.perf_counter()
            for _ in range(WRITTEN_TIMES):
                best.keep(EpochScore(0))
            return (time.perf_counter() - began) / WRITTEN_TIMES
