"""The stress test: the same pictures blurred, noisy, darker … and what is left of the score.

Changes are made to the pixels that enter the network, so their strength is the same for every
network and every camera. The same pictures give the same changes every time.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as change

from tlcore.results.score.intervals import loss_interval, wilson

LEVELS = ("a little", "clearly", "strongly")
STANDS = 0.05  # a share that a change may cost at most, if it is to be called harmless


@dataclass(frozen=True)
class Kind:
    """One kind of change at three strengths; `apply` takes uint8 pixels (N, 3, H, W)."""

    name: str
    words: str
    strengths: tuple[float, float, float]
    shown: tuple[str, str, str]
    apply: Callable[[Tensor, float], Tensor]


def _blur(pixels: Tensor, share: float) -> Tensor:
    sigma = share * pixels.shape[-1]
    size = 2 * max(1, round(2.5 * sigma)) + 1
    largest = min(pixels.shape[-2:]) // 2 * 2 - 1
    blurred: Tensor = change.gaussian_blur(pixels, [min(size, largest)] * 2, [sigma] * 2)
    return blurred


def _noise(pixels: Tensor, spread: float) -> Tensor:
    chance = torch.Generator().manual_seed(int(spread))
    noise = torch.randn(pixels.shape, generator=chance) * spread
    return (pixels + noise).round_().clamp_(0, 255).to(torch.uint8)


def _light(pixels: Tensor, factor: float) -> Tensor:
    lit: Tensor = change.adjust_brightness(pixels, factor)
    return lit


def _turn(pixels: Tensor, degrees: float) -> Tensor:
    mean = pixels.float().mean(dim=(0, 2, 3)).tolist()
    turned: Tensor = change.rotate(pixels, degrees, InterpolationMode.BILINEAR, fill=mean)
    return turned


def _jpeg(pixels: Tensor, quality: float) -> Tensor:
    return torch.stack([_through_jpeg(picture, int(quality)) for picture in pixels])


def _through_jpeg(picture: Tensor, quality: int) -> Tensor:
    buffer = io.BytesIO()
    Image.fromarray(picture.permute(1, 2, 0).numpy()).save(buffer, "JPEG", quality=quality)
    with Image.open(buffer) as file:
        return torch.from_numpy(np.array(file.convert("RGB"))).permute(2, 0, 1)


def _smaller(pixels: Tensor, share: float) -> Tensor:
    size = list(pixels.shape[-2:])
    small = [max(2, round(side * share)) for side in size]
    less: Tensor = change.resize(pixels, small, antialias=True)
    again: Tensor = change.resize(less, size, antialias=True)
    return again


KINDS = (
    Kind("blur", "Blurred", (0.006, 0.012, 0.024), ("slightly", "clearly", "strongly"), _blur),
    Kind("noise", "Noisy", (10, 25, 50), ("10 of 255", "25 of 255", "50 of 255"), _noise),
    Kind("darker", "Darker", (0.7, 0.5, 0.3), ("70 % light", "50 % light", "30 % light"), _light),
    Kind("brighter", "Brighter", (1.3, 1.6, 2.0), ("130 % light", "160 % light", "200 % light"),
         _light),
    Kind("rotated", "Rotated", (10, 20, 45), ("10°", "20°", "45°"), _turn),
    Kind("jpeg", "Saved as poor JPEG", (40, 20, 10), ("quality 40", "quality 20", "quality 10"),
         _jpeg),
    Kind("smaller", "Made smaller", (0.5, 0.25, 0.125), ("to ½", "to ¼", "to ⅛"), _smaller),
)  # fmt: skip


def stress_row(
    kind: Kind, level: int, answers: npt.NDArray[np.int64], plain: npt.NDArray[np.int64],
    targets: npt.NDArray[np.int64], labels: int,
) -> dict[str, Any]:  # fmt: skip
    """One line of the table: the score under one change, overall and by label.

    `plain` are the answers (N,) to the same pictures unchanged; `cost` is the interval of what the
    change takes from the score, as shares.
    """
    right, before = answers == targets, plain == targets
    interval = wilson(int(right.sum()), len(targets))
    cost = loss_interval(int((before & ~right).sum()), int((right & ~before).sum()), len(targets))
    return {
        "kind": kind.name,
        "words": kind.words,
        "level": level,
        "strength": kind.shown[level],
        "right": int(right.sum()),
        "accuracy": float(right.mean()),
        "interval": [interval.low, interval.high],
        "cost": [cost.low, cost.high],
        "total": len(targets),
        "labels": label_shares(answers, targets, labels),
    }


def label_shares(
    answers: npt.NDArray[np.int64], targets: npt.NDArray[np.int64], labels: int
) -> list[float | None]:
    """The share of each label's pictures that were predicted rightly, None without pictures.

    `answers` (N,) are predicted labels, `targets` (N,) the true ones.
    """
    right = answers == targets
    return [
        float(right[targets == label].mean()) if (targets == label).any() else None
        for label in range(labels)
    ]


def worst_kinds(rows: Sequence[dict[str, Any]], plain: float) -> list[dict[str, Any]]:
    """The rows in the order of what they cost, only those whose interval lies below the score.

    One row per kind: its mildest strength that costs so much.
    """
    harmful: dict[str, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: row["level"]):
        if row["interval"][1] < plain:
            harmful.setdefault(row["kind"], row)
    return sorted(harmful.values(), key=lambda row: (row["level"], row["accuracy"]))


def stress_words(rows: Sequence[dict[str, Any]], plain: float) -> str:
    """What hurts, what surely does not, and what so few pictures cannot tell, in sentences."""
    worst = worst_kinds(rows, plain)
    hurt = {row["kind"] for row in worst}
    stood = [kind for kind in KINDS if kind.name not in hurt and _stands(rows, kind)]
    open_ones = [kind for kind in KINDS if kind.name not in hurt and kind not in stood]
    if worst:
        named = ", ".join(f"{_within(row['words'])} ({row['strength']})" for row in worst[:3])
        words = f"It suffers most when pictures are: {named}."
    else:
        words = "None of the changes lowered the score by more than chance would."
    if stood:
        words += f" It stands these: {_listed(stood)}."
    if open_ones:
        words += (
            f" With {rows[0]['total']} pictures it cannot be told whether these cost it much or "
            f"nothing: {_listed(open_ones)}."
        )
    return words


def _stands(rows: Sequence[dict[str, Any]], kind: Kind) -> bool:
    """Whether none of its strengths costs more than a few points, as far as chance allows."""
    return all(row["cost"][1] <= STANDS for row in rows if row["kind"] == kind.name)


def _listed(kinds: Sequence[Kind]) -> str:
    return ", ".join(_within(kind.words) for kind in kinds)


def _within(words: str) -> str:
    """Words as they stand within a sentence; JPEG keeps its capitals."""
    return words[0].lower() + words[1:]
