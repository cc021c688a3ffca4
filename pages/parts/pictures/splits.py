"""What a split is called on the screen, and what it is for, in one sentence each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tlcore.workspace.records import Split


@dataclass(frozen=True)
class SplitWords:
    """A split on the screen: its title, the word beside a number, and what it is for."""

    title: str
    short: str
    purpose: str


SPLIT_WORDS: Mapping[Split, SplitWords] = {
    Split.TRAIN: SplitWords("Training", "to learn", "Graft learns from these."),
    Split.VALIDATION: SplitWords(
        "Validation", "to check", "Graft checks itself on these while it learns."
    ),
    Split.TEST: SplitWords(
        "Test", "to score", "Kept back and never learnt from: they give the final score."
    ),
    Split.UNLABELLED: SplitWords("Not used", "not used", "Stays out of learning and scoring."),
}


def in_words(counts: Mapping[Split, int]) -> str:
    """`40 to learn, 9 to check, 8 to score`; splits without pictures are left out."""
    parts = [f"{counts[s]:,} {words.short}" for s, words in SPLIT_WORDS.items() if counts.get(s)]
    return ", ".join(parts) or "no pictures yet"
