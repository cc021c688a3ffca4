"""The likeliest labels as bars with percentages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from pages.parts.components.declare import declare_component
from tlcore.results.figures.figures import percent

SHOWN = 5
Tone = Literal["good", "bad", "plain", "main"]

_bars = declare_component("bars")


def draw_bars(
    labels: Sequence[str], probabilities: Sequence[float], *, key: str, right: int | None = None
) -> None:
    """Draw the likeliest labels, likeliest on top; `right` is marked and always among them."""
    order = sorted(range(len(labels)), key=lambda index: -probabilities[index])
    shown = order[:SHOWN]
    if right is not None and right not in shown:
        shown[-1] = right
    rows = [
        {
            "label": labels[index],
            "share": probabilities[index],
            "words": percent(probabilities[index]),
            "right": index == right,
        }
        for index in shown
    ]
    _bars(key=key, data={"rows": rows, "more": len(labels) - len(shown), "equal": False})


def draw_shares(shares: Mapping[str, float], tones: Sequence[Tone], *, key: str) -> None:
    """Draw shares (0 to 1) as bars of one size in the order given, each in its tone."""
    rows = [
        {"label": label, "share": share, "words": percent(share), "right": False, "tone": tone}
        for (label, share), tone in zip(shares.items(), tones, strict=True)
    ]
    _bars(key=key, data={"rows": rows, "more": 0, "equal": True})
