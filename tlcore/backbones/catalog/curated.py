"""The dozen backbones that the catalog shows first, in plain words. It knows nothing of torch.

Accuracies are ImageNet top-1 at the shown input size as their authors or timm publish them: the
model cards on the hub and timm's results table; ResNets from Wightman et al. 2021 (arXiv
2110.00476); ConvNeXt from Liu et al. 2022 (2201.03545); DINOv2 is a linear probe, Oquab et al. 2023
(2304.07193).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tlcore.backbones.sources.bundled import BundledSource
from tlcore.backbones.sources.lite import IMAGENET, LITE

IMAGENET_21K = "ImageNet-21k: 14 million photographs of 21,000 kinds of things"


@dataclass(frozen=True)
class Curated:
    """What we say of a backbone of timm. `download` is in bytes, `imagenet_top1` in per cent."""

    name: str
    title: str
    words: str
    download: int
    imagenet_top1: float
    trained_on: str = IMAGENET
    licence: str = "Apache-2.0"
    model_args: dict[str, Any] = field(default_factory=dict)


CURATED = (
    Curated(
        "mobilenetv3_small_100.lamb_in1k", "MobileNetV3 Small",
        "Made for telephones. Very small and very quick.", 10_200_000, 67.7,
    ),
    Curated(
        "mobilenetv4_conv_small.e2400_r224_in1k", "MobileNetV4 Small",
        "A newer network for telephones: nearly as quick, and it sees more.", 15_200_000, 73.8,
    ),
    Curated(
        "efficientnet_b0.ra_in1k", "EfficientNet-B0",
        "Small and careful. Good when differences are fine.", 21_400_000, 77.7,
    ),
    Curated(
        "resnet18.a1_in1k", "ResNet-18",
        "The classic of textbooks. Its stages are easy to follow.", 46_800_000, 71.5,
    ),
    Curated(
        "resnet50.a1_in1k", "ResNet-50",
        "The classic workhorse. Sees more than ResNet-18 and takes about twice as long.",
        102_500_000, 80.4,
    ),
    Curated(
        "vgg16.tv_in1k", "VGG16",
        "From 2014: big and slow, but it is in every course and easy to draw.", 553_400_000, 71.6,
        licence="BSD-3-Clause",
    ),
    Curated(
        "inception_v3.tv_in1k", "Inception v3",
        "Looks at several scales at once, on larger pictures (299 pixels).", 95_500_000, 77.3,
    ),
    Curated(
        "convnext_tiny.fb_in1k", "ConvNeXt-Tiny",
        "A modern network of the classic kind. Strong, and slow without a graphics card.",
        114_400_000, 82.1,
    ),
    Curated(
        "vit_tiny_patch16_224.augreg_in21k_ft_in1k", "ViT-Tiny",
        "A small transformer: it compares all parts of a picture with each other.",
        22_900_000, 75.5, IMAGENET_21K,
    ),
    Curated(
        "vit_small_patch16_224.augreg_in21k_ft_in1k", "ViT-Small",
        "A transformer that sees a lot. Slow without a graphics card.",
        88_200_000, 81.4, IMAGENET_21K,
    ),
    Curated(
        "vit_small_patch14_dinov2.lvd142m", "DINOv2 Small",
        "Learned to see without labels. Strong on unusual pictures; the slowest of these.",
        88_300_000, 81.1, "LVD-142M: 142 million photographs, without labels",
    ),
)  # fmt: skip


BUNDLED_TITLE = "Graft's own backbone"
BUNDLED_WORDS = "Comes with Graft. Small and quick: the first choice on a laptop."
BY_NAME = {curated.name: curated for curated in CURATED}
DEFAULT_BACKBONE = BundledSource().names()[0]
PACKAGE_TITLES = {package.name: package.note.title or package.name for package in LITE}
EARLIER_DEFAULTS = ("graft_resnet10t",)  # what Graft carried once: projects may still name them


def title_of(name: str) -> str:
    """What a backbone is called where people read it; its name where we have no other."""
    if name == DEFAULT_BACKBONE:
        return BUNDLED_TITLE
    if name in EARLIER_DEFAULTS:
        return f"{BUNDLED_TITLE}, an earlier one"
    return BY_NAME[name].title if name in BY_NAME else PACKAGE_TITLES.get(name, name)


def full_title(name: str) -> str:
    """The title with the name beside it, where the network may have to be found again."""
    title = title_of(name)
    return name if title == name else f"{title} ({name})"
