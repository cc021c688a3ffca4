"""The order of an epoch: every picture once, the same for the same seed."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from tlcore.training.fit.epoch import diverged, order


@given(st.integers(2, 200), st.integers(1, 64), st.integers(0, 2**31 - 1), st.integers(0, 50))
def test_every_picture_once(examples: int, size: int, seed: int, epoch: int) -> None:
    batches = order(examples, size, seed, epoch)
    assert sorted(torch.cat(batches).tolist()) == list(range(examples))
    if size > 1:
        assert all(2 <= len(batch) <= size + 1 for batch in batches)
    again = order(examples, size, seed, epoch)
    assert all(torch.equal(a, b) for a, b in zip(batches, again, strict=True))


@given(st.integers(20, 100), st.integers(0, 2**31 - 1))
def test_epochs_and_seeds_differ(examples: int, seed: int) -> None:
    first = torch.cat(order(examples, 8, seed, 0))
    assert not torch.equal(first, torch.cat(order(examples, 8, seed, 1)))
    assert not torch.equal(first, torch.cat(order(examples, 8, seed + 1, 0)))


def test_the_remedy_names_a_lower_rate() -> None:
    failed = diverged({"the head": 0.1, "the last stage": 3e-4}, kept=False)
    assert "0.1 for the head, 0.0003 for the last stage" in failed.message
    assert "0.01 for the head, 0.00003 for the last stage" in failed.remedy


def test_weights_are_promised_only_where_some_are_kept() -> None:
    assert "are kept" not in diverged({"head": 0.1}, kept=False).remedy
    assert "are kept" in diverged({"head": 0.1}, kept=True).remedy
