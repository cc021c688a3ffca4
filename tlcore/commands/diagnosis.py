"""Is everything in place? Each condition says what is so and, if need be, what to do about it.

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
libraries = {}
import torch
libraries["torch"] = str(torch.__version__)
libraries["cuda_build"] = torch.version.cuda
libraries["device"] = "cpu"
if torch.cuda.is_available():
    libraries["device"] = "cuda: " + torch.cuda.get_device_name(0)
    libraries["device_memory"] = torch.cuda.get_device_properties(0).total_memory
elif torch.backends.mps.is_available():
    libraries["device"] = "mps"
libraries["threads"] = torch.get_num_threads()
print(json.dumps(libraries), flush=True)
try:
    import torchvision
    from torchvision.ops import nms
    nms(torch.zeros(1, 4), torch.zeros(1), 0.5)
    libraries["torchvision"] = str(torchvision.__version__)
except Exception as error:
    libraries["torchvision_error"] = f"{type(error).__name__}: {error}"
print(json.dumps(libraries), flush=True)
import timm
libraries["timm"] = timm.__version__
print(json.dumps(libraries), flush=True)
"""


@dataclass(frozen=True)
class Condition:
    """How one thing that Graft needs is.

    `state` is good, note (it works, but is worth knowing) or mend.
    """

    name: str
    state: State
    words: str
    remedy: str = ""

    def to_json(self) -> dict[str, Any]:
        """The fields, as `doctor --json` prints them."""
        return asdict(self)


def examine(home: Path | None = None) -> Iterator[Condition]:
    """Look at everything in turn; slow parts (importing torch, about 5 s) come last."""
    home = home or find_home()
    yield python_condition(sys.version_info[:3])
    yield write_condition(home)
    yield disk_condition(home)
    yield memory_condition(psutil.virtual_memory().total)
    libraries, error = probe()
    yield from torch_conditions(libraries, error)
    yield weights_condition(libraries)
    yield from weights_faults(libraries)


def healthy(conditions: list[Condition]) -> bool:
    """True if nothing must be mended."""
    return all(condition.state != "mend" for condition in conditions)


def python_condition(version: tuple[int, ...]) -> Condition:
    """Is this Python, as `sys.version_info` numbers it, new enough?"""
    shown = ".".join(str(part) for part in version)
    if tuple(version[:2]) >= OLDEST_PYTHON:
        return Condition("python", "good", f"Python {shown}")
    return Condition(
        "python", "mend", f"Python {shown} is too old.",
        "Install Python 3.11 or newer and make a new virtual environment with it.",
    )  # fmt: skip


def write_condition(home: Path) -> Condition:
    """Can the folder where projects live be written to?"""
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home) as file:
            file.write(b"graft")
    except OSError as error:
        return Condition(
            "home", "mend", f"The folder {home} cannot be written to ({error.strerror or error}).",
            "Mend its rights, or set GRAFT_HOME to a folder that you may write to.",
        )  # fmt: skip
    return Condition("home", "good", f"Projects and pictures are kept in {home}")


def disk_condition(home: Path) -> Condition:
    """Is there space on the disk where projects live?"""
    free = shutil.disk_usage(_existing(home)).free
    words = f"{free / 1024**3:.1f} GB free on the disk of {home}"
    if free >= LITTLE_DISK:
        return Condition("disk", "good", words)
    return Condition(
        "disk", "mend" if free < LITTLE_DISK / 10 else "note", f"Only {words}.",
        "Free some space, or set GRAFT_HOME to a folder on a larger disk.",
    )  # fmt: skip


def memory_condition(total: int) -> Condition:
    """Is a memory of `total` bytes enough?"""
    words = f"{total / 1024**3:.1f} GB of memory"
    if total >= LITTLE_MEMORY:
        return Condition("memory", "good", words)
    return Condition(
        "memory", "note", f"Only {words}.",
        "Choose small models (the bundled one), and close other programs while training.",
    )  # fmt: skip


def probe() -> tuple[dict[str, Any], str]:
    """Versions and device as torch, torchvision and timm state them in a process of their own.

    With them the last line of the process's errors, empty where it ended well.
    """
    try:
        process = subprocess.run(
            [sys.executable, "-c", PROBE],
            capture_output=True, text=True, encoding="utf-8", errors="replace",
            timeout=PROBE_SECONDS, check=False, env=os.environ.copy(),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {}, f"importing torch took more than {PROBE_SECONDS} seconds"
    lines = [line for line in process.stdout.splitlines() if line.startswith("{")]
    libraries: dict[str, Any] = json.loads(lines[-1]) if lines else {}
    errors = process.stderr.strip().splitlines()
    return libraries, errors[-1] if process.returncode and errors else ""


def torch_conditions(libraries: dict[str, Any], error: str) -> Iterator[Condition]:
    """Conditions on torch, torchvision, timm and the device, from the two values of `probe`."""
    if "torch" not in libraries:
        yield Condition(
            "torch", "mend", f"PyTorch cannot be imported ({error or 'no reason given'}).",
            "Install what Graft needs: pip install -r requirements.txt",
        )  # fmt: skip
        return
    yield _torch_version(libraries["torch"])
    yield _torchvision(libraries, error)
    if "timm" in libraries:
        yield Condition("timm", "good", f"timm {libraries['timm']}")
    elif "torchvision" in libraries:
        yield Condition(
            "timm", "mend", f"timm cannot be imported ({error or 'no reason given'}).",
            "Install what Graft needs: pip install -r requirements.txt",
        )  # fmt: skip
    yield _device(libraries)


def weights_condition(libraries: dict[str, Any]) -> Condition:
    """Which weights are ready without internet."""
    if "timm" not in libraries:
        return Condition("weights", "note", "Not looked at: PyTorch and timm must work first.")
    from tlcore.backbones.catalog.catalog import catalog

    ready = [card.name for card in catalog(offline=True) if card.ready]
    if not ready:
        return Condition(
            "weights", "mend", "No model is ready without internet, not even the bundled one.",
            "Install Graft again, or fetch one: python -m tlcore fetch mobilenetv3_small_100",
        )  # fmt: skip
    shown = ", ".join(ready[:6]) + (f" and {len(ready) - 6} more" if len(ready) > 6 else "")
    return Condition("weights", "good", f"Ready without internet: {shown}")


def weights_faults(libraries: dict[str, Any]) -> Iterator[Condition]:
    """Weights that are there and are not offered."""
    if "timm" not in libraries:
        return
    from tlcore.backbones.sources.registry import faults

    for fault in faults():
        yield Condition("weights", "note", fault.message, fault.remedy)


def _torch_version(version: str) -> Condition:
    parts = version.split("+")[0].split(".")
    if tuple(int(part) for part in parts[:2]) >= OLDEST_TORCH:
        return Condition("torch", "good", f"PyTorch {version}")
    oldest = ".".join(str(part) for part in OLDEST_TORCH)
    return Condition(
        "torch", "mend", f"PyTorch {version} is too old: {oldest} or newer is needed, because "
        "older ones have known holes in reading weights.", REINSTALL,
    )  # fmt: skip


def _torchvision(libraries: dict[str, Any], error: str) -> Condition:
    if "torchvision" in libraries:
        return Condition("torchvision", "good", f"torchvision {libraries['torchvision']}")
    reason = str(libraries.get("torchvision_error") or error or "no reason given")
    if "nms" in reason or "does not exist" in reason or "undefined symbol" in reason:
        return Condition(
            "torchvision", "mend",
            "PyTorch and torchvision are not of one build (one for the CPU, one for a graphics "
            f"card, or versions that do not belong together): {reason}", REINSTALL,
        )  # fmt: skip
    return Condition("torchvision", "mend", f"torchvision cannot be imported: {reason}", REINSTALL)


def _device(libraries: dict[str, Any]) -> Condition:
    device = str(libraries["device"])
    if device.startswith("cuda"):
        memory = int(libraries.get("device_memory", 0)) / 1024**3
        return Condition("device", "good", f"Graphics card: {device[6:]}, {memory:.0f} GB")
    if device == "mps":
        return Condition("device", "good", "Apple graphics (mps)")
    return Condition(
        "device", "good", f"Processor, {libraries.get('threads')} threads (no graphics card)"
    )


def _existing(path: Path) -> Path:
    """The path itself or its nearest parent that exists."""
    return next(folder for folder in (path, *path.parents) if folder.exists())
