"""The schedule of a recipe as a strip: one row per stage, epochs to the right, rates as colour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pages.parts.components.declare import declare_component
from pages.parts.frame.text import count
from tlcore.training.recipe.phases import Phase, phases_of
from tlcore.training.recipe.recipe import Recipe

FAINT, STRONG = 1e-6, 1e-2  # learning rates that are drawn palest and fullest
PALEST = 0.25

_mount = declare_component("schedule")


def draw_schedule(recipe: Recipe, stages: Sequence[str], titles: Sequence[str]) -> None:
    """Draw the phases of a recipe; `stages` are named `titles` on the page."""
    phases = phases_of(recipe, stages)
    data = {
        "titles": ["New head", *reversed(titles)],
        "phases": [
            {
                "epochs": phase.epochs,
                "span": span,
                "short": span.split(" ", 1)[1],
                "words": phase.words,
                "cells": [_cell(rate) for rate in rates_from_the_top(phase)],
            }
            for phase, span in zip(phases, spans(phases), strict=True)
        ],
        "words": schedule_words(phases, titles),
    }
    _mount(key="schedule", data=data)


def strip(phases: Sequence[Phase]) -> list[dict[str, Any]]:
    """The phases as a small picture: epochs, and the strength of every row's colour."""
    return [
        {"epochs": phase.epochs, "rows": [strength(r) for r in rates_from_the_top(phase)]}
        for phase in phases
    ]


def rates_from_the_top(phase: Phase) -> list[float]:
    """The learning rates of the head and of each stage below it, 0 for frozen ones."""
    return [phase.head_rate, *reversed(phase.stage_rates)]


def strength(rate: float) -> float:
    """The opacity of a learning rate: 0 for frozen, else from PALEST to 1 by its logarithm."""
    if rate <= 0:
        return 0.0
    share = (math.log10(rate) - math.log10(FAINT)) / (math.log10(STRONG) - math.log10(FAINT))
    return round(PALEST + (1 - PALEST) * min(1.0, max(0.0, share)), 3)


def spans(phases: Sequence[Phase]) -> list[str]:
    """“Epochs 1–6”, “Epochs 7–20”."""
    words: list[str] = []
    first = 1
    for phase in phases:
        last = first + phase.epochs - 1
        words.append(f"Epoch {first}" if last == first else f"Epochs {first}–{last}")
        first = last + 1
    return words


def rate_words(rate: float) -> str:
    """A learning rate with two significant figures and no exponent: 0.000065."""
    if rate <= 0:
        return "0"
    digits = max(0, 1 - math.floor(math.log10(rate)))
    return f"{rate:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{rate:.0f}"


def schedule_words(phases: Sequence[Phase], titles: Sequence[str]) -> str:
    """The strip in words, for screen readers."""
    sentences = []
    for phase, span in zip(phases, spans(phases), strict=True):
        learns = [
            f"{title} at {rate_words(rate)}"
            for title, rate in zip(["new head", *reversed(titles)], rates_from_the_top(phase),
                                   strict=True)
            if rate > 0
        ]  # fmt: skip
        frozen = len(titles) + 1 - len(learns)
        rest = f"; {count(frozen, 'stage')} frozen" if frozen else ""
        sentences.append(
            f"{span}: {', '.join(learns)} learn{'s' if len(learns) == 1 else ''}{rest}."
        )
    return " ".join(sentences)


def _cell(rate: float) -> dict[str, Any]:
    return {"strength": strength(rate), "rate": rate_words(rate) if rate > 0 else ""}
