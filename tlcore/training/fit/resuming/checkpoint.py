"""Where a training stands, as one file, so that it can go on as if nothing had happened.

The file is safetensors: tensors, and one JSON in its header. It is written all or nothing.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as read_tensors
from safetensors.torch import save as tensors_to_bytes
from torch import Tensor

from tlcore.training.fit.epoch_score import EpochScore
from tlcore.training.fit.learner import Memory
from tlcore.training.fit.objective import Tally
from tlcore.training.fit.resuming.progress import Position, Progress
from tlcore.training.fit.weights.averaging import WeightMean
from tlcore.workspace.files import write_bytes

VERSION = 2


@dataclass(frozen=True)
class Checkpoint:
    """Everything that the rest of a training depends on.

    `key` says of which training; `progress` is a half-done epoch, with the random state in it.
    `network`, `best_weights` and the `mean` from there on hold the tensors that may change,
    `memory` the optimiser's, `objective` what the objective has learned.
    """

    key: str
    position: Position
    epochs: int
    steps: int
    learner_step: int
    best: EpochScore | None
    seconds: dict[str, float]
    progress: Progress | None
    network: dict[str, Tensor]
    best_weights: dict[str, Tensor] = field(default_factory=dict)
    mean: WeightMean = field(default_factory=WeightMean)
    memory: Memory = field(default_factory=dict)
    random: dict[str, Tensor] = field(default_factory=dict)
    objective: dict[str, Tensor] = field(default_factory=dict)


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write the file in its place, or leave the one that is there. Raises OSError."""
    groups = {
        "network": checkpoint.network,
        "best": checkpoint.best_weights,
        "mean": checkpoint.mean.tensors,
        "random": checkpoint.random,
        "objective": checkpoint.objective,
        **{f"memory/{name}": kept for name, kept in checkpoint.memory.items()},
    }
    tensors = {
        f"{group}/{name}": tensor.detach().cpu().contiguous().clone()
        for group, named in groups.items()
        for name, tensor in named.items()
    }
    plain = {
        "version": VERSION,
        "key": checkpoint.key,
        "position": asdict(checkpoint.position),
        "epochs": checkpoint.epochs,
        "steps": checkpoint.steps,
        "learner_step": checkpoint.learner_step,
        "best": checkpoint.best.to_json() if checkpoint.best else None,
        "averaged": checkpoint.mean.count,
        "seconds": checkpoint.seconds,
        "progress": asdict(checkpoint.progress) if checkpoint.progress else None,
    }
    write_bytes(path, tensors_to_bytes(tensors, metadata={"graft": json.dumps(plain)}))


def read_checkpoint(path: Path, key: str) -> Checkpoint | None:
    """The checkpoint of the training called `key`; None if there is none, or one of another."""
    try:
        data = path.read_bytes()
        length = int.from_bytes(data[:8], "little")
        plain = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["graft"])
        if plain["version"] != VERSION or plain["key"] != key:
            return None
        tensors = read_tensors(data)
        return Checkpoint(
            key=key,
            position=Position(**plain["position"]),
            epochs=plain["epochs"],
            steps=plain["steps"],
            learner_step=plain["learner_step"],
            best=EpochScore.read(plain["best"]) if plain["best"] else None,
            seconds=plain["seconds"],
            progress=_progress(plain["progress"]),
            network=_under("network", tensors),
            best_weights=_under("best", tensors),
            mean=WeightMean(_under("mean", tensors), plain["averaged"]),
            memory=_memory(tensors),
            random=_under("random", tensors),
            objective=_under("objective", tensors),
        )
    except (OSError, ValueError, KeyError, TypeError, SafetensorError):
        return None


def random_state(device: torch.device) -> dict[str, Tensor]:
    """The state of the random numbers that a training draws, by where they are drawn."""
    state = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def set_random_state(state: dict[str, Tensor], device: torch.device) -> None:
    """Go on drawing where `random_state` was taken."""
    torch.set_rng_state(state["cpu"])
    if "cuda" in state and device.type == "cuda":
        torch.cuda.set_rng_state(state["cuda"], device)


def _progress(plain: dict[str, Any] | None) -> Progress | None:
    if plain is None:
        return None
    return Progress(plain["done"], Tally(**plain["tally"]), plain["recent"])


def _under(kind: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        name.removeprefix(f"{kind}/"): tensor
        for name, tensor in tensors.items()
        if name.startswith(f"{kind}/")
    }


def _memory(tensors: dict[str, Tensor]) -> Memory:
    memory: Memory = {}
    for path, tensor in _under("memory", tensors).items():
        name, key = path.rsplit("/", 1)
        memory.setdefault(name, {})[key] = tensor
    return memory
