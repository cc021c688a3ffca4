"""The logits that the network of a training gives for one of its splits, in float32."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import torch
from torch import Tensor

from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop, check
from tlcore.training.data.training_set import TrainingSet
from tlcore.training.fit.epoch import SCORE_BATCH
from tlcore.training.inputs.batches import Inputs
from tlcore.training.inputs.feature_cache import FeatureCache
from tlcore.training.inputs.input_source import CHECKING, float32_source
from tlcore.workspace.records import Split


class SplitLogits:
    """Computes them with the network as it is at that moment, as often as wanted.

    `inputs` are those of the split at the cut below which no phase has changed anything, None for
    an empty split; `split_logits` makes them.
    """

    def __init__(self, cache: FeatureCache, inputs: Inputs | None, count: int, stop: Stop):
        self.assembly = cache.assembly
        self.inputs = inputs
        self.count = count
        self.stop = stop

    def batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """(features (B, F) in float32, logits (B, labels) in float64) of each batch, in order.

        Nothing for an empty split. Raises Stopped.
        """
        if self.inputs is None:
            return
        indices = torch.split(torch.arange(self.count), SCORE_BATCH)
        tail, head = self.assembly.common_cut.tail.eval(), self.assembly.network.eval().head
        for kept in self.inputs.batches(indices):
            check(self.stop)
            with torch.inference_mode():
                features = tail(*kept).float()
                logits = head(features)
            yield features.cpu(), logits.double().cpu()

    def logits(self) -> Tensor:
        """All logits (N, labels) in float64. Raises Stopped."""
        return torch.cat([logits for _, logits in self.batches()])


def split_logits(
    cache: FeatureCache, examples: TrainingSet, split: Split, stop: Stop
) -> Generator[Event, None, SplitLogits]:
    """Look at the pictures of a split up to what may change; yields `progress` events.

    What no phase changed is computed once per picture and kept, as in training, but in float32.
    Raises Stopped.
    """
    inputs = yield from float32_source(cache, examples, split).plain(split, CHECKING)
    return SplitLogits(cache, inputs, len(examples.of(split)), stop)
