"""A tiny made-up package with weights in it, as PyPI has larger ones."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from torch import Tensor

from tlcore.backbones.sources import registry
from tlcore.backbones.sources.base import WeightsNote
from tlcore.backbones.sources.lite import WeightsPackage
from tlcore.backbones.sources.package import PackageSource

MODULE = "made_up_weights"
FILE = "models/tiny.pth"
Tensors = dict[str, Tensor]


def network() -> torch.nn.Module:
    """A whole network with recognisable random weights, classifier and all."""
    torch.manual_seed(11)
    module: torch.nn.Module = timm.create_model("test_resnet")
    return module


def hide_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """No packages with weights in this process, whatever is installed where the tests run."""
    (source,) = (source for source in registry.SOURCES if isinstance(source, PackageSource))
    monkeypatch.setattr(source, "packages", ())


def made_up_package(
    site: Path,
    *,
    spoil: Callable[[Tensors], Any] = lambda tensors: tensors,
    code: str = "raise AssertionError('the package was imported')",
) -> WeightsPackage:
    """Write the package below `site`: its tensors have an underscore before timm's names."""
    named = {f"_{name}": tensor for name, tensor in network().state_dict().items()}
    folder = site / MODULE
    (folder / "models").mkdir(parents=True)
    (folder / "__init__.py").write_text(code, encoding="utf-8")
    torch.save(spoil(named), folder / FILE)
    modules = {name.rpartition(".")[0] for name in named}
    return WeightsPackage(
        name="tiny.pypi",
        distribution="made-up-weights",
        module=MODULE,
        file=FILE,
        sha256=hashlib.sha256((folder / FILE).read_bytes()).hexdigest(),
        note=WeightsNote(
            timm="test_resnet", mean=(0.5, 0.5, 0.5), title="Tiny", words="Made up.", licence="CC0"
        ),
        modules={module: module.removeprefix("_") for module in modules},
    )
