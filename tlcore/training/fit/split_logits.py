"""What the network of a training says about one of its splits, in float32."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import torch
from torch import Tensor

from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop, check
from tlcore.training.fit.epoch import SCORE_BATCH
from tlcore.training.inputs.assembly import Assembly
from tlcore.training.inputs.batches import Inputs
from tlcore.training.inputs.input_source import Supply
from tlcore.workspace.records import Split


class Answers:
    """Asks the network as it is at that moment, as often as wanted, once `prepare` is through.

    What no phase changed is computed once per picture and kept, as in training, but in float32.
    """

    def __init__(self, assembly: Assembly, supply: Supply, split: Split, stop: Stop):
        self.assembly = assembly
        self.supply = supply
        self.split = split
        self.stop = stop
        self.cut = assembly.common_cut()
        self._inputs: Inputs | None = None

    def prepare(self) -> Generator[Event, None, None]:
        """Look at the pictures up to what may change; `progress` events. Raises Stopped."""
        self._inputs = yield from self.supply.answering(self.cut, self.split)

    def parts(self) -> Iterator[tuple[Tensor, Tensor]]:
        """(features (N, F) in float32, logits (N, labels) in float64) of each batch, in order.

        Nothing for an empty split. Raises Stopped.
        """
        if self._inputs is None:
            return
        batches = torch.split(torch.arange(len(self.supply.examples.of(self.split))), SCORE_BATCH)
        tail, head = self.cut.tail.eval(), self.assembly.network.eval().head
        for kept in self._inputs.batches(batches):
            check(self.stop)
            with torch.inference_mode():
                features = tail(*kept).float()
                logits = head(features)
            yield features.cpu(), logits.double().cpu()

    def logits(self) -> Tensor:
        """All logits (N, labels). Raises Stopped."""
        return torch.cat([logits for _, logits in self.parts()])
