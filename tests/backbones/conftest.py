"""Tests of backbones use small networks: one thread is quicker for them than several."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tlcore.backbones.sources import registry
from tlcore.backbones.sources.package import PackageSource


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def no_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """No packages with weights, whatever is installed where the tests run."""
    (source,) = (source for source in registry.SOURCES if isinstance(source, PackageSource))
    monkeypatch.setattr(source, "packages", ())


@pytest.fixture(autouse=True)
def empty_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hub's cache of its own, and a hub that answers nobody: no test asks the internet."""
    cache = tmp_path / "hub"
    monkeypatch.setenv("HF_HUB_CACHE", str(cache))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    return cache
