"""Numbers of a recipe as people read them."""

from __future__ import annotations


def plain_number(number: float, digits: int = 6) -> str:
    """A number without exponent and rounding errors: 0.00003, not 2.9999999999999997e-05.

    It is rounded to `digits` significant digits.
    """
    rounded = float(f"{number:.{digits}g}")
    return f"{rounded:.12f}".rstrip("0").rstrip(".")
