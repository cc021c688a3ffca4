"""What counts as the same predictions."""

from __future__ import annotations

import numpy as np
import pytest

from tlcore.serving.export.agreement import Agreement, compare
from tlcore.serving.export.check_set import CheckSet
from tlcore.serving.formats.comparison import CheckPicture

APP = [[0.7, 0.3], [0.2, 0.8], [0.6, 0.4], [0.5001, 0.4999]]
CHECK_SET = CheckSet(tuple(CheckPicture(b"", b"", n) for n in (0, 1, 1, 0)), "test pictures")


def test_the_same_answers_pass() -> None:
    agreement = compare(CHECK_SET, APP, np.add(APP, [4e-4, -4e-4]))
    assert agreement.passed and agreement.equal == 4 and agreement.apart == pytest.approx(4e-4)
    assert agreement.accuracy_app == agreement.accuracy_file == 0.75
    assert "4 of 4 test pictures" in agreement.words
    assert Agreement.from_json(agreement.to_json()) == agreement


def test_a_tie_may_fall_either_way_and_nothing_else() -> None:
    other = [*APP[:3], [0.4999, 0.5001]]
    assert compare(CHECK_SET, APP, other).passed
    assert not compare(CHECK_SET, APP, [*APP[:2], [0.4, 0.6], APP[3]]).passed


def test_probabilities_apart_fail_though_labels_are_equal() -> None:
    agreement = compare(CHECK_SET, APP, [[0.702, 0.298], *APP[1:]])
    assert agreement.equal == 4 and not agreement.passed


@pytest.mark.parametrize("rows", [[], APP[:2], [[float("nan")] * 2] * 4, [[1.0]] * 4])
def test_no_answers_are_no_agreement(rows: list[list[float]]) -> None:
    assert not compare(CHECK_SET, APP, rows).passed
    assert not compare(CheckSet((), "test pictures"), [], []).passed


def test_a_rounded_file_may_err_on_two_per_cent() -> None:
    many = CheckSet(tuple(CheckPicture(b"", b"", 0) for _ in range(100)), "test pictures")
    app = [[0.9, 0.1]] * 100
    two, three = ([[0.4, 0.6]] * wrong + [[0.8, 0.2]] * (100 - wrong) for wrong in (2, 3))
    good = compare(many, app, two, rounded=True)
    assert good.passed and "98.0 % instead of 100.0 %" in good.words
    assert not compare(many, app, three, rounded=True).passed
