"""BatchNorms folded into convolutions: the same answers, and nothing changed that was there."""

from __future__ import annotations

import pytest
import timm
import torch
from torch import Tensor, nn

from tlcore.backbones.cut.cut import cut
from tlcore.backbones.cut.stages import stages
from tlcore.backbones.engines.folding import folded


def pictures(size: int = 64) -> Tensor:
    return torch.randn(4, 3, size, size, generator=torch.Generator().manual_seed(0))


def lively(name: str, **arguments: object) -> nn.Module:
    """A network whose BatchNorms do something."""
    torch.manual_seed(0)
    module = timm.create_model(name, num_classes=0, **arguments).train()
    with torch.no_grad():
        for inner in module.modules():
            if isinstance(inner, nn.BatchNorm2d):
                inner.weight.uniform_(0.5, 1.5)
                inner.bias.uniform_(-0.5, 0.5)
        module(pictures())
    return module.eval()


def norms(module: nn.Module) -> int:
    return sum(isinstance(inner, nn.BatchNorm2d) for inner in module.modules())


@pytest.mark.parametrize("name", ["test_resnet", "test_efficientnet", "test_byobnet"])
def test_a_folded_network_says_the_same_without_a_norm(name: str) -> None:
    module = lively(name)
    before = {key: value.clone() for key, value in module.state_dict().items()}
    with torch.no_grad():
        features = module(pictures())
        made = folded(module, pictures())
        again = made(pictures())
    assert norms(module) and not norms(made)
    assert torch.allclose(features, again, rtol=1e-3, atol=1e-4 * float(features.abs().max()))
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())
    assert not any(inner._forward_hooks or inner._forward_pre_hooks for inner in module.modules())


def test_the_half_below_a_cut_is_folded_too() -> None:
    module = lively("test_resnet")
    below = cut(module, len(stages(module)) - 1, (3, 64, 64)).prefix.eval()
    made = folded(below, pictures())
    assert made is not below
    with torch.no_grad():
        for tensor, other in zip(below(pictures()), made(pictures()), strict=True):
            assert torch.allclose(tensor, other, rtol=1e-3, atol=1e-4 * float(tensor.abs().max()))


def test_a_network_without_such_norms_comes_back_itself() -> None:
    module = timm.create_model("test_vit", num_classes=0).eval()
    assert folded(module, pictures(160)) is module


class Shared(nn.Module):
    """What the convolution made is used twice, so that it must not be folded."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4)

    def forward(self, x: Tensor) -> Tensor:
        made = self.conv(x)
        return made + self.norm(made)


class Twice(nn.Module):
    """One convolution before two different norms."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.first, self.second = nn.BatchNorm2d(3), nn.BatchNorm2d(3)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.conv(self.first(self.conv(x))))


@pytest.mark.parametrize("kind", [Shared, Twice])
def test_what_cannot_be_folded_is_left_alone(kind: type[nn.Module]) -> None:
    torch.manual_seed(0)
    module = kind().train()
    with torch.no_grad():
        for inner in module.modules():
            if isinstance(inner, nn.BatchNorm2d):
                inner.weight.uniform_(0.5, 1.5)
        for _ in range(5):
            module(pictures())
    assert folded(module.eval(), pictures()) is module
