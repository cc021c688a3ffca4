"""At the end of a training: which weights it leaves, one epoch's or the mean of several."""

from __future__ import annotations

from collections.abc import Generator

from torch import Tensor
from torch.nn import functional as F

from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop
from tlcore.training.fit.epoch_score import EpochScore
from tlcore.training.fit.reporting.events import Note
from tlcore.training.fit.weights.averaging import clearly_worse
from tlcore.training.fit.weights.best_weights import BestWeights
from tlcore.training.fit.weights.split_logits import split_logits
from tlcore.training.inputs.feature_cache import FeatureCache
from tlcore.workspace.records import Split

AVERAGED = (
    "What is kept is the mean of epochs {first} to {last}: epoch {first} did best on the "
    "validation pictures, and the mean from there on is less a matter of chance than one epoch."
)
ALONE = (
    "Epoch {first} alone is kept: the mean of epochs {first} to {last} gets clearly fewer of the "
    "validation pictures right."
)


def keep_final_weights(
    best: BestWeights, cache: FeatureCache, last: int, stop: Stop
) -> Generator[Event, None, None]:
    """Keep the mean from the best epoch to the `last`, unless validation is clearly against it.

    Scores both on the validation pictures; yields `progress`, and a `note` that says which is
    kept. Where the best epoch is the last there is nothing to choose; where it is 0, what the
    training began with, that is kept, for no further epoch did better. Raises Stopped, and then the
    best epoch is kept.
    """
    if best.best is None or best.best.epoch == 0 or best.mean.count < 2:
        return
    assembly, first = cache.assembly, best.best.epoch
    validation = yield from split_logits(cache, assembly.examples, Split.VALIDATION, stop)
    best.put(best.mean.tensors)
    of_mean = validation.logits()
    best.restore()
    targets, weights = assembly.validation_targets.cpu(), assembly.label_weights.double().cpu()
    if clearly_worse(of_mean, validation.logits(), targets, weights):
        yield Note(ALONE.format(first=first, last=last)).to_event()
        return
    best.keep_mean(_score(of_mean, targets, weights, (first, last)))
    yield Note(AVERAGED.format(first=first, last=last)).to_event()


def _score(logits: Tensor, targets: Tensor, weights: Tensor, epochs: tuple[int, int]) -> EpochScore:
    """Of logits (N, labels) for targets (N,): the loss weighted by label (labels,), as in training.

    `epochs` are the first and the last that the weights are the mean of.
    """
    loss = float(F.cross_entropy(logits, targets, weight=weights))
    accuracy = float((logits.argmax(1) == targets).double().mean())
    return EpochScore(
        epochs[0], averaged=epochs, validation_loss=loss, validation_accuracy=accuracy
    )
