"""Is everything in place? Each finding says what is so and, if need be, what to do about it.

It imports nothing that may be broken: torch and torchvision are tried in a process of their own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import psutil

from tlcore.workspace.paths import find_home

State = Literal["good", "note", "mend"]
OLDEST_PYTHON = (3, 11)
OLDEST_TORCH = (2, 10)
LITTLE_DISK = 2 * 1024**3
LITTLE_MEMORY = 3 * 1024**3
PROBE_SECONDS = 180
REINSTALL = (
    "Install both together: pip install --upgrade --force-reinstall torch torchvision "
    "(for the smaller CPU-only build on Linux add "
    "--index-url https://download.pytorch.org/whl/cpu)."
)
PROBE = """
import json, os
found = {}
import torch
found["torch"] = str(torch.__version__)
found["cuda_build"] = torch.version.cuda
found["device"] = "cpu"
if torch.cuda.is_available():
    found["device"] = "cuda: " + torch.cuda.get_device_name(0)
    found["device_memory"] = torch.cuda.get_device_properties(0).total_memory
elif torch.backends.mps.is_available():
    found["device"] = "mps"
found["threads"] = torch.get_num_threads()
print(json.dumps(found), flush=True)
try:
    import torchvision
    from torchvision.ops import nms
    nms(torch.zeros(1, 4), torch.zeros(1), 0.5)
    found["torchvision"] = str(torchvision.__version__)
except Exception as error:
    found["torchvision_error"] = f"{type(error).__name__}: {error}"
print(json.dumps(found), flush=True)
import timm
found["timm"] = timm.__version__
print(json.dumps(found), flush=True)
"""


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `state` is good, note (works, but worth knowing) or mend."""

    name: str
    state: State
    words: str
    remedy: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def examine(home: Path | None = None) -> Iterator[Finding]:
    """Look at everything in turn; slow parts (importing torch, about 5 s) come last."""
    home = home or find_home()
    yield python_finding(sys.version_info[:3])
    yield write_finding(home)
    yield disk_finding(home)
    yield memory_finding(psutil.virtual_memory().total)
    found, error = probe()
    yield from torch_findings(found, error)
    yield weights_finding(found)
    yield from weights_faults(found)


def healthy(findings: list[Finding]) -> bool:
    """True if nothing must be mended."""
    return all(finding.state != "mend" for finding in findings)


def python_finding(version: tuple[int, ...]) -> Finding:
    shown = ".".join(str(part) for part in version)
    if tuple(version[:2]) >= OLDEST_PYTHON:
        return Finding("python", "good", f"Python {shown}")
    return Finding(
        "python", "mend", f"Python {shown} is too old.",
        "Install Python 3.11 or newer and make a new virtual environment with it.",
    )  # fmt: skip


def write_finding(home: Path) -> Finding:
    """Can the folder where projects live be written to?"""
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home) as file:
            file.write(b"graft")
    except OSError as error:
        return Finding(
            "home", "mend", f"The folder {home} cannot be written to ({error.strerror or error}).",
            "Mend its rights, or set GRAFT_HOME to a folder that you may write to.",
        )  # fmt: skip
    return Finding("home", "good", f"Projects and pictures are kept in {home}")


def disk_finding(home: Path) -> Finding:
    free = shutil.disk_usage(_existing(home)).free
    words = f"{free / 1024**3:.1f} GB free on the disk of {home}"
    if free >= LITTLE_DISK:
        return Finding("disk", "good", words)
    return Finding(
        "disk", "mend" if free < LITTLE_DISK / 10 else "note", f"Only {words}.",
        "Free some space, or set GRAFT_HOME to a folder on a larger disk.",
    )  # fmt: skip


def memory_finding(total: int) -> Finding:
    words = f"{total / 1024**3:.1f} GB of memory"
    if total >= LITTLE_MEMORY:
        return Finding("memory", "good", words)
    return Finding(
        "memory", "note", f"Only {words}.",
        "Choose small models (the bundled one), and close other programs while training.",
    )  # fmt: skip


def probe() -> tuple[dict[str, Any], str]:
    """What torch, torchvision and timm say of themselves in a fresh process; and its last words."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", PROBE],
            capture_output=True, text=True, encoding="utf-8", errors="replace",
            timeout=PROBE_SECONDS, check=False, env=os.environ.copy(),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {}, f"importing torch took more than {PROBE_SECONDS} seconds"
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    found: dict[str, Any] = json.loads(lines[-1]) if lines else {}
    said = done.stderr.strip().splitlines()
    return found, said[-1] if done.returncode and said else ""


def torch_findings(found: dict[str, Any], error: str) -> Iterator[Finding]:
    """Findings on torch, torchvision, timm and the device from what `probe` gave."""
    if "torch" not in found:
        yield Finding(
            "torch", "mend", f"PyTorch cannot be imported ({error or 'no reason given'}).",
            "Install what Graft needs: pip install -r requirements.txt",
        )  # fmt: skip
        return
    yield _torch_version(found["torch"])
    yield _torchvision(found, error)
    if "timm" in found:
        yield Finding("timm", "good", f"timm {found['timm']}")
    elif "torchvision" in found:
        yield Finding(
            "timm", "mend", f"timm cannot be imported ({error or 'no reason given'}).",
            "Install what Graft needs: pip install -r requirements.txt",
        )  # fmt: skip
    yield _device(found)


def weights_finding(found: dict[str, Any]) -> Finding:
    """Which weights are ready without internet."""
    if "timm" not in found:
        return Finding("weights", "note", "Not looked at: PyTorch and timm must work first.")
    from tlcore.backbones.catalog.catalog import catalog

    ready = [card.name for card in catalog(offline=True) if card.ready]
    if not ready:
        return Finding(
            "weights", "mend", "No model is ready without internet, not even the bundled one.",
            "Install Graft again, or fetch one: python -m tlcore fetch mobilenetv3_small_100",
        )  # fmt: skip
    shown = ", ".join(ready[:6]) + (f" and {len(ready) - 6} more" if len(ready) > 6 else "")
    return Finding("weights", "good", f"Ready without internet: {shown}")


def weights_faults(versions: dict[str, Any]) -> Iterator[Finding]:
    """Weights that are there and are not offered."""
    if "timm" not in versions:
        return
    from tlcore.backbones.sources.registry import faults

    for fault in faults():
        yield Finding("weights", "note", fault.message, fault.remedy)


def _torch_version(version: str) -> Finding:
    parts = version.split("+")[0].split(".")
    if tuple(int(part) for part in parts[:2]) >= OLDEST_TORCH:
        return Finding("torch", "good", f"PyTorch {version}")
    oldest = ".".join(str(part) for part in OLDEST_TORCH)
    return Finding(
        "torch", "mend", f"PyTorch {version} is too old: {oldest} or newer is needed, because "
        "older ones have known holes in reading weights.", REINSTALL,
    )  # fmt: skip


def _torchvision(found: dict[str, Any], error: str) -> Finding:
    if "torchvision" in found:
        return Finding("torchvision", "good", f"torchvision {found['torchvision']}")
    said = str(found.get("torchvision_error") or error or "no reason given")
    if "nms" in said or "does not exist" in said or "undefined symbol" in said:
        return Finding(
            "torchvision", "mend",
            "PyTorch and torchvision are not of one build (one for the CPU, one for a graphics "
            f"card, or versions that do not belong together): {said}", REINSTALL,
        )  # fmt: skip
    return Finding("torchvision", "mend", f"torchvision cannot be imported: {said}", REINSTALL)


def _device(found: dict[str, Any]) -> Finding:
    device = str(found["device"])
    if device.startswith("cuda"):
        memory = int(found.get("device_memory", 0)) / 1024**3
        return Finding("device", "good", f"Graphics card: {device[6:]}, {memory:.0f} GB")
    if device == "mps":
        return Finding("device", "good", "Apple graphics (mps)")
    return Finding(
        "device", "good", f"Processor, {found.get('threads')} threads (no graphics card)"
    )


def _existing(path: Path) -> Path:
    """The path itself or its nearest parent that exists."""
    return next(one for one in (path, *path.parents) if one.exists())
