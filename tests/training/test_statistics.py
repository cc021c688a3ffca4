"""BatchNorm statistics: when they move by themselves, and what is said about it."""

from __future__ import annotations

import pytest
import timm
import torch

from tlcore.backbones.batchnorm import batch_norm_kind
from tlcore.training.recipe import Recipe
from tlcore.training.statistics import SMALLEST_BATCH, choose_statistics


@pytest.mark.parametrize(
    ("settings", "kind", "moving"),
    [
        ({"batch_size": SMALLEST_BATCH}, "real", True),
        ({"batch_size": SMALLEST_BATCH - 1}, "real", False),
        ({"batch_size": 64}, "folded", False),
        ({"batch_size": 64}, "none", False),
        ({"batch_size": 4, "moving_statistics": True}, "real", True),
        ({"batch_size": 64, "moving_statistics": False}, "real", False),
        ({"batch_size": 4, "pretrained": False}, "folded", True),
    ],
)
def test_what_moves(settings: dict[str, object], kind: str, moving: bool) -> None:
    choice = choose_statistics(Recipe.read({"backbone": "a", **settings}), kind)  # type: ignore[arg-type]
    assert choice.moving == moving
    assert choice.words.endswith(".")


def test_what_a_backbone_has() -> None:
    resnet = timm.create_model("test_resnet", num_classes=0)
    assert batch_norm_kind(resnet) == "folded"  # never trained: mean 0, variance 1
    with torch.no_grad():
        next(iter(dict(resnet.named_buffers()).values())).add_(0.1)
    assert batch_norm_kind(resnet) == "real"
    assert batch_norm_kind(timm.create_model("test_vit", num_classes=0)) == "none"
