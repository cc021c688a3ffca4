"""What the request worker says about backbones, cached: cards, stages, speeds, downloads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import streamlit as st

from pages.parts.frame.services import services
from tlcore.backbones.catalog.card import BackboneCard

MOST_FOUND = 20
PATIENCE = 120.0  # seconds; the first request to a fresh server waits for its process to warm up
WAKING = "Waking the engine; the first time takes a few seconds …"


@st.cache_data(show_spinner=False, max_entries=64)
def stages_of(backbone: str) -> dict[str, Any]:
    """The stages of a backbone as `stages_task` gives them. Raises GraftError."""
    return services().engine.ask(
        "tlcore.backbones.tasks:stages_task", {"backbone": backbone}, timeout=PATIENCE
    )


@st.cache_data(show_spinner=False, max_entries=1, ttl=300)
def catalog() -> list[BackboneCard]:
    """The catalog, the bundled backbone first. Raises GraftError."""
    reply = services().engine.ask("tlcore.backbones.tasks:catalog_task", {}, timeout=PATIENCE)
    return [BackboneCard.model_validate(card) for card in reply["cards"]]


@st.cache_data(show_spinner=False, max_entries=32, ttl=300)
def search(text: str) -> list[BackboneCard]:
    """Models of timm whose names hold `text`. Raises GraftError."""
    payload = {"text": text, "limit": MOST_FOUND}
    reply = services().engine.ask("tlcore.backbones.tasks:search_task", payload, timeout=PATIENCE)
    return [BackboneCard.model_validate(card) for card in reply["cards"]]


@st.cache_data(show_spinner=False, max_entries=64, ttl=300)
def card_of(name: str) -> BackboneCard:
    """One backbone's card. Raises GraftError."""
    reply = services().engine.ask(
        "tlcore.backbones.tasks:card_task", {"name": name}, timeout=PATIENCE
    )
    return BackboneCard.model_validate(reply["card"])


@st.cache_resource(show_spinner=False)
def speeds() -> dict[str, float]:
    """Seconds per picture on this computer by backbone, as measured since the server started."""
    return {}


def measure_speed(name: str) -> float:
    """Seconds that one picture takes on this computer, measured now. Raises GraftError."""
    here = services()
    payload = {"name": name, "home": str(here.workspace.home)}
    reply = here.engine.ask("tlcore.backbones.tasks:speed_task", payload, timeout=PATIENCE)
    speeds()[name] = float(reply["seconds_per_picture"])
    return speeds()[name]


def fetch(name: str) -> Iterator[tuple[float, str]]:
    """Download a backbone's weights; yields the share done, 0 to 1, and a few words.

    Raises GraftError: there is no internet, or the file that came is not the expected one.
    """
    for event in services().engine.stream("tlcore.backbones.tasks:fetch_task", {"name": name}):
        if event.kind == "progress":
            done, total = event.data.get("done", 0), event.data.get("total") or 0
            words = f"{done / 1e6:.0f} of {total / 1e6:.0f} MB" if total else f"{done / 1e6:.0f} MB"
            yield (min(1.0, done / total) if total else 0.0), words
    forget()


def forget() -> None:
    """Drop the cached cards: after a download other backbones are ready."""
    for cached in (catalog, search, card_of):
        cached.clear()
