"""The card of a backbone: everything that was done to make it, and what it can do."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pretraining.student import save_backbone
from pretraining.views import MEAN, STD


def publish(
    name: str,
    folder: Path,
    state: dict[str, Tensor],
    *,
    architecture: str,
    model_args: dict[str, Any],
    size: int,
    facts: dict[str, Any],
) -> Path:
    """Write `<name>.safetensors` (half precision) and `<name>.json` beside it; the card's path."""
    folder.mkdir(parents=True, exist_ok=True)
    save_backbone(state, folder / f"{name}.safetensors")
    card = {
        "name": name,
        "timm": architecture,
        "model_args": model_args,
        "num_classes": 0,
        "input_size": [3, size, size],
        "mean": list(MEAN),
        "std": list(STD),
        "interpolation": "bicubic",
        "crop_pct": 1.0,
        "parameters": sum(v.numel() for k, v in state.items() if _is_weight(k)),
        "date": date.today().isoformat(),
        "torch": torch.__version__,
    }
    file = folder / f"{name}.json"
    file.write_text(json.dumps(card | facts, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return file


def _is_weight(name: str) -> bool:
    """Whether a state entry is learnt: the running statistics of normalisations are not."""
    return not name.endswith(("running_mean", "running_var", "num_batches_tracked"))
