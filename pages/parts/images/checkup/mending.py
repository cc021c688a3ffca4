"""Mending what the check-up found: each mend is one entry of the history, so it can be undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from pages.parts.frame.services import services
from pages.parts.pictures.changes import not_labelled_yet
from tlcore.images.stored_splits import plan_splits
from tlcore.quality.checkup.findings import Finding, Mend
from tlcore.workspace.examples.changes import Answer, Change, Delete, Group, Move
from tlcore.workspace.records import Example, Project, Split

WAVED = "waved_off"  # in a project's choices: keys of findings that a person left as they are
MOST_WAVED = 2_000


def changes_of(mend: Mend, question_id: int) -> list[Change]:
    """The changes that a mend asks for."""
    ids = list(mend.examples)
    match mend.action:
        case "delete":
            return [Delete(ids)]
        case "move_split":
            return [Move(ids, Split(str(mend.split))), *_together(mend)]
        case "set_group":
            return [Group(ids, mend.group)]
        case "relabel":
            return [Answer(ids, mend.question or question_id, mend.label), *_together(mend)]
        case _:
            assert_never(mend.action)


def _together(mend: Mend) -> list[Change]:
    """The group into which a mend puts its pictures besides, if any."""
    return [] if mend.group is None else [Group(list(mend.examples), mend.group)]


def apply_mends(project: Project, question_id: int, mends: Sequence[Mend], words: str) -> None:
    """Carry out mends together. Raises NotFound when a label is gone meanwhile."""
    workspace = services().workspace
    changes = [change for mend in mends for change in changes_of(mend, question_id)]
    answered = [i for mend in mends if mend.action == "relabel" for i in mend.examples]
    new = not_labelled_yet(answered, question_id)
    entry = workspace.history.apply(project.id, words, changes)
    if new:
        settled, _ = plan_splits(workspace, project.id, new, question_id=question_id)
        workspace.history.add_to(entry, settled)


def waved_off(project: Project) -> set[str]:
    """Keys of the findings that are to be left as they are."""
    return set(project.choices.get(WAVED) or ())


def wave_off(project: Project, keys: Sequence[str], *, on: bool = True) -> None:
    """Leave these findings as they are from now on, or show them again."""
    projects = services().workspace.projects
    old = list(projects.get(project.id).choices.get(WAVED) or ())
    kept = [key for key in old if key not in keys] + (list(keys) if on else [])
    projects.choose(project.id, **{WAVED: kept[-MOST_WAVED:]})


def still_there(finding: Finding, live: Mapping[int, Example], question_id: int) -> bool:
    """Whether a finding still holds: it may be older than its mend, until all is checked again.

    Args:
        live: id → example, of all that are not deleted.
    """
    if not all(example in live for example in finding.examples):
        return False
    return not any(_carried_out(mend, live, question_id) for mend in finding.mends)


def _carried_out(mend: Mend, live: Mapping[int, Example], question_id: int) -> bool:
    """Whether the pictures are as this mend would make them."""
    examples = [live[i] for i in mend.examples if i in live]
    match mend.action:
        case "delete":
            return not examples
        case "move_split":
            return all(example.split == mend.split for example in examples)
        case "set_group":
            return all(example.group == mend.group for example in examples)
        case "relabel":
            question = mend.question or question_id
            return all(example.answers.get(question) == mend.label for example in examples)
        case _:
            assert_never(mend.action)
