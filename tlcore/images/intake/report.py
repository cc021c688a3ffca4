"""The report after pictures were added, for a person. Names are the files' own, as text."""

from __future__ import annotations

from dataclasses import dataclass, field


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
    examples.
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
