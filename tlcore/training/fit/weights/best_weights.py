"""Keeps the best weights: in memory to go on from, and in the classifier folder for good."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tlcore.classifier.network import Network
from tlcore.classifier.writer import ClassifierWriter
from tlcore.training.fit.epoch_score import EpochScore
from tlcore.training.fit.weights.averaging import WeightMean
from tlcore.training.fit.weights.manifest_draft import manifest_draft
from tlcore.training.inputs.assembly import Assembly


@dataclass
class BestWeights:
    """Judges epochs by validation loss, because percentages shown to people should be honest:

    accuracy moves in coarse steps on few pictures and does not notice when a network grows sure
    of its mistakes. Without validation pictures the latest epoch is kept. The weights of the best
    epoch and of those after it are averaged on the way; in the end the mean may take its place.

    `learning` names the tensors that may change, `weights` are the kept ones of them. `best` is the
    score of the best epoch, `kept` that of what is kept: of the mean, in the end.
    """

    network: Network
    writer: ClassifierWriter
    manifest: Mapping[str, Any]
    learning: Iterable[str]
    average: bool = True
    best: EpochScore | None = None
    kept: EpochScore | None = None
    weights: dict[str, Tensor] = field(default_factory=dict)
    mean: WeightMean = field(default_factory=WeightMean)

    def offer(self, score: EpochScore) -> bool:
        """Keep the network as it is now if its epoch is the best so far. Returns whether it is."""
        if self.best is None or score.better_than(self.best):
            self.keep(score)
            return True
        if self.average:
            self.mean.add(self._learned())
        return False

    def keep(self, score: EpochScore) -> None:
        """Keep the network as it is now, whatever its score."""
        self.best = self.kept = score
        self.weights = {name: tensor.clone() for name, tensor in self._learned().items()}
        self.mean = WeightMean()
        if self.average:
            self.mean.add(self.weights)
        self._write(score)

    def keep_mean(self, score: EpochScore) -> None:
        """Keep the mean, which has this score, in the place of the best epoch."""
        self.kept, self.weights = score, self.mean.tensors
        self.restore()
        self._write(score)

    def resume(self, best: EpochScore | None, weights: dict[str, Tensor], mean: WeightMean) -> None:
        """Take up what an earlier process had kept; its classifier is in the folder already."""
        self.best = self.kept = best
        self.weights, self.mean = weights, mean

    def restore(self) -> None:
        """Put the kept weights back into the network, to go on from them."""
        self.put(self.weights)

    def put(self, weights: Mapping[str, Tensor]) -> None:
        """Make the network what it is with these weights, of what may change."""
        if weights:
            self.network.load_state_dict(weights, strict=False)

    @property
    def sound(self) -> bool:
        """Whether all that may change in the network is made of numbers."""
        return all(bool(torch.isfinite(tensor).all()) for tensor in self._learned().values())

    def _learned(self) -> dict[str, Tensor]:
        state = self.network.state_dict()
        return {name: state[name].detach() for name in self.learning}

    def _write(self, score: EpochScore) -> None:
        self.writer.write({**self.manifest, "metrics": score.to_json()})


def best_weights(
    assembly: Assembly, folder: Path, origin: Mapping[str, Any] | None = None
) -> BestWeights:
    """The best weights of a training, to be kept in this classifier folder.

    `origin` is what its manifest notes of the classifier that it started from.
    """
    writer = ClassifierWriter(folder, assembly.network, assembly.learning)
    return BestWeights(
        assembly.network,
        writer,
        manifest_draft(assembly, origin),
        assembly.learning,
        assembly.recipe.average,
    )
