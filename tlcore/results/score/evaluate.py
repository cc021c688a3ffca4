"""How good a classifier is, from predictions for pictures it has not learned from. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Prediction:
    """One scored example: its true label and the probability of every label, as numbers.

    `probabilities` are what people are shown (with the classifier's temperature), `logits` what
    the network said before any temperature; they are empty for a run scored by an older Graft.
    """

    example: int
    picture: str
    split: str
    target: int
    probabilities: tuple[float, ...]
    logits: tuple[float, ...] = ()

    @property
    def predicted(self) -> int:
        """The label with the highest probability (the first of them if there are several)."""
        return max(range(len(self.probabilities)), key=self.probabilities.__getitem__)

    @property
    def right(self) -> bool:
        return self.predicted == self.target

    @property
    def sureness(self) -> float:
        """The probability of the predicted label, 0 to 1."""
        return self.probabilities[self.predicted]


@dataclass(frozen=True)
class LabelScore:
    """One label: how many of its pictures were found, how many predictions of it were right."""

    label: str
    pictures: int
    correct: int
    predicted: int

    @property
    def recall(self) -> float | None:
        """Share of the label's pictures that were found, None without pictures."""
        return self.correct / self.pictures if self.pictures else None

    @property
    def precision(self) -> float | None:
        """Share of the predictions of this label that were right, None if there were none."""
        return self.correct / self.predicted if self.predicted else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of both, None where the label was neither there nor predicted."""
        both = self.pictures + self.predicted
        return 2 * self.correct / both if both else None


@dataclass(frozen=True)
class Evaluation:
    """The score on one split, beside what always answering the most frequent label would get."""

    labels: tuple[str, ...]
    right: int
    total: int
    frequent_label: str
    frequent_right: int
    confusion: tuple[tuple[int, ...], ...]
    per_label: tuple[LabelScore, ...]
    mistakes: tuple[Prediction, ...]

    @property
    def accuracy(self) -> float:
        return self.right / self.total

    @property
    def frequent_accuracy(self) -> float:
        return self.frequent_right / self.total

    @property
    def words(self) -> str:
        """For example “41 of 50 right”."""
        return f"{self.right} of {self.total} right"

    @property
    def frequent_words(self) -> str:
        """The same for a machine that has learned nothing but which label is most frequent."""
        return (
            f"Always answering “{self.frequent_label}” would get "
            f"{self.frequent_right} of {self.total} right"
        )


def evaluate(
    labels: Sequence[str], scored: Sequence[Prediction], *, frequent: int | None = None
) -> Evaluation | None:
    """Score `scored` (one split); None if it is empty.

    `frequent` is the most frequent label in training; without it, the most frequent one here.
    `mistakes` come surest first. `confusion[i][j]` counts pictures of label i predicted as j.
    """
    if not scored:
        return None
    confusion = confusion_matrix(len(labels), scored)
    pictures = [sum(row) for row in confusion]
    if frequent is None:
        frequent = pictures.index(max(pictures))
    mistakes = sorted(
        (prediction for prediction in scored if not prediction.right),
        key=lambda prediction: (-prediction.sureness, prediction.example),
    )
    return Evaluation(
        labels=tuple(labels),
        right=len(scored) - len(mistakes),
        total=len(scored),
        frequent_label=labels[frequent],
        frequent_right=pictures[frequent],
        confusion=confusion,
        per_label=tuple(
            LabelScore(name, pictures[i], confusion[i][i], sum(row[i] for row in confusion))
            for i, name in enumerate(labels)
        ),
        mistakes=tuple(mistakes),
    )


def confusion_matrix(labels: int, scored: Sequence[Prediction]) -> tuple[tuple[int, ...], ...]:
    """Counts of shape (labels, labels): row = what it is, column = what was predicted."""
    counts = [[0] * labels for _ in range(labels)]
    for prediction in scored:
        counts[prediction.target][prediction.predicted] += 1
    return tuple(tuple(row) for row in counts)


def cell(scored: Sequence[Prediction], target: int, answer: int) -> list[Prediction]:
    """The examples behind one cell of the confusion matrix, surest predictions first."""
    inside = [
        prediction
        for prediction in scored
        if prediction.target == target and prediction.predicted == answer
    ]
    return sorted(inside, key=lambda prediction: (-prediction.sureness, prediction.example))
