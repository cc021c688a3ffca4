"""What a training learns from: pictures with their targets and splits, apart from any database."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tlcore.errors import TrainingFailed
from tlcore.workspace import Workspace
from tlcore.workspace.records import Example, Label, Split

UNSCORED_FLAGS = {"in_two_splits", "bridges_splits"}


@dataclass(frozen=True)
class TrainingExample:
    """One picture: `picture` is its hash, `path` its working copy, `target` its label's index."""

    example: int
    picture: str
    path: Path
    target: int
    split: Split


@dataclass(frozen=True)
class TrainingSet:
    """Labels and examples in an order that does not depend on when they were added."""

    labels: tuple[str, ...]
    examples: tuple[TrainingExample, ...]
    notes: tuple[str, ...] = ()

    def of(self, split: Split) -> tuple[TrainingExample, ...]:
        """The examples of one split."""
        return tuple(one for one in self.examples if one.split == split)

    @property
    def counts(self) -> dict[str, int]:
        """Examples per split: train, validation, test."""
        return {split.value: len(self.of(split)) for split in SPLITS}

    @property
    def frequent(self) -> int:
        """The label with most training examples: what a machine that learned nothing would say."""
        return Counter(one.target for one in self.of(Split.TRAIN)).most_common(1)[0][0]

    @property
    def fingerprint(self) -> str:
        """A hash of everything that training depends on here."""
        digest = hashlib.sha256("\x1f".join(self.labels).encode())
        for one in self.examples:
            digest.update(f"\x1e{one.picture}\x1f{one.target}\x1f{one.split.value}".encode())
        return digest.hexdigest()


SPLITS = (Split.TRAIN, Split.VALIDATION, Split.TEST)


def from_workspace(
    workspace: Workspace, project_id: str, question_id: int | None = None
) -> TrainingSet:
    """The answered, undeleted examples of a project's question (default: its first one).

    A label without training pictures is left out and named in a note, and so are pictures that
    stand in two splits: they would make the score look better than it is.
    Raises TrainingFailed if fewer than two labels have training pictures.
    """
    question = question_id or workspace.labels.question(project_id).id
    labels = workspace.labels.list(question)
    known = {label.id for label in labels}
    examples = [
        one
        for one in workspace.examples.list(project_id)
        if one.answers.get(question) in known and one.split in SPLITS
    ]
    unscored = [one for one in examples if not _usable(one)]
    examples = [one for one in examples if _usable(one)]
    trained = {one.answers[question] for one in examples if one.split is Split.TRAIN}
    kept = [label for label in labels if label.id in trained]
    _check(kept, labels)
    index = {label.id: position for position, label in enumerate(kept)}
    chosen = [
        TrainingExample(
            one.id, one.picture, workspace.pictures.copy(one.picture), index[answer], one.split
        )
        for one in examples
        if (answer := one.answers[question]) in index and answer is not None
    ]
    chosen.sort(key=lambda one: (one.target, one.picture, one.split.value, one.example))
    notes = _notes([label for label in labels if label.id not in trained], len(unscored))
    return TrainingSet(tuple(label.name for label in kept), tuple(chosen), notes)


def unseen(examples: TrainingSet, learned: Collection[str]) -> TrainingSet:
    """Without the pictures to check or score with that are among `learned`; a note counts them.

    A training that starts from an earlier one would be praised for what that one learned by heart.
    """
    kept = tuple(
        one for one in examples.examples if one.split is Split.TRAIN or one.picture not in learned
    )
    gone = len(examples.examples) - len(kept)
    if not gone:
        return examples
    told, them = ("1 picture is", "it") if gone == 1 else (f"{gone} pictures are", "them")
    words = f"{told} left out of scoring: the classifier that it starts from learned from {them}."
    return replace(examples, examples=kept, notes=(*examples.notes, words))


def _usable(example: Example) -> bool:
    """A picture that is in two splits stays where it can only be learned from."""
    flags = UNSCORED_FLAGS.intersection(example.flags)
    if "bridges_splits" in flags:
        return False
    return not flags or example.split is Split.TRAIN


def _check(kept: Sequence[Label], labels: Sequence[Label]) -> None:
    if len(kept) >= 2:
        return
    if not labels:
        raise TrainingFailed(
            "There are no labels yet.", "Add at least two labels with a few pictures in each."
        )
    have = f"only “{kept[0].name}” has" if kept else "no label has"
    raise TrainingFailed(
        f"To tell things apart takes at least two labels, but {have} pictures to learn from.",
        "Add pictures to another label.",
    )


def _notes(without: Sequence[Label], unscored: int) -> tuple[str, ...]:
    notes = []
    if without:
        names = ", ".join(f"“{label.name}”" for label in without)
        notes.append(f"Left out, because there are no pictures to learn from: {names}.")
    if unscored:
        noun = "picture is" if unscored == 1 else "pictures are"
        notes.append(
            f"{unscored} {noun} left out of scoring, because the same or nearly the same picture "
            "also stands in another split."
        )
    return tuple(notes)
