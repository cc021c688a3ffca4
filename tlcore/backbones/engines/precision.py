"""Which precision is fastest here: measured for each backbone, machine and direction, and kept.

bfloat16 makes some networks three times as fast on processors with AMX, and others slower; without
support it can be a hundred times slower, so the probe goes up in small steps and stops early.
"""

from __future__ import annotations

import hashlib
import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Literal

import torch
from filelock import FileLock
from torch import Tensor, nn

from tlcore.backbones.cut.tracing import undisturbed
from tlcore.workspace.files import read_json, write_json

Precision = Literal["float32", "bfloat16"]
Direction = Literal["forward", "train"]

FILE_NAME = "precision.json"
GAIN = 1.2  # bfloat16 must be at least this many times as fast to be worth its rounding
HOPELESS = 1.5  # so many times slower with few pictures: not tried with more
BATCH = 8
TURNS = 2
BUDGET = 1.5  # seconds for the whole probe, roughly
NEXT_COSTS = 4  # the next step of the probe takes at most so many times what all before it took
FIRST_PATIENCE = 0.75  # seconds for preparing the kernels of the first run in bfloat16
PATIENCE = 0.1


def autocast(device: torch.device, precision: str) -> AbstractContextManager[object]:
    """The context in which a precision is used; float32 needs none."""
    if precision != "bfloat16":
        return nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)


def choose_precision(
    module: nn.Module,
    input_size: Sequence[int],
    direction: str = "forward",
    cache: Path | None = None,
) -> Precision:
    """The faster precision for `module` with pictures of `input_size` (C, H, W) on its own device.

    `direction` "forward" times inference alone, "train" a step of what is not frozen. `cache` is a
    folder in which the outcome is kept, so that the same recipe gives the same curves.
    """
    path = cache / FILE_NAME if cache else None
    key = _key(module, tuple(input_size), direction)
    kept = read_json(path).get(key) if path else None
    if kept in ("float32", "bfloat16"):
        return "bfloat16" if kept == "bfloat16" else "float32"
    measured = measure(module, tuple(input_size), direction)
    if path is not None:
        _keep(path, key, measured)
    return measured


def measure(module: nn.Module, input_size: tuple[int, ...], direction: str) -> Precision:
    """Time both precisions side by side, in growing steps, within about a second and a half.

    `input_size` is (C, H, W). Inference comes first, also for training: what is hopeless there is
    hopeless in training.
    """
    device = next(module.parameters()).device
    if device.type == "mps":
        return "float32"
    began = time.perf_counter()
    plain = short = 0.0
    with undisturbed(module):
        for batch, way in ((1, "forward"), (2, direction), (BATCH, direction)):
            module.train(way == "train")
            pictures = torch.rand(batch, *input_size, device=device)
            step = _step(module, pictures.contiguous(memory_format=torch.channels_last), way)
            try:
                plain, short = _compare(module, step, device)
            except _TooSlow:
                return "float32"
            spent = time.perf_counter() - began
            if short > HOPELESS * plain or spent * NEXT_COSTS > BUDGET:
                break
    return "bfloat16" if short * GAIN < plain else "float32"


def _compare(
    module: nn.Module, step: Callable[[], None], device: torch.device
) -> tuple[float, float]:
    """The shortest of a few runs in float32 and in bfloat16, in turns, in seconds."""
    _seconds(step, "float32", device)  # the first run in a precision also prepares its kernels
    plain = _seconds(step, "float32", device)
    with _ending(module, FIRST_PATIENCE + HOPELESS * plain):
        short = _seconds(step, "bfloat16", device)
    for _ in range(TURNS):
        plain = min(plain, _seconds(step, "float32", device))
        with _ending(module, PATIENCE + HOPELESS * plain):
            short = min(short, _seconds(step, "bfloat16", device))
    return plain, short


class _TooSlow(Exception):
    """Ends a trial from within a network."""


@contextmanager
def _ending(module: nn.Module, seconds: float) -> Iterator[None]:
    """Gives up between two layers when the block has taken longer than `seconds`."""
    deadline = time.perf_counter() + seconds

    def look(*_: object) -> None:
        if time.perf_counter() > deadline:
            raise _TooSlow

    hooks = [inner.register_forward_pre_hook(look) for inner in module.modules()]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _step(module: nn.Module, pictures: Tensor, direction: str) -> Callable[[], None]:
    """What is timed: one pass of pictures (N, C, H, W), forward alone or with gradients."""
    learning = [parameter for parameter in module.parameters() if parameter.requires_grad]

    def forward() -> None:
        with torch.inference_mode():
            module(pictures)

    def train() -> None:
        with torch.enable_grad():
            loss = module(pictures).float().square().mean()
            torch.autograd.grad(loss, learning, allow_unused=True)

    return train if direction == "train" and learning else forward


def _seconds(step: Callable[[], None], precision: Precision, device: torch.device) -> float:
    with autocast(device, precision):
        _wait(device)
        began = time.perf_counter()
        step()
        _wait(device)
        return time.perf_counter() - began


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _key(module: nn.Module, input_size: tuple[int, ...], direction: str) -> str:
    """Names what the outcome depends on: network, what learns, size, machine, PyTorch."""
    device = next(module.parameters()).device
    learns = direction == "train"
    network = [
        (name, tuple(parameter.shape), parameter.requires_grad and learns)
        for name, parameter in module.named_parameters()
    ]
    digest = hashlib.blake2b(repr(network).encode(), digest_size=12).hexdigest()
    return " ".join(
        [
            type(module).__name__,
            digest,
            "x".join(map(str, input_size)),
            direction,
            _machine(device),
            f"torch {torch.__version__}",
        ]
    )


def _machine(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    capability = torch.backends.cpu.get_cpu_capability()
    return f"{platform.machine()} {platform.processor()} {capability} {os.cpu_count()} cores"


def _keep(path: Path, key: str, measured: Precision) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(str(path) + ".lock"):
        write_json(path, read_json(path) | {key: measured}, indent=1)
