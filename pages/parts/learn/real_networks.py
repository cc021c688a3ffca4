"""Real networks by stage: parameter counts, as Graft divides them (a test recounts)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RealNetwork:
    """A timm architecture: its `features` before the head, and (title, parameters) per stage."""

    title: str
    architecture: str
    features: int
    stages: tuple[tuple[str, int], ...]

    def head(self, labels: int) -> int:
        """Parameters of a new linear head for this many labels."""
        return (self.features + 1) * labels

    def learning(self, frozen: int, labels: int) -> int:
        """Parameters that learn when the first `frozen` stages do not."""
        return sum(count for _, count in self.stages[frozen:]) + self.head(labels)

    def all(self, labels: int) -> int:
        """Every parameter, frozen or not."""
        return self.learning(0, labels)


FIVE = ("Edges", "Textures", "Patterns", "Parts", "Objects")


def _five(*counts: int) -> tuple[tuple[str, int], ...]:
    return tuple(zip(FIVE, counts, strict=True))


NETWORKS = (
    RealNetwork("ResNet-18", "resnet18", 512, _five(9536, 147968, 525568, 2099712, 8393728)),
    RealNetwork("ResNet-50", "resnet50", 2048, _five(9536, 215808, 1219584, 7098368, 14964736)),
    RealNetwork(
        "EfficientNet-B0", "efficientnet_b0", 1280, _five(2376, 16714, 46640, 786078, 3155740)
    ),
    RealNetwork(
        "ViT-Tiny", "vit_tiny_patch16_224", 192, _five(185664, 1334592, 1334592, 1334592, 1334976)
    ),
)
