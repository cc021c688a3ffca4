"""The shortcut detective: does it still know the answer when the middle is hidden?

What it was taught should show in the middle of most pictures. A classifier that is right from the
border alone, but not from the middle alone, may be looking at the table and not at the leaf.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from tlcore.results.compare.classifiers import SIGNIFICANT, mcnemar
from tlcore.results.figures.figures import percent

MIDDLE = 0.65  # side of the middle square as a share of the picture's: 42 % of its area
ENOUGH = 0.75  # share of what it knows beyond guessing that the border alone must give
LEAST = 10  # pictures


@dataclass(frozen=True)
class BorderTest:
    """How many of `total` pictures were right: whole, with hidden middle, with hidden border.

    `chance` is the share right that always the most frequent label gives; `only_border` counts
    pictures right from the border but not from the middle, `only_middle` the other way round.
    `heat_outside` is the mean share of heat outside the middle (None where it was not measured).
    """

    total: int
    whole: int
    middle_hidden: int
    border_hidden: int
    chance: float
    only_border: int
    only_middle: int
    heat_outside: float | None

    @property
    def p_value(self) -> float:
        """Whether border and middle differ by more than chance (McNemar)."""
        return mcnemar(self.only_border, self.only_middle)

    @property
    def fires(self) -> bool:
        """True where the border is enough and tells more than the middle does."""
        if self.total < LEAST or self.whole / self.total <= self.chance:
            return False
        known = self.whole / self.total - self.chance
        left = self.middle_hidden / self.total - self.chance
        border_tells_more = self.only_border > self.only_middle and self.p_value < SIGNIFICANT
        return left >= ENOUGH * known and border_tells_more

    @property
    def words(self) -> str:
        """The finding, or that there is none, with its figures."""
        if self.total < LEAST:
            return "There are too few pictures to tell whether the border is enough."
        shares = [percent(n / self.total) for n in (self.whole, self.middle_hidden,
                                                    self.border_hidden)]  # fmt: skip
        figures = (
            f"Whole pictures: {shares[0]} right. With the middle hidden: {shares[1]}. "
            f"With the border hidden: {shares[2]}."
        )
        if self.fires:
            return (
                "The border of the pictures is enough for it: it may be looking at the table, not "
                f"at the leaf. {figures}"
            )
        return f"No sign that the border alone gives the answer away. {figures}"

    def to_data(self) -> dict[str, Any]:
        return {**self.__dict__, "fires": self.fires, "words": self.words,
                "p_value": self.p_value}  # fmt: skip


def hide(pictures: Tensor, *, middle: bool, share: float = MIDDLE) -> Tensor:
    """Normalised pictures (N, C, H, W) with the middle square, or all around it, made plain.

    Plain is 0: the mean colour of what the network was pretrained on.
    """
    height, width = pictures.shape[-2:]
    rows, columns = (_inside(size, share, pictures.device) for size in (height, width))
    square = rows[:, None] & columns[None, :]
    return pictures.masked_fill(square if middle else ~square, 0.0)


def _inside(size: int, share: float, device: torch.device) -> Tensor:
    centres = (torch.arange(size, device=device) + 0.5) / size
    return (centres - 0.5).abs() <= share / 2
