"""Small backbones with random weights for tests: every family, at pictures as small as it takes."""

from __future__ import annotations

from typing import Any

import pytest
import timm
import torch
from torch import nn

SMALL = {
    "test_resnet": 64,
    "test_vit": 160,
    "test_vit3": 160,
    "test_convnext": 64,
    "test_efficientnet": 64,
    "test_nfnet": 64,
}
FAMILIES = {
    **SMALL,
    "test_byobnet": 64,
    "test_mambaout": 64,
    "resnet10t": 64,
    "test_coatnet": 160,
    "test_maxvit": 160,
    "test_vit2": 160,
    "test_vit4": 160,
    "test_vit_relpos": 160,
    "test_convnext2": 64,
    "test_efficientnet_gn": 64,
    "test_efficientnet_evos": 64,
    "resnet18": 64,
    "resnet50": 64,
    "mobilenetv1_100": 64,
    "mobilenetv2_100": 64,
    "mobilenetv3_small_100": 64,
    "mobilenetv4_conv_small": 64,
    "efficientnet_b0": 64,
    "vgg11": 64,
    "vgg16": 64,
    "inception_v3": 299,
    "convnext_atto": 64,
    "vit_tiny_patch16_224": 224,
    "vit_small_patch14_dinov2": 56,
    "vit_base_patch32_clip_224": 224,
    "swin_tiny_patch4_window7_224": 224,
    "densenet121": 64,
    "mixer_s32_224": 224,
    "deit_tiny_distilled_patch16_224": 224,
    "xcit_nano_12_p16_224": 224,
    "levit_128s": 224,
    "hrnet_w18_small": 64,
    "repvit_m0_9": 64,
    "mobilevit_xxs": 128,
    "eva02_tiny_patch14_224": 224,
}

# One of every family that the catalog recommends: tried in every full check, the rest by hand.
RECOMMENDED = {
    "resnet18",
    "mobilenetv3_small_100",
    "mobilenetv4_conv_small",
    "efficientnet_b0",
    "vgg11",
    "inception_v3",
    "convnext_atto",
    "vit_tiny_patch16_224",
    "vit_small_patch14_dinov2",
}


def cases() -> list[Any]:
    """Every family as a test's parameter: the small ones always, others when they are asked for."""
    slow = [pytest.param(name, marks=pytest.mark.slow) for name in sorted(RECOMMENDED)]
    rest = [name for name in FAMILIES if name not in SMALL and name not in RECOMMENDED]
    return [*SMALL, *slow, *(pytest.param(name, marks=pytest.mark.exhaustive) for name in rest)]


def network(name: str, *, drops: bool = False) -> tuple[nn.Module, tuple[int, int, int]]:
    """A backbone with random weights from one seed, and the (C, H, W) to test it with.

    With `drops` it drops paths and features in training, where its architecture can.
    """
    side = FAMILIES[name]
    sized = {"img_size": side} if name == "vit_small_patch14_dinov2" else {}
    torch.manual_seed(0)
    for options in ({"drop_rate": 0.1, "drop_path_rate": 0.2}, {"drop_rate": 0.1}, {}):
        try:
            module = timm.create_model(name, num_classes=0, **sized, **(options if drops else {}))
        except TypeError:  # not every architecture drops paths
            continue
        return unsettled(module), (3, side, side)
    raise AssertionError(name)


def unsettled(module: nn.Module) -> nn.Module:
    """Replace constant weights by random ones: layer scales of zero would hide every mistake."""
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.numel() > 1 and bool((parameter == parameter.flatten()[0]).all()):
                parameter.add_(0.1 * torch.randn_like(parameter))
    return module


def state(module: nn.Module) -> dict[str, torch.Tensor]:
    """A copy of all tensors of a module."""
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}
