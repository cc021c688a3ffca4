"""What a choice of learning stages means, in plain sentences: size, time, pictures, risk."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from pages.parts.frame.text import count

FEW_PER_LABEL = 20
MUCH_LEARNING = 0.2
SIZES = ((1e9, "billion"), (1e6, "million"), (1e3, "thousand"))


@dataclass(frozen=True)
class NetworkShape:
    """The parameters of each stage and of the new head."""

    stages: tuple[int, ...]
    head: int

    @property
    def total(self) -> int:
        """How many parameters there are, learning or not."""
        return sum(self.stages) + self.head

    def learning(self, learning: Sequence[bool]) -> int:
        """How many parameters learn when these stages do; the head always does."""
        pairs = zip(self.stages, learning, strict=True)
        return self.head + sum(size for size, learns in pairs if learns)

    def share(self, learning: Sequence[bool]) -> float:
        """The share of all parameters that learns, 0 to 1."""
        return self.learning(learning) / self.total


def head_parameters(features: int, labels: int, hidden: Sequence[int], kind: str) -> int:
    """The parameters of the new head: hidden layers, then a `linear` or `cosine` last layer."""
    widths = [features, *hidden]
    before = sum((a + 1) * b for a, b in itertools.pairwise(widths))
    if kind == "cosine":  # no bias; one learned scale for all labels
        return before + widths[-1] * labels + 1
    return before + (widths[-1] + 1) * labels


def size_words(number: int) -> str:
    """A parameter count for people: “4.9 million”, “12 thousand”, “850”."""
    for size, word in SIZES:
        if number >= 0.9995 * size:
            value = number / size
            return f"{value:.1f} {word}" if value < 9.95 else f"{value:.0f} {word}"
    return str(number)


def share_words(network: NetworkShape, learning: Sequence[bool]) -> str:
    """For example “0.2 % of 4.9 million numbers will learn.”"""
    share = 100 * network.share(learning)
    if share >= 99.95:
        return f"All {size_words(network.total)} numbers will learn."
    digits = f"{share:.0f}" if share >= 10 else f"{share:.1f}" if share >= 0.05 else "Under 0.1"
    return f"{digits} % of {size_words(network.total)} numbers will learn."


def meaning(learning: Sequence[bool], gradual: bool = False) -> str:
    """A plain sentence or two on the time this choice takes and the pictures it needs."""
    if not any(learning):
        return (
            "Fast and safe: every picture is looked at once, then the head learns in seconds. "
            "Works from about ten pictures for each label."
        )
    first = learning.index(True)
    if first == 0 and gradual:
        return (
            "Slow towards the end: every picture goes through the whole network only once the last "
            "stage has joined. Wants hundreds of pictures for each label."
        )
    if first == 0:
        return (
            "Slow: every picture goes through the whole network in every epoch. Wants hundreds of "
            "pictures for each label, and is worth it when yours look unlike photographs."
        )
    saved = "half" if first < len(learning) / 2 else "most"
    return (
        f"A good middle: what is frozen is computed once, which saves {saved} of the work in each "
        f"epoch. Wants about {FEW_PER_LABEL} pictures or more for each label."
    )


def warning(
    network: NetworkShape, learning: Sequence[bool], pictures: int, labels: int
) -> str | None:
    """A warning where many parameters learn from few pictures; else None."""
    if not labels or not any(learning) or pictures / labels >= FEW_PER_LABEL:
        return None
    share = network.share(learning)
    if share < MUCH_LEARNING:
        return None
    return (
        f"{size_words(network.learning(learning))} numbers are to learn from "
        f"{count(pictures, 'picture')}. It may well learn these by heart and do worse on new "
        "ones. Freeze more stages, or add pictures."
    )


def gap_note(learning: Sequence[bool]) -> str | None:
    """A note where a frozen stage stands above a learning one; else None."""
    if not any(learning) or all(learning[list(learning).index(True) :]):
        return None
    return (
        "A frozen stage stands after a learning one. That is allowed, but it saves no time: "
        "only what is frozen from the left without a gap is computed once."
    )
