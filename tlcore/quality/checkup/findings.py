"""What a check-up says: findings about pictures, and how each can be mended. Plain data, no torch.

Words contain names of labels and files as they are: whoever shows them escapes them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Literal


class Kind(StrEnum):
    """What a finding is about; the most serious first."""

    REFUSED = "refused"  # a file that did not come in
    CONTRADICTION = "contradiction"  # one picture, or copies of it, under several labels
    LEAK = "leak"  # one picture, or copies of it, in several splits
    SUSPECT_LABEL = "suspect_label"  # probably under the wrong label
    SHORTCUT = "shortcut"  # a label that can be told without looking at what is in the pictures
    DUPLICATE = "duplicate"  # byte for byte the same file again
    NEAR_DUPLICATE = "near_duplicate"  # re-encoded, resized, brightened or cropped
    IMBALANCE = "imbalance"  # too few pictures, or far fewer than of other labels
    OUTLIER = "outlier"  # like no other picture
    BLURRED = "blurred"  # not sharp, or showing next to nothing (`reason` "uniform")
    DARK = "dark"
    SMALL = "small"  # few pixels, or a very long and narrow picture (`reason` "aspect")


Action = Literal["delete", "move_split", "set_group", "relabel"]


@dataclass(frozen=True)
class Mend:
    """One click that mends a finding, as data: whoever applies it can also undo it.

    `action` says which other field counts: "delete" none, "move_split" `split`, "set_group"
    `group`, "relabel" `question` and `label`, and `group` where they are also to stay together.
    `words` is the text of the button.
    """

    action: Action
    examples: tuple[int, ...]
    words: str
    split: str | None = None
    group: str | None = None
    question: int | None = None
    label: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON without the fields that are empty."""
        return {name: _plain(value) for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Mend:
        """What `to_json` wrote."""
        return cls(**{**data, "examples": tuple(data["examples"])})


@dataclass(frozen=True)
class Finding:
    """One thing that is amiss: a pair of copies, one suspicious picture, one label.

    `reason` is finer than `kind` (blurred: "blur" or "uniform"; shortcut: "camera", "date",
    "format" or "size"; imbalance: "few" or "uneven"; copies: "same", "near" or "cropped").
    `score` is 0–1, how sure or how serious within its kind. `words` says what was found, `remedy`
    what to do. `mends` are alternatives, the safest first; it may be empty. `files` are names to
    show, in the order of `examples`; a finding about a refused file has no examples.
    """

    kind: Kind
    reason: str
    examples: tuple[int, ...]
    files: tuple[str, ...]
    score: float
    words: str
    remedy: str
    mends: tuple[Mend, ...] = ()
    labels: tuple[int, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """A name that stays the same while the finding does: to remember that it was waved off."""
        about = f"{self.kind} {self.reason} {sorted(self.examples)} {sorted(self.labels)}"
        about += f" {sorted(self.files) if not self.examples else ''}"
        return hashlib.blake2b(about.encode("utf-8", "replace"), digest_size=8).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; `key` is in it for convenience."""
        data = {name: _plain(value) for name, value in vars(self).items()}
        data["mends"] = [mend.to_json() for mend in self.mends]
        return {"key": self.key, **data}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Finding:
        """What `to_json` wrote."""
        fields = {name: data[name] for name in cls.__dataclass_fields__}
        fields["kind"] = Kind(data["kind"])
        fields["mends"] = tuple(Mend.from_json(mend) for mend in data["mends"])
        for name in ("examples", "files", "labels"):
            fields[name] = tuple(data[name])
        return cls(**fields)


@dataclass(frozen=True)
class CheckUp:
    """All findings about the pictures of one question, the most serious first.

    `key` names the state of the pictures that was looked at (see `reports.picture_key`);
    `backbone` the network whose features were used; `notes` say in plain words what could not be
    looked at; `seconds` maps each step to the time it took.
    """

    key: str
    backbone: str
    pictures: int
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        data = {name: _plain(value) for name, value in vars(self).items()}
        return {**data, "findings": [finding.to_json() for finding in self.findings]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CheckUp:
        """What `to_json` wrote."""
        return cls(
            key=data["key"],
            backbone=data["backbone"],
            pictures=data["pictures"],
            findings=tuple(Finding.from_json(finding) for finding in data["findings"]),
            notes=tuple(data["notes"]),
            seconds=dict(data["seconds"]),
        )


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """The most serious kind first, and within a kind the surest."""
    order = {kind: place for place, kind in enumerate(Kind)}
    return sorted(
        findings,
        key=lambda finding: (order[finding.kind], -finding.score, finding.examples, finding.files),
    )


def _plain(value: Any) -> Any:
    """Tuples as lists, mappings as dicts, words of an enumeration as words."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(inner) for inner in value]
    return value
