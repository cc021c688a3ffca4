"""Every change of the stress test does what it says, the stronger the more."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tlcore.results.stress import KINDS, Kind, stress_row, stress_words, worst_kinds

PIXELS = torch.from_numpy(
    np.random.default_rng(0).integers(40, 200, (2, 3, 8, 8), np.uint8)
).repeat_interleave(8, 2).repeat_interleave(8, 3)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_stronger_change_changes_more(kind: Kind) -> None:
    changed = [kind.apply(PIXELS, strength) for strength in kind.strengths]
    far = [float((one.float() - PIXELS.float()).abs().mean()) for one in changed]
    assert all(one.shape == PIXELS.shape and one.dtype == torch.uint8 for one in changed)
    assert 0 < far[0] < far[1] < far[2]
    assert torch.equal(changed[1], kind.apply(PIXELS, kind.strengths[1]))
    light = changed[2].float().mean() / PIXELS.float().mean()
    if kind.name in ("darker", "brighter"):
        assert (light < 0.4) if kind.name == "darker" else (light > 1.4)
    else:
        assert 0.9 < light < 1.1


def test_only_what_lowers_the_score_beyond_chance_is_blamed() -> None:
    targets = np.array([0, 1] * 50)
    rows = []
    for number, kind in enumerate(KINDS):
        for level in range(3):
            answers = targets.copy()
            if kind.name == "blur":
                answers[: 20 * (level + 1)] = 1 - answers[: 20 * (level + 1)]
            elif number % 2:
                answers[:2] = 1 - answers[:2]
            rows.append(stress_row(kind, level, answers, targets, 3))
    worst = worst_kinds(rows, 0.96)
    assert [(one["kind"], one["level"]) for one in worst] == [("blur", 0)]
    assert rows[0]["labels"] == [0.8, 0.8, None] and rows[0]["right"] == 80
    words = stress_words(rows, 0.96)
    assert "blurred (slightly)" in words and "stands these: noisy" in words
    assert stress_words(rows[3:], 0.96).startswith("None of the changes")
