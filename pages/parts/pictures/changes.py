"""What a visitor does with selected pictures: each click is one entry of the history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pages.parts.frame.services import services
from pages.parts.frame.text import count
from pages.parts.pictures.gallery import Action
from pages.parts.pictures.splits import SPLIT_WORDS
from tlcore.images.rotation import rotate_pictures
from tlcore.images.stored_splits import BRIDGES, plan_splits
from tlcore.workspace.examples.changes import Answer, Change, Delete, Flag, Move, Restore
from tlcore.workspace.records import Label, Question, Split

QUARTERS = {"left": 3, "right": 1}


def change(action: Action, labels: Sequence[Label], question: Question) -> str:
    """Carry out an action on pictures in the workspace; plain words that say what was done.

    An action that makes no sense changes nothing and gives ``. Raises GraftError.
    """
    pictures = count(len(action.ids), "picture")
    names = {str(label.id): label.name for label in labels}
    match action.kind:
        case "delete":
            _apply(question, f"{pictures} deleted.", [Delete(action.ids)])
            return f"{pictures} deleted. You can bring them back under “Recently deleted”."
        case "restore":
            return _bring_back(action, question)
        case "label" if action.value in names:
            return assign_labels(question, {int(action.value): action.ids}, names_of(labels))
        case "label" if action.value == "":
            words = f"{pictures} without a label now."
            changes: list[Change] = [
                Answer(action.ids, question.id, None),
                Move(action.ids, Split.UNLABELLED),
            ]
            return _apply(question, words, changes)
        case "split" if action.value in set(Split):
            split = Split(action.value)
            words = f"{pictures} used for: {SPLIT_WORDS[split].title}."
            # Choosing its use by hand removes the flag that kept a picture out of use.
            used: list[Change] = [Move(action.ids, split), Flag(action.ids, BRIDGES, False)]
            return _apply(question, words, used)
        case "turn" if action.value in QUARTERS:
            return _turn(action, question)
    return ""


def names_of(labels: Sequence[Label]) -> dict[int, str]:
    """Label id → name."""
    return {label.id: label.name for label in labels}


def assign_labels(
    question: Question, assigned: Mapping[int, Sequence[int]], names: Mapping[int, str]
) -> str:
    """Give pictures their labels, and those without one before a split; plain words that say so.

    Args:
        assigned: label id → example ids.
        names: label id → name, for the words.
    """
    first = next(iter(assigned), None)
    if first is None:
        return ""
    pictures = count(sum(map(len, assigned.values())), "picture")
    where = f"“{names.get(first, '?')}”" if len(assigned) == 1 else f"{len(assigned)} labels"
    words = f"{pictures} moved to {where}."
    changes = [Answer(ids, question.id, label) for label, ids in assigned.items()]
    new = not_labelled_yet([i for ids in assigned.values() for i in ids], question.id)
    workspace = services().workspace
    entry = workspace.history.apply(question.project_id, words, changes)
    if new:
        settled, _ = plan_splits(workspace, question.project_id, new, question_id=question.id)
        workspace.history.add_to(entry, settled)
    return words


def not_labelled_yet(ids: Sequence[int], question_id: int) -> list[int]:
    """The ids of those pictures that have no label yet, and so get a split with their first one.

    A picture that a person has set aside has a label: another label does not put it back into use.
    """
    examples = services().workspace.examples.get_many(ids)
    return [example.id for example in examples if example.answers.get(question_id) is None]


def _bring_back(action: Action, question: Question) -> str:
    """Restore deleted pictures; those whose label is deleted or that came in again stay deleted."""
    workspace = services().workspace
    pictures = count(len(action.ids), "picture")
    workspace.history.apply(question.project_id, f"{pictures} brought back.", [Restore(action.ids)])
    examples = workspace.examples.get_many(action.ids)
    waiting = sum(example.deleted is not None for example in examples)
    if not waiting:
        return f"{pictures} brought back."
    return (
        f"{count(len(action.ids) - waiting, 'picture')} brought back, {waiting} not: their label "
        "is deleted (bring that back first), or the same picture is there again."
    )


def _apply(question: Question, words: str, changes: Sequence[Change]) -> str:
    services().workspace.history.apply(question.project_id, words, changes)
    return words


def _turn(action: Action, question: Question) -> str:
    workspace = services().workspace
    examples = workspace.examples.get_many(action.ids)
    changes, refused = rotate_pictures(workspace, examples, QUARTERS[str(action.value)])
    words = f"{count(len(changes), 'picture')} turned {action.value}."
    if changes:
        workspace.history.apply(question.project_id, words, changes)
    if refused:
        words += f" {count(len(refused), 'picture')} could not be read."
    return words
