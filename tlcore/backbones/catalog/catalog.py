"""Which backbones there are: bundled, the operator's own, those we recommend, and all of timm."""

from __future__ import annotations

from tlcore.backbones.catalog.card import BackboneCard
from tlcore.backbones.catalog.cards import describe
from tlcore.backbones.catalog.curated import BY_NAME
from tlcore.backbones.sources.registry import bundled, cached_names, known, local, search_names


def catalog(*, offline: bool = False) -> list[BackboneCard]:
    """Bundled, the operator's own, the recommended dozen, then what else was downloaded before.

    `offline`: only those that need no internet.
    """
    names = dict.fromkeys([*bundled(), *local(), *BY_NAME, *cached_names()])
    cards = [card(name) for name in names]
    return [one for one in cards if one.ready or not offline]


def search(text: str, *, limit: int = 50) -> list[BackboneCard]:
    """Cards of the models whose names hold every word of `text`; none for an empty text."""
    return [card(name) for name in search_names(text, limit)] if text.strip() else []


def card(name: str) -> BackboneCard:
    """The card of one backbone. Raises UnknownModel."""
    return describe(known(name))
