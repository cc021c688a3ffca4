"""What a trained network says about a split, in float32: the figures that leave the app."""

from __future__ import annotations

from collections.abc import Generator

import torch

from tlcore.jobs.events import Event
from tlcore.training.epoch import SCORE_BATCH
from tlcore.training.loop import Training
from tlcore.training.stopping import check
from tlcore.workspace.records import Split

Rows = list[tuple[float, ...]]


def answers(training: Training, split: Split) -> Generator[Event, None, Rows]:
    """Probabilities (N, labels) of the kept network for the examples of `split`, in their order.

    What no phase changed is computed once per picture and kept, as in training, but in float32.
    Its value is a list with one row per example; it yields `progress` events.
    """
    training.keeper.restore()
    assembly = training.assembly
    cut = assembly.common_cut()
    network = assembly.network.eval()
    inputs = yield from training.supply.answering(cut, split)
    rows: Rows = []
    if inputs is None:
        return rows
    count = len(training.examples.of(split))
    batches = torch.split(torch.arange(count), SCORE_BATCH)
    tail = cut.tail.eval()
    with torch.inference_mode():
        for kept in inputs.batches(batches):
            check(training.stop)
            logits = network.head(tail(*kept).float())
            rows += [tuple(row) for row in logits.double().softmax(1).tolist()]
    return rows
