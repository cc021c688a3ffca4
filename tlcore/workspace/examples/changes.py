"""The changes that a person makes to examples, as small records; `history` carries them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from tlcore.errors import NotFound
from tlcore.workspace.examples.cells import ANSWER, FLAG, Cells
from tlcore.workspace.examples.twins import without_twins
from tlcore.workspace.records import Split
from tlcore.workspace.schema import LabelRow, now


@dataclass(frozen=True)
class Answer:
    """Give these examples one answer to one question; None takes the answer away."""

    ids: Sequence[int]
    question_id: int
    label_id: int | None


@dataclass(frozen=True)
class Move:
    """Put these examples into one split."""

    ids: Sequence[int]
    split: Split


@dataclass(frozen=True)
class Group:
    """Give these examples one group, which must stay in one split; None takes it away."""

    ids: Sequence[int]
    name: str | None


@dataclass(frozen=True)
class Domain:
    """Say where these examples come from (a camera, a site); None takes it away."""

    ids: Sequence[int]
    name: str | None


@dataclass(frozen=True)
class Delete:
    """Put these examples aside."""

    ids: Sequence[int]


@dataclass(frozen=True)
class Restore:
    """Bring deleted examples back, except where the same picture came in again meanwhile, or where
    their label is deleted.
    """

    ids: Sequence[int]


@dataclass(frozen=True)
class Flag:
    """Put a word of warning on these examples, or take it off."""

    ids: Sequence[int]
    flag: str
    on: bool = True


@dataclass(frozen=True)
class Replace:
    """Let one example show another stored picture (the same one turned, for instance).

    `picture` is the SHA-256 of the new original; width and height are in pixels.
    """

    id: int
    picture: str
    width: int
    height: int
    perceptual_hash: str | None


Change = Answer | Move | Group | Domain | Delete | Restore | Flag | Replace


def cells_after(session: Session, project_id: str, changes: Sequence[Change]) -> Cells:
    """What every touched field is to hold when all these changes are done, the last one counting.

    Raises:
        NotFound: an answer that is no live label of its question.
    """
    cells: Cells = {}
    for change in changes:
        cells.update(_cells(session, project_id, change))
    return cells


def _cells(session: Session, project_id: str, change: Change) -> Cells:
    match change:
        case Answer(ids, question, label):
            check_label(session, question, label)
            return {(f"{ANSWER}{question}", example): label for example in ids}
        case Move(ids, split):
            return {("split", example): Split(split).value for example in ids}
        case Group(ids, name):
            return {("group", example): name for example in ids}
        case Domain(ids, name):
            return {("domain", example): name for example in ids}
        case Delete(ids):
            moment = now().isoformat()
            return {("deleted", example): moment for example in ids}
        case Restore(ids):
            kept = without_twins(session, project_id, ids)
            return {("deleted", example): None for example in kept}
        case Flag(ids, flag, on):
            return {(f"{FLAG}{flag}", example): on for example in ids}
        case Replace():
            return {
                ("picture", change.id): change.picture,
                ("width", change.id): change.width,
                ("height", change.id): change.height,
                ("perceptual_hash", change.id): change.perceptual_hash,
            }


def check_label(session: Session, question_id: int, label_id: int | None) -> None:
    """Raises NotFound: the label is none of that question, or it is deleted."""
    if label_id is None:
        return
    label = session.get(LabelRow, label_id)
    if label is None or label.question_id != question_id or label.deleted:
        raise no_label(label_id)


def no_label(label_id: int) -> NotFound:
    """The error for a label that is none of a question."""
    return NotFound(
        f"There is no label {label_id} for this question.", "Reload the page and choose again."
    )
