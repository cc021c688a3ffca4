"""Plans the splits of stored examples, once: between `split`, `near_duplicates` and the history."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from tlcore.images.near_duplicates import join, near_links
from tlcore.images.split import LEAST_FOR_TEST, SplitItem, SplitOutcome, assign_splits
from tlcore.workspace import Workspace
from tlcore.workspace.examples.changes import Flag, Move
from tlcore.workspace.records import Example, Split

BRIDGES = "bridges_splits"  # neither learned from nor scored: it touches two splits


@dataclass(frozen=True)
class SplitSummary:
    """Ids of the examples that bridge two splits, and notes on the splits in plain words."""

    bridging: tuple[int, ...]
    notes: tuple[str, ...]


def plan_splits(
    workspace: Workspace,
    project_id: str,
    ids: Collection[int] | None = None,
    *,
    question_id: int | None = None,
) -> tuple[list[Move | Flag], SplitSummary]:
    """Splits for those of `ids` that have a label and none yet: changes for the history, a summary.

    With `ids=None`: for every example of the project that has a label and no split. Near-duplicates
    of what is there already join its split; what touches two splits is flagged `bridges_splits`,
    stands under train, and is to be skipped by training and by every score.
    """
    question = question_id or workspace.labels.question(project_id).id
    everyone = [x for x in workspace.examples.list(project_id) if BRIDGES not in x.flags]
    labelled = [x for x in everyone if x.answers.get(question) is not None]
    wanted = {x.id for x in labelled if x.split is Split.UNLABELLED}
    if ids is not None:
        wanted &= set(ids)
    old = [x for x in labelled if x.id not in wanted and x.split is not Split.UNLABELLED]
    new = [x for x in labelled if x.id in wanted]
    outcome = assign_splits(_items(old, new, question))
    names = {label.id: label.name for label in workspace.labels.list(question)}
    summary = SplitSummary(
        bridging=tuple(x.id for x in new if x.id in outcome.bridging),
        notes=_notes(outcome, names, len(old) + len(new)),
    )
    return _changes(new, outcome), summary


def plan_validation(
    workspace: Workspace, project_id: str, ids: Collection[int], *, question_id: int
) -> Move:
    """Where a folder brought a train split but no validation: take about a sixth of `ids` for it.

    Only examples under train are moved, with all that is bound to them, and only those whose label
    has nothing to validate with yet; maybe none.
    """
    everyone = [
        x
        for x in workspace.examples.list(project_id)
        if BRIDGES not in x.flags and x.answers.get(question_id) is not None
    ]
    validated = {x.answers[question_id] for x in everyone if x.split is Split.VALIDATION}
    free = {
        x.id
        for x in everyone
        if x.id in ids and x.split is Split.TRAIN and x.answers[question_id] not in validated
    }
    if not free:
        return Move([], Split.VALIDATION)
    fixed = [x for x in everyone if x.id not in free and x.split is not Split.UNLABELLED]
    new = [x for x in everyone if x.id in free]
    items = _items(fixed, new, question_id)
    tested = [x for x in items if x.split is Split.TEST]
    bound = {("group", x.group) for x in tested} | {("near", x.near_group) for x in tested}
    bound -= {("group", None), ("near", None)}
    outcome = assign_splits(
        [
            x
            for x in items
            if x.split is not Split.TEST
            and not {("group", x.group), ("near", x.near_group)} & bound  # these stay under train
        ],
        shares=(0.70 / 0.85, 0.15 / 0.85, 0.0),
    )
    moved = [x.id for x in new if outcome.splits.get(x.id) is Split.VALIDATION]
    return Move(moved, Split.VALIDATION)


def _items(old: Sequence[Example], new: Sequence[Example], question: int) -> list[SplitItem]:
    """Items for `assign_splits`; the new ones have no split yet."""
    everyone = [*old, *new]
    links = near_links([x.perceptual_hash for x in everyone], since=len(old))
    near = {
        member: number
        for number, group in enumerate(join(len(everyone), links))
        if len(group) > 1
        for member in group
    }
    items = [
        SplitItem(
            key=x.id,
            label=x.answers[question],
            group=x.group,
            near_group=near.get(position),
            split=x.split,
            draw=x.picture,
        )
        for position, x in enumerate(everyone)
    ]
    return items[: len(old)] + [replace(item, split=None) for item in items[len(old) :]]


def _changes(new: Sequence[Example], outcome: SplitOutcome) -> list[Move | Flag]:
    changes: list[Move | Flag] = []
    for split in (Split.TRAIN, Split.VALIDATION, Split.TEST):
        ids = [x.id for x in new if outcome.splits[x.id] is split]
        if ids:
            changes.append(Move(ids, split))
    bridging = [x.id for x in new if x.id in outcome.bridging]
    if bridging:
        changes.append(Flag(bridging, BRIDGES))
    return changes


def _notes(outcome: SplitOutcome, names: Mapping[int, str], pictures: int) -> tuple[str, ...]:
    """What a person should know about the splits; label names are quoted, never marked up."""
    if not pictures:
        return ()
    notes = []
    few = [x for x in outcome.without_test if outcome.units[x] < LEAST_FOR_TEST]
    if few:
        notes.append(
            f"No pictures are kept for the final test of {_names(few, names)}: that takes at least "
            "ten different ones (copies and bursts count once). Until then the score comes from "
            "pictures that also helped to choose the best moment of training, so it flatters."
        )
    elif outcome.without_test:
        notes.append(
            f"The folder has no test pictures of {_names(outcome.without_test, names)}. The score "
            "comes from pictures that also helped to choose the best moment of training, so it "
            "flatters."
        )
    if single := [x for x in outcome.without_validation if outcome.units[x] < 2]:
        notes.append(
            f"There is only one picture (or one burst) of {_names(single, names)}, so nothing can "
            "be checked while training. Add more."
        )
    if outcome.bridging:
        notes.append(
            f"{len(outcome.bridging)} new pictures look like pictures in two different splits. "
            "They are kept, but neither learned from nor scored."
        )
    return tuple(notes)


def _names(labels: Sequence[object], names: Mapping[int, str]) -> str:
    known = [f"“{names[label]}”" for label in labels if isinstance(label, int) and label in names]
    shown = known[:5]
    more = f" and {len(known) - 5} more" if len(known) > 5 else ""
    return ", ".join(shown) + more
