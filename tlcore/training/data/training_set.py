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
    """One picture: `picture` is its hash, `path` its working copy, `target` its label's index.

    Pictures without an answer have no target, and stand in the split UNLABELLED.
    """

    example: int
    picture: str
    path: Path
    target: int | None
    split: Split

    def __post_init__(self) -> None:
        """Raise ValueError for a target where none can be, or none where there must be one."""
        if (self.target is None) != (self.split is Split.UNLABELLED):
            raise ValueError(f"target {self.target} in split {self.split.value}")

    @property
    def label_index(self) -> int:
        """The target of an example that has an answer. Raises ValueError for others."""
        if self.target is None:
            raise ValueError(f"example {self.example} is unlabelled")
        return self.target


@dataclass(frozen=True)
class TrainingSet:
    """Labels and examples in an order that does not depend on when they were added."""

    labels: tuple[str, ...]
    examples: tuple[TrainingExample, ...]
    notes: tuple[str, ...] = ()

    def of(self, split: Split) -> tuple[TrainingExample, ...]:
        """The examples of one split."""
        return tuple(example for example in self.examples if example.split == split)

    @property
    def labelled(self) -> tuple[TrainingExample, ...]:
        """The examples of all splits but UNLABELLED."""
        return tuple(example for example in self.examples if example.split in SPLITS)

    def targets(self, split: Split) -> list[int]:
        """The label's index of each example of a split. Raises ValueError for UNLABELLED."""
        return [example.label_index for example in self.of(split)]

    @property
    def counts(self) -> dict[str, int]:
        """Examples per split: train, validation, test."""
        return {split.value: len(self.of(split)) for split in SPLITS}

    @property
    def frequent(self) -> int:
        """The label with most training examples: what a machine that learned nothing would say."""
        return Counter(self.targets(Split.TRAIN)).most_common(1)[0][0]

    @property
    def fingerprint(self) -> str:
        """A hash of everything that training depends on here."""
        digest = hashlib.sha256("\x1f".join(self.labels).encode())
        for example in self.examples:
            row = (example.picture, example.target, example.split.value)
            digest.update("\x1e{}\x1f{}\x1f{}".format(*row).encode())
        return digest.hexdigest()


SPLITS = (Split.TRAIN, Split.VALIDATION, Split.TEST)
SCORED = (Split.VALIDATION, Split.TEST)


def from_workspace(
    workspace: Workspace,
    project_id: str,
    question_id: int | None = None,
    *,
    unlabelled: bool = False,
) -> TrainingSet:
    """The answered, undeleted examples of a project's question (default: its first one).

    A label without training pictures is left out and named in a note, and so are pictures that
    stand in two splits: they would make the score look better than it is. With `unlabelled`, the
    pictures of that split come too, without a target whatever was answered about them.
    Raises TrainingFailed if fewer than two labels have training pictures.
    """
    question = question_id or workspace.labels.question(project_id).id
    labels = workspace.labels.list(question)
    known = {label.id for label in labels}
    everything = workspace.examples.list(project_id)
    answered = [
        example
        for example in everything
        if example.answers.get(question) in known and example.split in SPLITS
    ]
    usable = [example for example in answered if _usable(example)]
    trained = {example.answers[question] for example in usable if example.split is Split.TRAIN}
    kept = [label for label in labels if label.id in trained]
    _check(kept, labels)
    index: dict[int | None, int] = {label.id: place for place, label in enumerate(kept)}
    chosen = [
        _training_example(workspace, example, index[example.answers[question]])
        for example in usable
        if example.answers[question] in index
    ]
    chosen.sort(key=_order)
    if unlabelled:
        others = [example for example in everything if example.split is Split.UNLABELLED]
        chosen += sorted((_training_example(workspace, it, None) for it in others), key=_order)
    without = [label for label in labels if label.id not in trained]
    notes = _notes(without, len(answered) - len(usable))
    return TrainingSet(tuple(label.name for label in kept), tuple(chosen), notes)


def _training_example(
    workspace: Workspace, example: Example, target: int | None
) -> TrainingExample:
    path = workspace.pictures.copy(example.picture)
    return TrainingExample(example.id, example.picture, path, target, example.split)


def _order(example: TrainingExample) -> tuple[int, str, str, int]:
    target = -1 if example.target is None else example.target
    return target, example.picture, example.split.value, example.example


def unseen(examples: TrainingSet, learned: Collection[str]) -> TrainingSet:
    """Without the pictures to check or score with that are among `learned`; a note counts them.

    A training that starts from an earlier one would be praised for what that one learned by heart.
    """
    kept = tuple(
        example
        for example in examples.examples
        if example.split not in SCORED or example.picture not in learned
    )
    gone = len(examples.examples) - len(kept)
    if not gone:
        return examples
    number, them = ("1 picture is", "it") if gone == 1 else (f"{gone} pictures are", "them")
    words = f"{number} left out of scoring: the classifier that it starts from learned from {them}."
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
