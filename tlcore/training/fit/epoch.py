"""One epoch: a pass over the training pictures, and a look at the validation pictures."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from tlcore.errors import TrainingFailed
from tlcore.jobs.stopping import Stop, check, never
from tlcore.training.fit.learner import Learner
from tlcore.training.fit.objective import Batch, Kept, Tally
from tlcore.training.fit.reporting.events import StepsDone
from tlcore.training.fit.resuming.progress import Progress
from tlcore.training.inputs.batches import Inputs
from tlcore.training.recipe.numbers import plain_number
from tlcore.workspace.records import Split

SCORE_BATCH = 128
MEASURED_PICTURES = 256
KEPT = " The best weights until then are kept."


class Diverged(TrainingFailed):
    """The loss is no longer a number: the same again would end the same way."""


@dataclass(frozen=True)
class Pace:
    """Where an epoch stands in its training (from 1), and every how many steps one is reported.

    `kept` says whether something good is kept already.
    """

    epoch: int
    epochs: int
    first_step: int
    report_every: int
    kept: bool = False


@dataclass(frozen=True)
class Examples:
    """Inputs of one split, with their targets (N,) or (N, questions), on the device.

    `others` are inputs of further splits, each with its number of examples, from which every step
    takes a batch too.
    """

    inputs: Inputs
    targets: Tensor
    others: Mapping[Split, tuple[Inputs, int]] = field(default_factory=dict)


def order(examples: int, batch_size: int, seed: int, epoch: int) -> list[Tensor]:
    """Indices of each batch of an epoch, shuffled by seed and epoch.

    A last batch of a single example joins the one before it: BatchNorm needs two.
    """
    generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    batches = list(torch.split(torch.randperm(examples, generator=generator), batch_size))
    if len(batches) > 1 and len(batches[-1]) == 1:
        batches[-2:] = [torch.cat(batches[-2:])]
    return batches


def evenly_spread(count: int) -> tuple[Tensor, ...]:
    """Batches (B,) of indices evenly over all training examples, which stand sorted by label."""
    chosen = torch.linspace(0, count - 1, min(count, MEASURED_PICTURES)).round().long()
    return torch.split(chosen, SCORE_BATCH)


def train_epoch(
    learner: Learner,
    examples: Examples,
    batches: Sequence[Tensor],
    pace: Pace,
    stop: Stop,
    progress: Progress,
) -> Generator[StepsDone, None, None]:
    """Train on the batches (indices of examples) that are not done yet, and note the `progress`.

    Raises Diverged when the loss is no longer a number, and Stopped.
    """
    remaining = batches[progress.done :]
    loaded = examples.inputs.batches(remaining)
    others = {split: _cycled(*its, batches, pace.epoch, progress.done)
              for split, its in examples.others.items()}  # fmt: skip
    for indices in remaining:
        check(stop)
        with learner.threads():
            kept = {split: next(its) for split, its in others.items()}
            batch = Batch(next(loaded), examples.targets[indices], kept)
            loss = learner.step(batch, progress.tally)
        if not math.isfinite(loss):
            raise diverged(learner.rates_set, kept=pace.kept)
        progress.recent.append(loss)
        progress.done += 1
        step = pace.first_step + progress.done
        if step == 1 or step % pace.report_every == 0 or progress.done == len(batches):
            mean = sum(progress.recent) / len(progress.recent)
            progress.recent.clear()
            position = round(pace.epoch - 1 + progress.done / len(batches), 4)
            yield StepsDone(position, mean, learner.rate, step, pace.epoch, pace.epochs)


def score(learner: Learner, examples: Examples, stop: Stop = never, *, kept: bool = False) -> Tally:
    """Loss and accuracy on all examples. Raises Stopped, and Diverged as `train_epoch`.

    `kept` says whether an earlier epoch's weights are kept.
    """
    tally = Tally()
    batches = torch.split(torch.arange(len(examples.targets)), SCORE_BATCH)
    with learner.threads():
        loaded = examples.inputs.batches(batches)
        for tensors, indices in zip(loaded, batches, strict=True):
            check(stop)
            learner.score(Batch(tensors, examples.targets[indices]), tally)
    if not math.isfinite(tally.mean_loss):
        raise diverged(learner.rates_set, kept=kept)
    return tally


def _cycled(
    inputs: Inputs, count: int, batches: Sequence[Tensor], epoch: int, done: int
) -> Iterator[Kept]:
    """Batches of another split's `count` examples: as many, and as large, as those to learn from.

    In an order of the epoch's own, again and again where there are fewer of them. The first `done`
    are left out.
    """
    sizes = [len(indices) for indices in batches]
    total, shuffled = sum(sizes), list[Tensor]()
    while sum(map(len, shuffled)) < total:
        generator = torch.Generator().manual_seed(epoch * 1_000_003 + len(shuffled))
        shuffled.append(torch.randperm(count, generator=generator))
    return inputs.batches(torch.split(torch.cat(shuffled)[:total], sizes)[done:])


def diverged(rates: Mapping[str, float], *, kept: bool) -> Diverged:
    """What to say when the loss is no longer a number; `rates` by what they are set for."""
    return Diverged(
        "The loss is no longer a number: the learning rate is too high here "
        f"({_rates_in_words(rates, 1)}).",
        f"Train again with a lower learning rate: {_rates_in_words(rates, 0.1)}."
        + (KEPT if kept else ""),
    )


def _rates_in_words(rates: Mapping[str, float], share: float) -> str:
    """For example “0.001 for the head, 0.0003 for the last stage”."""
    return ", ".join(f"{plain_number(share * rate, 2)} for {name}" for name, rate in rates.items())
