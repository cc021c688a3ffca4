"""Numbers as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlcore.training.recipe.numbers import plain_number


@pytest.mark.parametrize(
    ("number", "words"),
    [(0.1 * 3e-4, "0.00003"), (0.0, "0"), (100.0, "100"), (10, "10"), (0.65, "0.65"),
     (1e-8, "0.00000001"), (0.1 + 0.2, "0.3")],
)  # fmt: skip
def test_it_has_no_powers_of_ten(number: float, words: str) -> None:
    assert plain_number(number) == words


def test_only_so_many_digits_count() -> None:
    assert plain_number(0.000123456, 2) == "0.00012"


@given(st.floats(1e-6, 1e6))
def test_it_is_the_number(number: float) -> None:
    assert float(plain_number(number)) == pytest.approx(number, rel=1e-5)
