"""Builds an architecture, and fills it from a file of weights.

Weights are safetensors, or pth files read with `weights_only=True`: nothing in them is ever run.
The classifier in a file is dropped. A file that does not hold the whole backbone is refused, so a
backbone with random weights is never taken for a pretrained one.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import timm
import torch
from timm.models import load_state_dict
from torch import nn

from tlcore.backbones.sources.base import WeightsRecord
from tlcore.errors import WeightsUnavailable


def build(record: WeightsRecord, options: dict[str, Any] | None = None, **more: Any) -> nn.Module:
    """The architecture with random weights. `options` that it does not have are left out."""
    wanted = {"pretrained": False, "num_classes": 0} | _overrides(record) | more
    try:
        module: nn.Module = timm.create_model(record.timm_name, **wanted, **(options or {}))
    except TypeError:
        if not options:
            raise
        fewer = dict(list(options.items())[1:])
        return build(record, fewer, **more)
    return module


def fingerprint(module: nn.Module) -> str:
    """Digest of all parameters and buffers, their names and shapes, and timm's version.

    And of how the features are pooled, which has no parameters but changes every feature.
    """
    kind = f"{type(module).__name__} {getattr(module, 'global_pool', None)!r}"
    digest = hashlib.blake2b(f"{kind} timm {timm.__version__}".encode())
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        digest.update(memoryview(flat.view(torch.uint8).numpy()))
    return digest.hexdigest()[:32]


def _overrides(record: WeightsRecord) -> dict[str, Any]:
    """What the card beside the weights changes in timm's own settings."""
    if record.note is None:
        return {}
    return {"pretrained_cfg_overlay": record.note.overlay} | record.note.model_args


def load(record: WeightsRecord, path: Path, options: dict[str, Any]) -> nn.Module:
    """Build and fill; files in another layout than the model's own go through timm's conversion."""
    module = build(record, options)
    given = _read(record, path)
    wanted = module.state_dict()
    if all(name in given and given[name].shape == tensor.shape for name, tensor in wanted.items()):
        module.load_state_dict({name: given[name] for name in wanted})
        return module
    return _convert(record, path, options, sorted(set(wanted) - set(given)))


def _read(record: WeightsRecord, path: Path) -> dict[str, torch.Tensor]:
    try:
        tensors = load_state_dict(str(path), use_ema=True, device="cpu", weights_only=True)
        if all(isinstance(tensor, torch.Tensor) for tensor in tensors.values()):
            return dict(tensors)
        raise TypeError("something in it is no tensor")
    except Exception as error:  # readers of foreign files fail in many ways
        raise _not_whole(record, "its file cannot be read") from error


def _convert(
    record: WeightsRecord, path: Path, options: dict[str, Any], missing: list[str]
) -> nn.Module:
    """Load through timm, then make sure that nothing random is left.

    timm loads what fits and keeps quiet about the rest. Two models from the same seed, one filled
    from the file and one not, tell which random weights were never replaced.
    """
    overlay = _overrides(record).get("pretrained_cfg_overlay", {}) | {"file": str(path)}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        untouched = build(record, options).state_dict()
        torch.manual_seed(0)
        try:
            module = build(record, options, pretrained=True, pretrained_cfg_overlay=overlay)
        except (RuntimeError, KeyError, ValueError, AttributeError, IndexError) as error:
            raise _not_whole(record, _absent(missing)) from error
    left = [
        name
        for name, tensor in module.state_dict().items()
        if torch.equal(tensor, untouched[name]) and bool((tensor != tensor.flatten()[:1]).any())
    ]
    learned = {name for name, _ in module.named_parameters()}
    if any(name in learned for name in left):
        raise _not_whole(record, _absent([name for name in left if name in learned]))
    return module


def _absent(names: list[str]) -> str:
    if not names:
        return "some of them are of another shape"
    return f"{names[0]} is missing" + (f", and {len(names) - 1} more" if len(names) > 1 else "")


def _not_whole(record: WeightsRecord, why: str) -> WeightsUnavailable:
    return WeightsUnavailable(
        f"The weights of {record.name} cannot be used: {why}.",
        "Download them again, or choose another model.",
    )
