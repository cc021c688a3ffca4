"""`models`: what can be built on, and what is ready without internet."""

from __future__ import annotations

import argparse

from tlcore.commands.terminal import print_json


def run(arguments: argparse.Namespace) -> int:
    """List the catalog, one model a line."""
    from tlcore.backbones.catalog.catalog import catalog

    cards = catalog(offline=arguments.offline)
    if arguments.offline:
        cards = [card for card in cards if card.ready]
    if arguments.json:
        print_json({"models": [card.model_dump(mode="json") for card in cards]})
        return 0
    for card in cards:
        size = f"{card.download_bytes / 1e6:.0f} MB" if card.download_bytes else "–"
        state = "ready" if card.ready else f"to fetch, {size}"
        print(f"{card.name:<44} {card.parameters / 1e6:6.1f} M parameters  {state}")
        print(f"    {card.title}. {card.words}")
    return 0
