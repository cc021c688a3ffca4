"""Loads backbones with their pretrained weights, from wherever they are on this computer."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from tlcore.backbones.catalog.card import BackboneCard
from tlcore.backbones.catalog.cards import describe
from tlcore.backbones.preprocessing import Preprocessing
from tlcore.backbones.sources.registry import find, not_here
from tlcore.backbones.weights_file import build, fingerprint, load


@dataclass(frozen=True)
class Backbone:
    """A network without its classifier: pictures (N, 3, H, W) → pooled features (N, `features`).

    `pretrained` is false for random weights, which serve only to compare with starting from
    nothing. `fingerprint` tells weights apart: the same weights have the same one, on any computer.
    """

    module: nn.Module
    card: BackboneCard
    preprocessing: Preprocessing
    pretrained: bool
    fingerprint: str

    @property
    def features(self) -> int:
        """How many pooled features a picture gives."""
        return self.card.features


def load_backbone(
    name: str, *, pretrained: bool = True, drop_path: float = 0.0, drop_rate: float = 0.0
) -> Backbone:
    """Load a backbone in evaluation mode, in float32, on the CPU. Asks no network.

    `drop_path` and `drop_rate` are used where the architecture has them. `pretrained=False` gives
    random weights from PyTorch's current seed.

    Raises:
        UnknownModel: no such name.
        WeightsUnavailable: the weights are not on this computer, or are not those of this backbone.
    """
    record = find(name)
    drops = {"drop_path_rate": drop_path, "drop_rate": drop_rate}
    options = {key: value for key, value in drops.items() if value}
    if pretrained:
        if record.path is None:
            raise not_here(record)
        module = load(record, record.path, options)
    else:
        module = build(record, options)
    return Backbone(
        module=module.eval(),
        fingerprint=fingerprint(module),
        card=describe(record),
        preprocessing=Preprocessing.of(module),
        pretrained=pretrained,
    )
