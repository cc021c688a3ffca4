"""One epoch: a pass over the training pictures, and a look at the validation pictures."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from tlcore.errors import TrainingFailed
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop, check
from tlcore.training.fit.learner import Learner, Tally
from tlcore.training.inputs.batches import Inputs
from tlcore.training.recipe.numbers import plain_number

SCORE_BATCH = 128
KEPT = " The best weights until then are kept."


class Diverged(TrainingFailed):
    """The loss is no longer a number: the same again would end the same way."""


@dataclass(frozen=True)
class Pace:
    """Where an epoch stands in its run (from 1), and every how many steps one is told.

    `kept` says whether something good is kept already.
    """

    epoch: int
    epochs: int
    first_step: int
    told_every: int
    kept: bool = False


@dataclass
class Progress:
    """How far an epoch has come: batches `done`, their sums, and losses not yet told."""

    done: int = 0
    tally: Tally = field(default_factory=Tally)
    recent: list[float] = field(default_factory=list)


def order(examples: int, batch_size: int, seed: int, epoch: int) -> list[Tensor]:
    """Indices of each batch of an epoch, shuffled by seed and epoch.

    A last batch of a single example joins the one before it: BatchNorm needs two.
    """
    generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    batches = list(torch.split(torch.randperm(examples, generator=generator), batch_size))
    if len(batches) > 1 and len(batches[-1]) == 1:
        batches[-2:] = [torch.cat(batches[-2:])]
    return batches


def train_epoch(
    learner: Learner,
    inputs: Inputs,
    targets: Tensor,
    batches: Sequence[Tensor],
    pace: Pace,
    stop: Stop,
    progress: Progress,
) -> Generator[Event, None, None]:
    """Train on the batches that are not done yet, telling `step` events and noting `progress`.

    Raises Diverged when the loss is no longer a number, and Stopped.
    """
    remaining = batches[progress.done :]
    supply = inputs.batches(remaining)
    for batch in remaining:
        check(stop)
        with learner.threads():
            loss = learner.step(next(supply), targets[batch], progress.tally)
        if not math.isfinite(loss):
            raise diverged(learner.rates_set, kept=pace.kept)
        progress.recent.append(loss)
        progress.done += 1
        step = pace.first_step + progress.done
        if step == 1 or step % pace.told_every == 0 or progress.done == len(batches):
            mean = sum(progress.recent) / len(progress.recent)
            progress.recent.clear()
            yield Event(
                "step",
                {
                    "epoch": pace.epoch,
                    "epochs": pace.epochs,
                    "step": step,
                    "position": round(pace.epoch - 1 + progress.done / len(batches), 4),
                    "loss": mean,
                    "rate": learner.rate,
                },
            )


def score(
    learner: Learner, inputs: Inputs, targets: Tensor, stop: Stop, *, kept: bool = False
) -> Tally:
    """Loss and accuracy on all examples. Raises Stopped, and Diverged as `train_epoch`.

    `kept` says whether an earlier epoch's weights are kept.
    """
    tally = Tally()
    batches = torch.split(torch.arange(len(targets)), SCORE_BATCH)
    with learner.threads():
        for tensors, indices in zip(inputs.batches(batches), batches, strict=True):
            check(stop)
            learner.score(tensors, targets[indices], tally)
    if not math.isfinite(tally.mean_loss):
        raise diverged(learner.rates_set, kept=kept)
    return tally


def diverged(rates: Mapping[str, float], *, kept: bool) -> Diverged:
    """What to say when the loss is no longer a number; `rates` by what they are set for."""
    return Diverged(
        f"The loss is no longer a number: the learning rate is too high here ({_told(rates, 1)}).",
        f"Train again with a lower learning rate: {_told(rates, 0.1)}." + (KEPT if kept else ""),
    )


def _told(rates: Mapping[str, float], share: float) -> str:
    """For example “0.001 for the head, 0.0003 for the last stage”."""
    return ", ".join(f"{plain_number(share * rate, 2)} for {name}" for name, rate in rates.items())
