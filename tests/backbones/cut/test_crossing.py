"""What crosses a cut is kept, remembered or counted anew; what can be neither is refused."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tlcore.backbones.cut.crossing import alike, cross, rebuild
from tlcore.backbones.cut.tracing import CutImpossible

ONE, TWO = torch.rand(1, 4, 3), torch.rand(2, 4, 3)


def test_rows_are_kept_and_the_rest_is_made_again() -> None:
    table = torch.rand(1, 9)
    crossings = cross(
        [ONE, torch.Size((1, 4)), table, 7, None, 5.5],
        [TWO, torch.Size((2, 4)), table, 7, None, 5.5],
    )
    assert [crossing.kept for crossing in crossings] == [True, False, False, False, False, False]
    assert crossings[0].shape == (4, 3)
    kept = torch.rand(6, 4, 3)
    values = rebuild(crossings, [kept])
    assert values[0] is kept
    assert torch.equal(values[2], table)
    assert values[1:2] + values[3:] == [(6, 4), 7, None, 5.5]


def test_windows_are_folded_by_picture() -> None:
    (crossing,) = cross([torch.rand(4, 5)], [torch.rand(8, 5)])
    assert crossing.shape == (4, 5) and crossing.folded
    assert rebuild([crossing], [torch.rand(3, 4, 5)])[0].shape == (12, 5)


@pytest.mark.parametrize(
    ("single", "double"),
    [
        ([ONE.long()], [TWO.long() + 1]),
        ([torch.rand(1, 3)], [torch.rand(2, 4)]),
        ([torch.rand(2, 3)], [torch.rand(3, 3)]),
        ([ONE, 3], [TWO, 4]),
        ([ONE, "a"], [TWO, "b"]),
        ([ONE, [torch.ones(1)]], [TWO, [torch.ones(1)]]),
        ([5], [5]),
        ([torch.tensor(1.0)], [torch.tensor(2.0)]),
    ],
)
def test_what_cannot_be_kept_or_made_again_is_refused(single: list[Any], double: list[Any]) -> None:
    with pytest.raises(CutImpossible):
        cross(single, double)


def test_two_modes_must_let_the_same_cross() -> None:
    assert alike([ONE, 3], [torch.zeros(1, 4, 3), 4])
    assert not alike([ONE], [torch.rand(1, 4)])
    assert not alike([ONE], [ONE.half()])
    assert not alike([ONE], [ONE, ONE])
