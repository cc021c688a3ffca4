"""Weights inside installed packages: converted without running them, or not offered, and why."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import timm
import torch

from tests.backbones.packages import FILE, MODULE, Tensors, made_up_package, network
from tlcore.backbones.catalog.catalog import card, catalog
from tlcore.backbones.catalog.curated import title_of
from tlcore.backbones.outline import outline
from tlcore.backbones.sources import registry
from tlcore.backbones.sources.lite import LITE, WeightsPackage
from tlcore.backbones.sources.package import PackageSource
from tlcore.backbones.weights import load_backbone
from tlcore.errors import WeightsUnavailable


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


def offer(monkeypatch: pytest.MonkeyPatch, *packages: WeightsPackage) -> PackageSource:
    """The registry's source of packages, with these packages."""
    source = next(s for s in registry.SOURCES if isinstance(s, PackageSource))
    monkeypatch.setattr(source, "packages", packages)
    return source


def test_its_weights_are_converted_once_and_give_the_features_of_the_network(
    site: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = made_up_package(site)
    offer(monkeypatch, package)
    backbone = load_backbone(package.name)
    module = network().eval()
    module.reset_classifier(0)
    pictures = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(backbone.module(pictures), module(pictures))
    assert backbone.preprocessing.mean == (0.5, 0.5, 0.5)
    assert backbone.card.source == "package" and backbone.card.licence == "CC0"
    (kept,) = (home / "weights").iterdir()
    written = kept.stat().st_mtime_ns
    assert registry.find(package.name).path == registry.fetch(package.name).path == kept
    assert kept.stat().st_mtime_ns == written


def test_it_is_in_the_catalog_where_it_is_installed(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = made_up_package(site)
    offer(monkeypatch, package)
    (bundled, entry) = catalog(offline=True)
    assert bundled.bundled and not entry.bundled
    assert (entry.name, entry.title, entry.ready) == (package.name, "Tiny", True)
    assert entry.download_bytes is None
    assert registry.faults() == []


def test_a_package_that_is_not_installed_is_not_offered_but_known(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = made_up_package(site)
    source = offer(monkeypatch, package)
    monkeypatch.syspath_prepend(site / "nowhere")
    monkeypatch.setattr("sys.path", [p for p in __import__("sys").path if p != str(site)])
    assert source.names() == [] and registry.faults() == []
    assert len(catalog(offline=True)) == 1
    assert not card(package.name).ready  # a project may still name it
    for verb in (load_backbone, registry.fetch):
        with pytest.raises(WeightsUnavailable) as error:
            verb(package.name)
        assert "pip install made-up-weights" in error.value.remedy


class Trap:
    """A pickle that would write a file when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda tensors: {n: t for n, t in tensors.items() if "layer4" not in n}, "layer4"),
        (lambda tensors: tensors | {"_conv1.0.weight": torch.zeros(1)}, r"conv1\.0\.weight"),
        (lambda tensors: {}, "missing"),
        (lambda tensors: {"_conv1": 3}, "cannot be read"),
        (lambda tensors: list(tensors), "cannot be read"),
        (lambda tensors: tensors | {"x": Trap(Path("sprung"))}, "cannot be read"),
    ],
)
def test_a_package_without_the_whole_network_is_not_offered_and_said_why(
    site: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[Tensors], Any],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    package = made_up_package(site, spoil=spoil)
    source = offer(monkeypatch, package)
    assert source.names() == [] and len(catalog(offline=True)) == 1
    (fault,) = registry.faults()
    assert package.distribution in fault.message and "not offered" in fault.message
    assert "pip install --force-reinstall" in fault.remedy
    with pytest.raises(WeightsUnavailable, match=words):
        registry.fetch(package.name)
    assert not Path("sprung").exists()


def test_a_package_with_another_hash_is_not_offered(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = made_up_package(site)
    offer(monkeypatch, package)
    assert registry.find(package.name).path is not None
    with (site / MODULE / FILE).open("ab") as file:
        file.write(b"more")
    assert registry.find(package.name).path is None
    (fault,) = registry.faults()
    assert "SHA-256" in fault.message


def test_a_package_that_lost_its_file_is_not_offered(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = made_up_package(site)
    offer(monkeypatch, package)
    (site / MODULE / FILE).unlink()
    (fault,) = registry.faults()
    assert "holds no weights" in fault.message


def test_a_home_that_cannot_be_written_is_a_fault_and_no_crash(
    site: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = made_up_package(site)
    source = offer(monkeypatch, package)
    home.parent.mkdir(exist_ok=True)
    home.write_text("a file where the home folder should be")
    assert source.names() == []
    (fault,) = registry.faults()
    assert "cannot be kept" in fault.message


@pytest.mark.parametrize("package", LITE, ids=lambda package: package.name)
def test_the_table_of_names_fits_timms_network(package: WeightsPackage) -> None:
    """Every tensor of timm's network, and no module twice."""
    modules = set(package.modules.values())
    assert len(modules) == len(package.modules)
    tensors = outline(package.note.timm, package.note).state_dict()
    assert {name.rpartition(".")[0] for name in tensors} == modules
    config = timm.get_pretrained_cfg(package.note.timm)
    assert config is not None
    stated = (config.mean, config.std, config.input_size, config.interpolation, config.crop_pct)
    note = package.note
    assert stated == (note.mean, note.std, note.input_size, note.interpolation, note.crop_pct)
    assert title_of(package.name) == package.note.title


@pytest.mark.parametrize("package", LITE, ids=lambda package: package.name)
def test_a_genuine_package_gives_a_network_that_sees(
    monkeypatch: pytest.MonkeyPatch, package: WeightsPackage
) -> None:
    if importlib.util.find_spec(package.module) is None:
        pytest.skip(f"{package.distribution} is not installed")
    offer(monkeypatch, package)
    assert registry.faults() == []
    backbone = load_backbone(package.name)
    assert backbone.preprocessing.input_size == package.note.input_size
    with torch.inference_mode():
        features = backbone.module(torch.rand(2, *backbone.preprocessing.input_size))
    assert features.shape == (2, 1280)
    assert features.isfinite().all() and features.std() > 0
