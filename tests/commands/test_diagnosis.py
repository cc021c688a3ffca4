"""The doctor names what is wrong and what to do about it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.backbones.packages import made_up_package
from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.backbones.sources import registry
from tlcore.backbones.sources.package import PackageSource
from tlcore.commands import diagnosis
from tlcore.commands.diagnosis import (
    disk_condition,
    examine,
    healthy,
    memory_condition,
    python_condition,
    torch_conditions,
    weights_faults,
    write_condition,
)

SOUND = {
    "torch": "2.10.0+cpu", "torchvision": "0.25.0", "timm": "1.0.20", "device": "cpu", "threads": 2,
}  # fmt: skip


def states(libraries: dict[str, object], error: str = "") -> dict[str, str]:
    return {condition.name: condition.state for condition in torch_conditions(libraries, error)}


@pytest.mark.slow
def test_this_very_machine_is_examined(tmp_path: Path) -> None:
    conditions = {condition.name: condition for condition in examine(tmp_path / "home")}
    assert set(conditions) == {
        "python", "home", "disk", "memory", "torch", "torchvision", "timm", "device", "weights",
    }  # fmt: skip
    assert healthy(list(conditions.values()))
    assert DEFAULT_BACKBONE in conditions["weights"].words


def test_a_sound_installation_needs_no_mending() -> None:
    assert set(states(SOUND).values()) == {"good"}


def test_torch_and_torchvision_of_two_builds_are_recognised() -> None:
    libraries = {key: SOUND[key] for key in SOUND if key not in ("torchvision", "timm")}
    libraries["torchvision_error"] = "RuntimeError: operator torchvision::nms does not exist"
    conditions = {condition.name: condition for condition in torch_conditions(libraries, "")}
    condition = conditions["torchvision"]
    assert condition.state == "mend"
    assert "one build" in condition.words and "torch torchvision" in condition.remedy


@pytest.mark.parametrize(
    ("version", "state"), [("2.9.1", "mend"), ("2.10.0", "good"), ("3.0.0a1+cu130", "good")]
)
def test_old_torch_is_refused(version: str, state: str) -> None:
    assert states({**SOUND, "torch": version})["torch"] == state


def test_no_torch_at_all() -> None:
    assert states({}, "ModuleNotFoundError: No module named 'torch'") == {"torch": "mend"}


def test_a_probe_of_a_broken_torch_tells_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('libtorch.so is gone')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    libraries, error = diagnosis.probe()
    assert libraries == {} and "libtorch.so is gone" in error


def test_a_probe_of_a_torchvision_of_another_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torchvision.py").write_text(
        "raise RuntimeError('operator torchvision::nms does not exist')"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    conditions = {condition.name: condition for condition in torch_conditions(*diagnosis.probe())}
    assert conditions["torch"].state == "good"
    assert conditions["torchvision"].state == "mend"


def test_python_versions() -> None:
    assert python_condition((3, 10, 9)).state == "mend"
    assert python_condition((3, 11, 0)).state == "good"


def test_little_memory_is_worth_a_note() -> None:
    assert memory_condition(2 * 1024**3).state == "note"
    assert memory_condition(16 * 1024**3).state == "good"


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis, "LITTLE_DISK", 10**18)
    assert disk_condition(tmp_path / "not" / "there").state == "mend"


@pytest.mark.skipif(
    sys.platform == "win32" or not hasattr(os, "geteuid") or os.geteuid() == 0,
    reason="whoever runs the tests may write everywhere",
)
def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert write_condition(tmp_path / "home").state == "mend"


def test_a_home_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    condition = write_condition(tmp_path / "home")
    assert condition.state == "mend" and "GRAFT_HOME" in condition.remedy


def test_a_package_whose_weights_are_not_offered_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = made_up_package(tmp_path, spoil=lambda tensors: {})
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registry, "SOURCES", (*registry.SOURCES, PackageSource([package])))
    faults = [fault for fault in weights_faults(SOUND) if "made-up-weights" in fault.words]
    assert [fault.state for fault in faults] == ["note"]
    assert "not offered" in faults[0].words and "pip install" in faults[0].remedy
    assert list(weights_faults({})) == []
