"""A few hundred labelled pictures of a project, to probe backbones with. It knows nothing of torch.

Training and validation pictures only: the test pictures are kept for the score.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tlcore.errors import ProbeImpossible
from tlcore.quality.pictures import read_pictures
from tlcore.workspace import Workspace
from tlcore.workspace.records import Example, Split

MOST_PICTURES = 300
LEAST_PER_LABEL = 2
USED = (Split.TRAIN, Split.VALIDATION)
UNTRUSTED = {"contradiction", "bridges_splits"}

Targets = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Sample:
    """Pictures with their targets (N,) as places in `labels`, and which belong together.

    `hashes` are those of the pictures, `paths` their working copies; pictures with the same number
    in `groups` (N,) come from one group. `training`, `checking` and `smallest` count the whole
    project: its pictures to learn from and to validate on, and those of its smallest label to
    learn from.
    """

    labels: tuple[str, ...]
    hashes: tuple[str, ...]
    paths: tuple[Path, ...]
    targets: Targets
    groups: Targets
    training: int
    checking: int
    smallest: int

    @property
    def fingerprint(self) -> str:
        """A hash of all that a probe of these pictures depends on."""
        digest = hashlib.blake2b("\x1f".join(self.labels).encode(), digest_size=12)
        for sha, target, group in zip(self.hashes, self.targets, self.groups, strict=True):
            digest.update(f"\x1e{sha}\x1f{target}\x1f{group}".encode())
        digest.update(f"\x1e{self.training}\x1f{self.checking}\x1f{self.smallest}".encode())
        return digest.hexdigest()

    @property
    def commonest(self) -> float:
        """The share of the most frequent label: what always giving one answer would score."""
        return float(np.bincount(self.targets).max() / len(self.targets))


def sample(
    workspace: Workspace, project_id: str, question_id: int | None = None, most: int = MOST_PICTURES
) -> Sample:
    """At most `most` pictures of a project's question (default: the first), evenly over labels.

    The same pictures are chosen each time: by their hashes, whatever the order they came in. Labels
    with a single picture are left out.
    Raises ProbeImpossible if fewer than two labels have pictures.
    """
    pictures = read_pictures(workspace, project_id, question_id)
    names = pictures.names
    by_label: dict[int, dict[str, Example]] = defaultdict(dict)
    counts: dict[int, Counter[Split]] = defaultdict(Counter)
    for example in pictures.seen:
        answer = pictures.label_of(example)
        if answer is None or example.split not in USED or UNTRUSTED.intersection(example.flags):
            continue
        by_label[answer].setdefault(example.picture, example)
        counts[answer][example.split] += 1
    enough = {label: some for label, some in by_label.items() if len(some) >= LEAST_PER_LABEL}
    kept = [label for label in names if label in enough]
    if len(kept) < 2:
        raise ProbeImpossible(
            "There are too few labelled pictures to try this on.",
            "Add pictures until at least two labels have two or more each.",
        )
    chosen = choose({label: list(enough[label].values()) for label in kept}, most)
    return _sample(workspace, kept, names, chosen, [counts[label] for label in kept])


def choose(by_label: Mapping[int, Sequence[Example]], most: int) -> list[tuple[int, Example]]:
    """So many examples, each label having as many as the others as far as they go."""
    waiting = {
        label: sorted(some, key=lambda example: example.picture) for label, some in by_label.items()
    }
    chosen: list[tuple[int, Example]] = []
    turn = 0
    while any(turn < len(some) for some in waiting.values()):
        for label, some in waiting.items():
            if turn < len(some) and len(chosen) < most:
                chosen.append((label, some[turn]))
        turn += 1
    return sorted(chosen, key=lambda pair: (list(by_label).index(pair[0]), pair[1].picture))


def _sample(
    workspace: Workspace,
    kept: Sequence[int],
    names: Mapping[int, str],
    chosen: Sequence[tuple[int, Example]],
    counts: Sequence[Counter[Split]],
) -> Sample:
    places = {label: place for place, label in enumerate(kept)}
    bound = [example.group or f"\x00{example.picture}" for _, example in chosen]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(bound))}
    return Sample(
        labels=tuple(names[label] for label in kept),
        hashes=tuple(example.picture for _, example in chosen),
        paths=tuple(workspace.pictures.copy(example.picture) for _, example in chosen),
        targets=np.array([places[label] for label, _ in chosen], dtype=np.int64),
        groups=np.array([numbers[name] for name in bound], dtype=np.int64),
        training=sum(count[Split.TRAIN] for count in counts),
        checking=sum(count[Split.VALIDATION] for count in counts),
        smallest=min(count[Split.TRAIN] for count in counts),
    )
