"""Heat maps point at what decides, for convolutional networks and transformers alike."""

from __future__ import annotations

import numpy as np
import pytest
import timm
import torch

from tlcore.backbones.preprocessing import Preprocessing
from tlcore.classifier.classifier import Classifier
from tlcore.classifier.manifest import Manifest
from tlcore.classifier.network import Head, Network
from tlcore.results.explain.heat import GRID, Explainer, outside_share


class Corner(torch.nn.Module):
    """A network that sees nothing but how bright the upper left quarter is, after a convolution."""

    num_features = 1

    def __init__(self) -> None:
        super().__init__()
        self.edges = torch.nn.Conv2d(3, 1, 1, bias=False)
        torch.nn.init.ones_(self.edges.weight)
        self.pool = torch.nn.AvgPool2d(8)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        maps = self.pool(self.edges(pictures))
        mask = torch.zeros_like(maps)
        mask[..., : maps.shape[-2] // 2, : maps.shape[-1] // 2] = 1
        return (maps * mask).relu().sum(dim=(2, 3))


def classifier(backbone: torch.nn.Module, side: int, architecture: str = "x") -> Classifier:
    torch.manual_seed(0)
    head = Head(int(backbone.num_features), 2)
    torch.nn.init.normal_(head.linear.weight)
    manifest = Manifest.model_validate({
        "labels": ("a", "b"),
        "backbone": {"name": architecture, "architecture": architecture},
        "head": {"features": int(backbone.num_features)},
        "preprocessing": {},
        "weights": [{"name": "learned.safetensors", "bytes": 1, "sha256": "0" * 64}],
    })  # fmt: skip
    return Classifier(manifest, Network(backbone, head), Preprocessing(input_size=(3, side, side)))


def test_heat_lies_where_the_answer_comes_from() -> None:
    corner = classifier(Corner(), 64)
    with torch.no_grad():
        corner.network.head.linear.weight[:] = torch.tensor([[1.0], [-1.0]])
    explainer = Explainer(corner)
    pixels = torch.full((3, 3, 64, 64), 255, dtype=torch.uint8)
    maps = explainer.maps(pixels, [0, 0, 0])
    assert maps.shape == (3, GRID, GRID) and 0 <= maps.min() <= maps.max() <= 1
    before = classifier(Corner(), 64)
    assert torch.equal(before.network.backbone.edges.weight, corner.network.backbone.edges.weight)
    assert explainer.method in ("Grad-CAM", "Layer-CAM", "input gradients")


@pytest.mark.parametrize("name", ["test_resnet", "test_vit", "test_efficientnet", "test_convnext"])
def test_every_kind_of_network_has_maps(name: str) -> None:
    backbone = timm.create_model(name, pretrained=False, num_classes=0)
    side = Preprocessing.of(backbone).input_size[1]
    network = classifier(backbone, side, name)
    pixels = torch.randint(0, 256, (3, 3, side, side), dtype=torch.uint8)
    probabilities = network.classify(list(pixels)).probabilities
    explainer = Explainer(network)
    assert explainer.place is not None and explainer.place.height >= 5
    maps = explainer.maps(pixels, [0, 1, 0])
    assert maps.shape == (3, GRID, GRID) and np.isfinite(maps).all()
    # a map may be empty: then nothing in the picture speaks for the label
    assert maps.max() == 1 and maps.std(axis=(1, 2)).max() > 0.01
    assert network.classify(list(pixels)).probabilities == pytest.approx(
        np.array(probabilities), abs=1e-6
    )
    assert not any(module._forward_hooks for module in network.network.modules())


def test_without_a_map_the_pixels_gradient_is_taken() -> None:
    class Flat(torch.nn.Module):
        num_features = 5

        def __init__(self) -> None:
            super().__init__()
            self.linear = torch.nn.Linear(3 * 32 * 32, 5)
            with torch.no_grad():  # it only sees the upper half
                self.linear.weight.reshape(5, 3, 32, 32)[:, :, 16:] = 0

        def forward(self, pictures: torch.Tensor) -> torch.Tensor:
            return self.linear(pictures.flatten(1))

    explainer = Explainer(classifier(Flat(), 32))
    assert explainer.place is None and explainer.method == "input gradients"
    [heat] = explainer.maps(torch.randint(0, 256, (1, 3, 32, 32), dtype=torch.uint8), [1])
    assert heat[:14].mean() > 10 * heat[18:].mean()


def test_the_share_outside_the_middle() -> None:
    even = np.ones((1, 40, 40), np.float32)
    frame = even.copy()
    frame[:, 8:32, 8:32] = 0
    shares = outside_share(np.concatenate([even, frame, even * 0]), 0.6)
    assert shares[0] == pytest.approx(1 - 0.36) and shares[1] == 1
    assert np.isnan(shares[2])
