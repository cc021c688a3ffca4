"""The shortcut detective fires on a coloured frame and stays quiet on an honest set."""

from __future__ import annotations

import pytest
import torch

from tlcore.results.explain.border_test import BorderTest, hide


def border_test(**changes: int | float | None) -> BorderTest:
    fields = {"total": 60, "whole": 58, "middle_hidden": 57, "border_hidden": 20, "chance": 0.34,
              "only_border": 38, "only_middle": 1, "heat_outside": 0.8}  # fmt: skip
    return BorderTest(**{**fields, **changes})  # type: ignore[arg-type]


def test_hiding_leaves_the_rest_as_it_is() -> None:
    pictures = torch.randn(2, 3, 20, 30)
    border_only, middle_only = hide(pictures, middle=True), hide(pictures, middle=False)
    assert torch.equal(border_only + middle_only, pictures)
    assert (border_only[:, :, 9:11, 14:16] == 0).all() and (middle_only[:, :, 0] == 0).all()
    share = float((middle_only != 0).float().mean())
    assert share == pytest.approx(0.65**2, abs=0.06)


def test_it_fires_only_where_the_border_is_enough_and_the_middle_is_not() -> None:
    assert border_test().fires and "the table, not at the leaf" in border_test().words
    quiet = (
        border_test(middle_hidden=25, only_border=6, border_hidden=20),  # hiding the middle hurts
        border_test(border_hidden=57, only_border=1, only_middle=1),  # both are enough: a texture
        border_test(only_border=4, only_middle=2),  # chance
        border_test(whole=20, middle_hidden=20),  # no better than guessing
    )
    for result in quiet:
        assert not result.fires and result.words.startswith("No sign")
    few = border_test(
        total=8, whole=8, middle_hidden=8, border_hidden=0, only_border=8, only_middle=0
    )
    assert not few.fires and "too few" in few.words
    assert border_test().to_data()["fires"] is True
