"""Which backbones there are: bundled, in packages, the operator's own, recommended, and timm's."""

from __future__ import annotations

from tlcore.backbones.catalog.card import BackboneCard
from tlcore.backbones.catalog.cards import describe
from tlcore.backbones.catalog.curated import BY_NAME
from tlcore.backbones.sources import registry


def catalog(*, offline: bool = False) -> list[BackboneCard]:
    """Bundled, in packages, the operator's own, the recommended dozen, then what was downloaded.

    `offline`: only those that need no internet.
    """
    names = dict.fromkeys([*registry.offline_names(), *BY_NAME, *registry.ready_names()])
    cards = [card(name) for name in names]
    return [card for card in cards if card.ready or not offline]


def search(text: str, *, limit: int = 50) -> list[BackboneCard]:
    """Cards of the models whose names hold every word of `text`; none for an empty text."""
    return [card(name) for name in search_names(text, limit)] if text.strip() else []


def search_names(text: str, limit: int) -> list[str]:
    """Known names that hold all words of `text`, ready and recommended ones first."""
    words = text.lower().split()
    names = dict.fromkeys([*registry.offline_names(), *BY_NAME, *registry.all_names()])
    return [name for name in names if all(word in name.lower() for word in words)][:limit]


def card(name: str) -> BackboneCard:
    """The card of one backbone. Raises UnknownModel."""
    return describe(registry.find(name))
