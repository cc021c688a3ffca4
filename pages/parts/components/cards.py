"""Pictures with what a classifier says about them, as a grid of cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pages.parts.components.declare import declare_component

_cards = declare_component("cards")


@dataclass(frozen=True)
class Card:
    """One picture: `source` is a data address, `name` its file's name.

    `prediction` is a label and `confidence` a percentage beside it, both as text; `truth` is the
    right label where it is known. With `others` (the name of a classifier, its prediction, whether
    that is right) those are shown instead.
    """

    source: str
    name: str
    prediction: str
    confidence: str
    truth: str | None = None
    others: tuple[tuple[str, str, bool], ...] = ()


def draw_picture(source: str, name: str, *, key: str) -> None:
    """Draw one picture large, without words; `source` is a data address."""
    _cards(key=key, data={"alone": {"source": source, "name": name}, "cards": []})


def draw_cards(cards: Sequence[Card], *, key: str) -> None:
    """Draw the cards; a right prediction is ticked, a wrong one stands beside the right label."""
    _cards(key=key, data={"alone": None, "cards": [dict(card.__dict__) for card in cards]})
