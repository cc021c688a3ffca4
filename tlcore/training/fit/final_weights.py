"""At the end of a training: which weights it leaves, one epoch's or the mean of several."""

from __future__ import annotations

from collections.abc import Generator

from torch import Tensor
from torch.nn import functional as F

from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop
from tlcore.training.fit.averaging import clearly_worse
from tlcore.training.fit.best_weights import Keeper
from tlcore.training.fit.split_logits import Answers
from tlcore.training.inputs.assembly import Assembly
from tlcore.training.inputs.input_source import Supply
from tlcore.workspace.records import Split


def settle(
    assembly: Assembly, supply: Supply, keeper: Keeper, last: int, stop: Stop
) -> Generator[Event, None, None]:
    """Keep the mean from the best epoch to the `last`, unless validation is clearly against it.

    Asks both about the validation pictures; yields `progress`, and a `note` that says which is
    kept. Where the best epoch is the last there is nothing to choose; where it is 0, what the
    training began with, that is kept, for no further epoch did better. Raises Stopped, and then the
    best epoch is kept.
    """
    if keeper.best is None or keeper.best["epoch"] == 0 or keeper.mean.count < 2:
        return
    answers = Answers(assembly, supply, Split.VALIDATION, stop)
    yield from answers.prepare()
    keeper.put(keeper.mean.tensors)
    mean = answers.logits()
    keeper.restore()
    targets, weights = assembly.validation_targets.cpu(), assembly.label_weights.double().cpu()
    first = int(keeper.best["epoch"])
    if clearly_worse(mean, answers.logits(), targets, weights):
        yield Event("note", {"words": ALONE.format(first=first, last=last)})
        return
    keeper.keep_mean({"epoch": first, "averaged": [first, last], **_told(mean, targets, weights)})
    yield Event("note", {"words": AVERAGED.format(first=first, last=last)})


def _told(logits: Tensor, targets: Tensor, weights: Tensor) -> dict[str, float]:
    """Loss, weighted by label as in training, and the share of right answers."""
    return {
        "validation_loss": float(F.cross_entropy(logits, targets, weight=weights)),
        "validation_accuracy": float((logits.argmax(1) == targets).double().mean()),
    }


AVERAGED = (
    "What is kept is the mean of epochs {first} to {last}: epoch {first} did best on the "
    "validation pictures, and the mean from there on is less a matter of chance than one epoch."
)
ALONE = (
    "Epoch {first} alone is kept: the mean of epochs {first} to {last} gets clearly fewer of the "
    "validation pictures right."
)
