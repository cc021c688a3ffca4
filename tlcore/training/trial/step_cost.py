"""What an epoch costs: a few steps and a few validation pictures, timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from tlcore.jobs.events import Event
from tlcore.jobs.stopping import check
from tlcore.training.data.augmentation import PLAIN
from tlcore.training.data.training_set import TrainingExample
from tlcore.training.fit.epoch import SCORE_BATCH, Examples, order, score
from tlcore.training.fit.learner import Learner
from tlcore.training.fit.objective import Batch, Tally
from tlcore.training.inputs.input_source import InputSource
from tlcore.training.recipe.phases import Phase
from tlcore.training.trial.memory import forward_bytes, held_bytes, learning_bytes, step_bytes
from tlcore.training.trial.trial import Trial, spread
from tlcore.workspace.records import Split

STEPS = 4  # steps in one pass of the measurement
FIRST_SCORED = 8  # validation pictures that prepare
LEAST_SECONDS, MOST_SECONDS = 0.3, 1.5  # of all passes together, and of one pass
SCHEDULED = 100_000  # steps of a schedule, so that all measured ones lie in its warm-up


@dataclass(frozen=True)
class StepCost:
    """Seconds of one step and of scoring one validation picture; peak memory in bytes."""

    step: float
    scoring: float
    memory: int


def measure_steps(
    trial: Trial, source: InputSource, phase: Phase, chosen: Sequence[TrainingExample], view: int
) -> Generator[Event, None, StepCost]:
    """Train a little on one view of the `chosen` examples.

    Yields `progress` events while the inputs are computed; its value is the cost of a step.

    `source` is that of the phase for all examples: its plan says whether features are kept.
    """
    sample = replace(trial.examples, examples=tuple(chosen))
    few = InputSource(trial.cache, sample, source.cut, source.plan)
    inputs = yield from few.training(view)
    plain = inputs
    if view != PLAIN and not source.plan.keeps:
        plain = yield from few.training(PLAIN)
    targets = torch.tensor(sample.targets(Split.TRAIN), device=trial.assembly.device)
    learner = trial.learner(source.cut, phase, steps=SCHEDULED)
    batches = _batches(trial.recipe.batch_size, len(trial.examples.of(Split.TRAIN)), len(chosen))

    def step(count: int) -> None:
        for indices, kept in zip(batches[:count], inputs.batches(batches[:count]), strict=True):
            check(trial.stop)
            with learner.threads():
                learner.step(Batch(kept, targets[indices]), Tally())

    def validate(count: int) -> None:
        score(learner, Examples(plain, targets[:count]), trial.stop)

    began = time.perf_counter()
    first_batch = Batch(next(inputs.batches([batches[0]])), targets[batches[0]])
    memory = _memory(trial, source, learner, first_batch)
    first = time.perf_counter() - began  # one step, watched; it also prepares
    seconds = _timed(step, first, len(batches))
    prepared = min(FIRST_SCORED, len(chosen))
    began = time.perf_counter()
    validate(prepared)
    scoring = _timed(validate, (time.perf_counter() - began) / prepared, len(chosen))
    return StepCost(seconds, scoring, memory)


def sampled(chosen: Sequence[TrainingExample], batch_size: int) -> list[TrainingExample]:
    """The examples for the steps of one pass, evenly over the labels."""
    most = max(STEPS * batch_size, SCORE_BATCH)
    return [chosen[index] for index in spread(len(chosen), most).tolist()]


def steps_of_epoch(examples: int, batch_size: int, *, pooled: bool) -> float:
    """Steps of an epoch; where stages learn, a last small batch counts as a part of one."""
    if pooled:
        return float(len(order(examples, batch_size, 0, 0)))
    return examples / min(batch_size, examples)


def _batches(batch_size: int, examples: int, sample: int) -> list[Tensor]:
    """Full batches of indices (B,) into the sample, which come again where it is small."""
    size = min(batch_size, examples)
    indices = torch.arange(STEPS * size) * 7919 % sample  # a prime, so that labels are mixed
    return list(torch.split(indices, size))


def _timed(work: Callable[[int], None], first: float, most: int) -> float:
    """Seconds of one unit of `work`, which does a number of them; the first took `first` seconds.

    At most `most` are done at a time.
    """
    count = int(min(most, max(1.0, MOST_SECONDS / max(first, 1e-6))))
    done, spent = 0, 0.0
    while spent < LEAST_SECONDS:
        began = time.perf_counter()
        work(count)
        done, spent = done + count, spent + time.perf_counter() - began
    return spent / done


def _memory(trial: Trial, source: InputSource, learner: Learner, batch: Batch) -> int:
    """Bytes at the peak: weights, gradients and moments, a step or a frozen pass, kept features."""
    network, cut = trial.assembly.network, source.cut
    stepping = step_bytes(learner, batch)
    frozen_pass = forward_bytes(cut.prefix, trial.assembly.size) if cut.stage_index else 0
    held = source.plan.needed if source.plan.keeps else 0
    whole = sum(tensor.nbytes for tensor in network.state_dict().values())
    learning = learning_bytes(network, trial.recipe)
    at_once = max(stepping, frozen_pass)
    pooled = trial.assembly.pooled(cut)
    return int(whole + learning + at_once + held_bytes(held, pooled=pooled))
