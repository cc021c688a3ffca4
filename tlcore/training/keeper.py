"""Keeps the best epoch: in memory to go on from, and in the classifier folder for good."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from tlcore.training.classifier import ClassifierWriter
from tlcore.training.network import Network


@dataclass
class Keeper:
    """Judges epochs by validation loss, because percentages shown to people should be honest:

    accuracy moves in coarse steps on few pictures and does not notice when a network grows sure
    of its mistakes. Without validation pictures the latest epoch is kept.
    """

    network: Network
    writer: ClassifierWriter
    manifest: Mapping[str, Any]
    learning: Iterable[str]
    best: dict[str, Any] | None = None
    _weights: dict[str, Tensor] = field(default_factory=dict)

    def offer(self, epoch: Mapping[str, Any]) -> bool:
        """Keep the network as it is now if this epoch (data of its event) is the best so far."""
        if not self._better(epoch):
            return False
        self.keep(epoch)
        return True

    def keep(self, epoch: Mapping[str, Any]) -> None:
        """Keep the network as it is now, whatever its score."""
        self.best = dict(epoch)
        state = self.network.state_dict()
        self._weights = {name: state[name].detach().clone() for name in self.learning}
        metrics = {name: epoch.get(name) for name in METRICS}
        self.writer.write({**self.manifest, "metrics": metrics})

    @property
    def weights(self) -> dict[str, Tensor]:
        """The best weights so far, of what may change."""
        return self._weights

    def go_on(self, best: dict[str, Any] | None, weights: dict[str, Tensor]) -> None:
        """Take up what an earlier process had kept; its classifier is in the folder already."""
        self.best, self._weights = best, weights

    def restore(self) -> None:
        """Put the best weights back into the network, to go on from them."""
        if self._weights:
            self.network.load_state_dict(self._weights, strict=False)

    def _better(self, epoch: Mapping[str, Any]) -> bool:
        loss = epoch.get("validation_loss")
        if self.best is None or loss is None:
            return True
        return math.isfinite(loss) and loss < self.best["validation_loss"]


METRICS = (
    "epoch",
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
)
