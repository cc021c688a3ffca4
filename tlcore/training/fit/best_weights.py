"""Keeps what is best: in memory to go on from, and in the classifier folder for good."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from tlcore.classifier.network import Network
from tlcore.classifier.writer import ClassifierWriter
from tlcore.training.fit.averaging import WeightMean


@dataclass
class Keeper:
    """Judges epochs by validation loss, because percentages shown to people should be honest:

    accuracy moves in coarse steps on few pictures and does not notice when a network grows sure
    of its mistakes. Without validation pictures the latest epoch is kept. The weights of the best
    epoch and of those after it are averaged on the way; in the end the mean may take its place.
    """

    network: Network
    writer: ClassifierWriter
    manifest: Mapping[str, Any]
    learning: Iterable[str]
    average: bool = True
    best: dict[str, Any] | None = None
    mean: WeightMean = field(default_factory=WeightMean)
    kept: dict[str, Any] = field(default_factory=dict)
    _weights: dict[str, Tensor] = field(default_factory=dict)

    def offer(self, epoch: Mapping[str, Any]) -> bool:
        """Keep the network as it is now if this epoch (data of its event) is the best so far."""
        if self._better(epoch):
            self.keep(epoch)
            return True
        if self.average:
            self.mean.add(self._learned())
        return False

    def keep(self, epoch: Mapping[str, Any]) -> None:
        """Keep the network as it is now, whatever its score."""
        self.best = self.kept = dict(epoch)
        self._weights = {name: one.clone() for name, one in self._learned().items()}
        self.mean = WeightMean()
        if self.average:
            self.mean.add(self._weights)
        self._write(epoch)

    def keep_mean(self, told: Mapping[str, Any]) -> None:
        """Keep the mean in the place of the best epoch, with what is `told` of it."""
        self.kept, self._weights = dict(told), self.mean.tensors
        self.restore()
        self._write(told)

    @property
    def sound(self) -> bool:
        """Whether all that may change in the network is made of numbers."""
        return all(bool(torch.isfinite(one).all()) for one in self._learned().values())

    def _learned(self) -> dict[str, Tensor]:
        state = self.network.state_dict()
        return {name: state[name].detach() for name in self.learning}

    def _write(self, metrics: Mapping[str, Any]) -> None:
        told = {name: metrics.get(name) for name in METRICS}
        self.writer.write({**self.manifest, "metrics": told})

    @property
    def weights(self) -> dict[str, Tensor]:
        """The kept weights, of what may change."""
        return self._weights

    def go_on(
        self, best: dict[str, Any] | None, weights: dict[str, Tensor], mean: WeightMean
    ) -> None:
        """Take up what an earlier process had kept; its classifier is in the folder already."""
        self.best, self.kept, self._weights, self.mean = best, best or {}, weights, mean

    def restore(self) -> None:
        """Put the kept weights back into the network, to go on from them."""
        self.put(self._weights)

    def put(self, weights: Mapping[str, Tensor]) -> None:
        """Make the network what it is with these weights, of what may change."""
        if weights:
            self.network.load_state_dict(weights, strict=False)

    def _better(self, epoch: Mapping[str, Any]) -> bool:
        loss = epoch.get("validation_loss")
        if self.best is None or loss is None:
            return True
        return math.isfinite(loss) and loss < self.best["validation_loss"]


METRICS = (
    "epoch",
    "averaged",
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
)
