"""Numbers of a recipe as people read them."""

from __future__ import annotations


def plain_number(number: float, digits: int = 6) -> str:
    """Without powers of ten or what rounding leaves: 0.00003, not 2.9999999999999997e-05.

    `digits` that count are kept.
    """
    rounded = float(f"{number:.{digits}g}")
    return f"{rounded:.12f}".rstrip("0").rstrip(".")
