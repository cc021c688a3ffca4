"""Every change of the stress test does what it says, the stronger the more."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tlcore.results.robustness.stress import KINDS, Kind, stress_row, stress_words, worst_kinds

PIXELS = torch.from_numpy(
    np.random.default_rng(0).integers(40, 200, (2, 3, 8, 8), np.uint8)
).repeat_interleave(8, 2).repeat_interleave(8, 3)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_stronger_change_changes_more(kind: Kind) -> None:
    changed = [kind.apply(PIXELS, strength) for strength in kind.strengths]
    far = [float((pixels.float() - PIXELS.float()).abs().mean()) for pixels in changed]
    assert all(pixels.shape == PIXELS.shape and pixels.dtype == torch.uint8 for pixels in changed)
    assert 0 < far[0] < far[1] < far[2]
    assert torch.equal(changed[1], kind.apply(PIXELS, kind.strengths[1]))
    light = changed[2].float().mean() / PIXELS.float().mean()
    if kind.name in ("darker", "brighter"):
        assert (light < 0.4) if kind.name == "darker" else (light > 1.4)
    else:
        assert 0.9 < light < 1.1


def test_only_what_lowers_the_score_beyond_chance_is_blamed() -> None:
    targets = np.array([0, 1] * 200)
    plain = targets.copy()
    plain[:16] = 1 - plain[:16]
    rows = []
    for number, kind in enumerate(KINDS):
        for level in range(3):
            answers = plain.copy()
            if kind.name == "blur":
                answers[: 80 * (level + 1)] = 1 - targets[: 80 * (level + 1)]
            elif number % 2:
                answers[:20] = 1 - targets[:20]
            rows.append(stress_row(kind, level, answers, plain, targets, 3))
    worst = worst_kinds(rows, 0.96)
    assert [(row["kind"], row["level"]) for row in worst] == [("blur", 0)]
    assert rows[0]["labels"] == [0.8, 0.8, None] and rows[0]["right"] == 320
    words = stress_words(rows, 0.96)
    assert "blurred (slightly)" in words and "stands these: noisy" in words
    assert "cannot be told" not in words
    assert stress_words(rows[3:], 0.96).startswith("None of the changes")


def test_nothing_is_said_to_stand_what_few_pictures_cannot_tell() -> None:
    """Three of twenty pictures lost are fifteen points: by chance, or not."""
    targets = np.array([0, 1] * 10)
    plain = targets.copy()
    plain[:8] = 1 - plain[:8]
    lost = plain.copy()
    lost[8:11] = 1 - lost[8:11]
    for answers in (lost, plain):
        rows = [stress_row(kind, n, answers, plain, targets, 2) for kind in KINDS for n in range(3)]
        words = stress_words(rows, 0.6)
        assert "stands" not in words
        assert "With 20 pictures it cannot be told" in words and "made smaller" in words
