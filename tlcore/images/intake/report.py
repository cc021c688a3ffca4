"""The report after pictures were added, for a person. Names are the files' own, as text."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tlcore.images.stored_splits import BRIDGES
from tlcore.workspace.examples.twins import CONTRADICTION, IN_TWO_SPLITS


@dataclass(frozen=True)
class Refusal:
    """A file that did not come in: `reason` and `remedy` in plain words, `kind` in one word."""

    name: str
    reason: str
    remedy: str = ""
    kind: str = "unreadable"


@dataclass
class IngestReport:
    """What came in and what did not.

    `skipped` were there already under the same label; `flagged` came in with a word of warning
    (contradiction, in_two_splits, bridges_splits), `other_labels` names under which labels the copy
    of such a file stands; `by_label` and `unlabelled` count what came in; `ids` are the new
    examples; `pages` counts those of several pages or frames by how many they have.
    """

    accepted: int = 0
    refused: list[Refusal] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    flagged: list[tuple[str, str]] = field(default_factory=list)
    other_labels: dict[str, list[str]] = field(default_factory=dict)
    by_label: dict[str, int] = field(default_factory=dict)
    unlabelled: int = 0
    notes: list[str] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    pages: Counter[int] = field(default_factory=Counter)

    def count(self, label: str | None, pages: int) -> None:
        """Count a picture that came in under this label (None: without one), of so many pages."""
        self.accepted += 1
        if label is None:
            self.unlabelled += 1
        else:
            self.by_label[label] = self.by_label.get(label, 0) + 1
        if pages > 1:
            before = pages_in_words(self.pages)
            self.pages[pages] += 1
            if before in self.notes:
                self.notes.remove(before)
            self.notes.append(pages_in_words(self.pages))

    @property
    def warnings(self) -> str:
        """What came in with a warning and what stayed out as a copy, in one line; or nothing."""
        flags = Counter(flag for _, flag in self.flagged)
        names = [name for name, flag in self.flagged if flag == CONTRADICTION]
        example = f" (such as {names[0]})" if names else ""
        counts = [
            (flags[CONTRADICTION], f"the same picture under two labels{example}"),
            (flags[IN_TWO_SPLITS], "the same picture in two splits, not used for scores"),
            (flags[BRIDGES], "like pictures of two splits, left out"),
            (len(self.skipped), "copies left out"),
        ]
        parts = [f"{number} × {words}" for number, words in counts if number]
        return f"Look at these: {'; '.join(parts)}." if parts else ""

    def to_data(self) -> dict[str, Any]:
        """What came in, for --json."""
        return {
            "accepted": self.accepted,
            "flagged": [
                {"file": name, "flag": flag, "other_labels": self.other_labels.get(name, [])}
                for name, flag in self.flagged
            ],
            "copies": list(self.skipped),
            "notes": list(self.notes),
        }


def pages_in_words(pages: Counter[int]) -> str:
    """What was taken of pictures with several pages or frames; `pages` counts them by pages."""
    number = pages.total()
    pictures = "1 picture" if number == 1 else f"{number} pictures"
    few, most = min(pages, default=0), max(pages, default=0)
    many = f"{few}" if few == most else f"{few} to {most}"
    return f"The first of {many} pages or frames was taken of {pictures}."
