"""Searches for a learning rate: the rate rises step by step, and the loss says where it is right.

After Smith (2017), "Cyclical learning rates for training neural networks". Nothing of the search
is kept but the features of the frozen stages.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tlcore.backbones.cut.cut import Cut
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop, Stopped, check, never
from tlcore.training.data.augmentation import PLAIN
from tlcore.training.data.training_set import TrainingSet
from tlcore.training.fit.epoch import order
from tlcore.training.fit.learner import Learner
from tlcore.training.fit.memory_errors import memory_errors_explained
from tlcore.training.fit.objective import Batch, Tally
from tlcore.training.fit.reporting.events import Note
from tlcore.training.inputs.batches import Inputs
from tlcore.training.inputs.input_source import InputSource
from tlcore.training.inputs.storage_plan import plan_storage
from tlcore.training.recipe.phases import Phase
from tlcore.training.recipe.recipe import Recipe
from tlcore.training.trial.rate_curve import Point, averaged, rounded, suggest
from tlcore.training.trial.trial import Trial, spread

LOWEST, HIGHEST = 1e-6, 10.0
STEPS = 120  # of a sweep in which the head learns alone: it takes a second or two
# Steps of a sweep where stages learn. With more of them more is learned before the rate is high, so
# the suggestion depends on their number, which must not depend on how fast the computer is.
STAGES_STEPS = 48
SWEEPS = 4
SECONDS = 20.0  # for all sweeps where stages learn; the first one is made in any case
JUDGED_VECTORS = 256  # pictures whose loss is measured after each step, where the head learns alone
JUDGED_MAPS = 64  # and where stages learn
DIVERGED = 3.0  # times the first loss: higher rates would only be worse
MOMENTUM = 0.7  # weight of the past in the running mean of the batches' own losses


def find_rates(
    recipe: Recipe,
    examples: TrainingSet,
    home: Path,
    stop: Stop = never,
    start: Path | None = None,
) -> Iterator[Event]:
    """Search for the learning rate of the last phase of a recipe that starts from `start`.

    Where stages learn, all rates rise together, in the proportions of the recipe. Yields
    `progress` while features are computed, `point` {"sweep", "rate", "loss"} for each step, and
    `result` {"points": [[rate, loss], …], "suggestion", "head_rate", "backbone_rate", "words",
    "seconds"}; `rate` is the head's, and suggestions are None where the loss never falls. Once
    `stop` returns True it ends without a result. Raises as `train` does.
    """
    began = time.perf_counter()
    with memory_errors_explained(), closing(Trial(recipe, examples, home, stop, start)) as trial:
        try:
            curves = yield from _Search(trial).curves()
        except Stopped:
            return
    points = averaged(curves)
    suggestion = suggest(points)
    yield Event(
        "result",
        {
            "points": [list(point) for point in points],
            **_suggested(recipe, trial.assembly.phases[-1], suggestion),
            "seconds": round(time.perf_counter() - began, 2),
        },
    )


class _Search:
    """Several sweeps over the rates, each from the same weights with its own order of batches."""

    def __init__(self, trial: Trial):
        self.trial = trial
        self.recipe = trial.recipe
        self.phase = trial.assembly.phases[-1]
        self.targets = trial.assembly.targets
        # Fresh BatchNorm statistics say nothing in evaluation mode: then the batches' own losses.
        self.judged = self.recipe.pretrained or not any(self.phase.learning)

    def curves(self) -> Generator[Event, None, list[list[Point]]]:
        """The curves of all sweeps; yields each of their points."""
        cache, assembly = self.trial.cache, self.trial.assembly
        cut = assembly.cuts.of(self.phase)
        plan = plan_storage(cache, self.trial.examples, cut, views=1)
        yield from (Note(words).to_event() for words in plan.notes)
        inputs = yield from InputSource(cache, self.trial.examples, cut, plan).training(PLAIN)
        pooled = assembly.pooled(cut)
        chosen = spread(len(self.targets), JUDGED_VECTORS if pooled else JUDGED_MAPS)
        judged = Batch(next(inputs.batches([chosen])), self.targets[chosen])
        if not assembly.warm_head:
            self.trial.learner(cut, self.phase, 1).measure([judged.kept], judged.targets)
        weights = self.trial.state()
        steps, sweeps = (STEPS if pooled else STAGES_STEPS), SWEEPS
        if not pooled:
            seconds = steps * self._seconds_per_step(cut, inputs, judged)
            sweeps = int(min(SWEEPS, max(1, SECONDS // max(seconds, 1e-6))))
            self.trial.put_back(weights)
        curves = []
        for sweep in range(sweeps):
            curves.append((yield from self._sweep(sweep, steps, cut, inputs, judged)))
            self.trial.put_back(weights)
        return curves

    def _sweep(
        self,
        sweep: int,
        steps: int,
        cut: Cut,
        inputs: Inputs,
        judged: Batch,
    ) -> Generator[Event, None, list[Point]]:
        """One sweep from the lowest rate up to where the loss diverges."""
        rates = [LOWEST * (HIGHEST / LOWEST) ** (n / (steps - 1)) for n in range(steps)]
        learner = self.trial.learner(
            cut, self.phase, steps, share=lambda step: rates[step] / self.phase.head_rate
        )
        torch.manual_seed(self.recipe.seed * 1_000_003 + sweep)
        batches = self._batches(sweep, steps)
        features = inputs.batches(batches)
        points: list[Point] = []
        running = math.inf
        for number, (rate, indices) in enumerate(zip(rates, batches, strict=True)):
            check(self.trial.stop)
            with learner.threads():
                batch = Batch(next(features), self.targets[indices])
                loss = learner.step(batch, Tally())
                if self.judged:
                    loss = _judge(learner, judged)
            if not math.isfinite(loss):
                break
            first = self.judged or not number
            running = loss if first else MOMENTUM * running + (1 - MOMENTUM) * loss
            points.append((rate, running))
            yield Event("point", {"sweep": sweep, "rate": rate, "loss": running})
            if running > DIVERGED * points[0][1]:
                break
        return points

    def _batches(self, sweep: int, steps: int) -> list[Tensor]:
        """A batch of indices for each step, from as many shuffled epochs as that takes."""
        batches: list[Tensor] = []
        count, size = len(self.targets), self.recipe.batch_size
        while len(batches) < steps:
            batches += order(count, size, self.recipe.seed + sweep, len(batches))
        return batches[:steps]

    def _seconds_per_step(self, cut: Cut, inputs: Inputs, judged: Batch) -> float:
        """Seconds of the second of two steps, judging included: the first one also prepares."""
        seconds = 0.0
        learner = self.trial.learner(cut, self.phase, 2, share=lambda _: 1e-9)
        for indices in self._batches(0, 2):
            check(self.trial.stop)
            began = time.perf_counter()
            batch = Batch(next(inputs.batches([indices])), self.targets[indices])
            learner.step(batch, Tally())
            _judge(learner, judged)
            seconds = time.perf_counter() - began
        return seconds


def _judge(learner: Learner, batch: Batch) -> float:
    """The mean loss on the same pictures each time."""
    tally = Tally()
    learner.score(batch, tally)
    return tally.mean_loss


def _suggested(recipe: Recipe, phase: Phase, suggestion: float | None) -> dict[str, Any]:
    """The suggestion as settings of the recipe, and in words."""
    if suggestion is None:
        words = (
            "The loss does not fall at any rate, so there is nothing to suggest. Look at the "
            "pictures and their labels first, or let more stages learn."
        )
        return {"suggestion": None, "head_rate": None, "backbone_rate": None, "words": words}
    # a head that was warmed up before learns at less than the recipe's rate in the last phase
    head = rounded(suggestion * recipe.head_rate / phase.head_rate)
    backbone = rounded(head * recipe.backbone_rate / recipe.head_rate)
    learns = any(phase.learning)
    also = f" and {backbone:g} for the stages" if learns else ""
    words = (
        f"Try {head:g} for the head{also}. There the loss falls quickly and is still far from "
        "where it jumps up again."
    )
    return {
        "suggestion": suggestion,
        "head_rate": head,
        "backbone_rate": backbone if learns else None,
        "words": words,
    }
