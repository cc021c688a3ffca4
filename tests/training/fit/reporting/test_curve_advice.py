"""The sentence about the curves fits the curves."""

from __future__ import annotations

import pytest

from tlcore.training.fit.reporting.curve_advice import advise
from tlcore.training.fit.reporting.events import EpochDone


def curve(train: list[float], validation: list[float | None]) -> list[EpochDone]:
    return [
        EpochDone(n, len(train), a, 0.5, validation_loss=b)
        for n, (a, b) in enumerate(zip(train, validation, strict=True), start=1)
    ]


FALLING = [2.0 * 0.8**n for n in range(12)]


@pytest.mark.parametrize(
    ("train", "validation", "kind"),
    [
        ([], [], "waiting"),
        (FALLING[:2], FALLING[:2], "early"),
        (FALLING, FALLING, "improving"),
        (FALLING, [*FALLING[:6], *([FALLING[6]] * 6)], "levelled"),
        (FALLING, [*FALLING[:5], *(FALLING[5] + 0.15 * n for n in range(7))], "memorising"),
        ([1.6] * 12, [1.6] * 12, "not_learning"),
        (FALLING, [None] * 12, "no_validation"),
    ],
)
def test_advice(train: list[float], validation: list[float | None], kind: str) -> None:
    advice = advise(curve(train, validation))
    assert advice.kind == kind
    assert advice.words.endswith(".")
