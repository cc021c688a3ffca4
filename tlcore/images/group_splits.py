"""Keep groups whole: one in several splits is put into one, and no label loses its test by it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from tlcore.images.split import SCORED, SplitItem, assign_splits
from tlcore.workspace.examples.changes import Group, Move
from tlcore.workspace.records import Example, Split

LEAST = 3  # pictures: labels with so few are left alone
HELD_BACK = (Split.VALIDATION, Split.TEST)


def divided_groups(
    examples: Sequence[Example], groups: Mapping[int, str | None] | None = None
) -> dict[str, Counter[Split]]:
    """Groups that stand in more than one split → how many examples they have in each.

    Args:
        groups: example id → group, in place of the groups that the examples have.
    """
    counted: dict[str, Counter[Split]] = defaultdict(Counter)
    for example in examples:
        group = example.group if groups is None else groups.get(example.id)
        if group is not None and example.split in SCORED:
            counted[group][example.split] += 1
    return {group: splits for group, splits in counted.items() if len(splits) > 1}


def make_whole(
    examples: Sequence[Example], groups: Mapping[int, str | None] | None = None
) -> list[Move]:
    """The moves after which every group stands in one split: where most of it is, else train.

    Args:
        groups: as for `divided_groups`.
    """
    return _moves(examples, groups, _where_most_is(examples, groups))


def deal_again(
    examples: Sequence[Example], groups: Mapping[int, str | None], question_id: int
) -> list[Move]:
    """The moves after which every divided group stands in one split, dealt as new ones would be.

    What is not divided keeps its split.
    """
    divided = divided_groups(examples, groups)
    answered = [
        example
        for example in examples
        if example.split in SCORED and example.answers.get(question_id)
    ]
    outcome = assign_splits(
        [
            SplitItem(
                key=example.id,
                label=example.answers[question_id],
                group=groups.get(example.id),
                split=None if groups.get(example.id) in divided else example.split,
                draw=example.picture,
            )
            for example in answered
        ]
    )
    goal = _where_most_is(examples, groups)
    goal |= {
        group: outcome.splits[example.id]
        for example in answered
        if (group := groups.get(example.id)) in goal
    }
    return _moves(examples, groups, goal)


def _where_most_is(
    examples: Sequence[Example], groups: Mapping[int, str | None] | None
) -> dict[str | None, Split]:
    return {
        group: max(splits, key=lambda split: (splits[split], -SCORED.index(split)))
        for group, splits in divided_groups(examples, groups).items()
    }


def _moves(
    examples: Sequence[Example],
    groups: Mapping[int, str | None] | None,
    goal: Mapping[str | None, Split],
) -> list[Move]:
    moved: dict[Split, list[int]] = defaultdict(list)
    for example in examples:
        group = example.group if groups is None else groups.get(example.id)
        wanted = goal.get(group)
        if wanted is not None and example.split in SCORED and example.split is not wanted:
            moved[wanted].append(example.id)
    return [Move(ids, split) for split, ids in moved.items()]


def group_changes(
    examples: Sequence[Example], groups: Mapping[int, str | None], question_id: int
) -> list[Group | Move]:
    """Give the examples these groups and put each group into one split; None takes a group away.

    A divided group goes to where most of it is. That is nearly always to learn: where it would
    leave a label with nothing to validate or to test with, the divided groups are dealt again if
    that leaves fewer labels so.
    """
    named: dict[str | None, list[int]] = defaultdict(list)
    for example in examples:
        if example.id in groups:
            named[groups[example.id]].append(example.id)
    changes: list[Group | Move] = [Group(ids, name) for name, ids in named.items()]

    def lost(moves: list[Move]) -> int:
        return sum(map(len, lost_splits(examples, moves, question_id).values()))

    moves = make_whole(examples, groups)
    if lost(moves):
        moves = min(moves, deal_again(examples, groups, question_id), key=lost)
    return [*changes, *moves]


def lost_splits(
    examples: Sequence[Example], changes: Sequence[Group | Move], question_id: int
) -> dict[Split, list[int]]:
    """For validation and test: the labels that have pictures there now and none afterwards."""
    goal = {id: change.split for change in changes if isinstance(change, Move) for id in change.ids}
    before: dict[Split, set[int]] = defaultdict(set)
    after: dict[Split, set[int]] = defaultdict(set)
    for example in examples:
        label = example.answers.get(question_id)
        if label is not None:
            before[example.split].add(label)
            after[goal.get(example.id, example.split)].add(label)
    return {split: sorted(before[split] - after[split]) for split in HELD_BACK}


def swallowed(
    labels: Mapping[int, int | None], groups: Mapping[int, str | None], *, share: float = 0.6
) -> list[int]:
    """Labels of which one group holds more than `share`: little would be left to test them with.

    Args:
        labels: example id → label id.
        groups: example id → group.
    """
    sizes = Counter(label for label in labels.values() if label is not None)
    together = Counter(
        (label, groups[example])
        for example, label in labels.items()
        if label is not None and groups.get(example) is not None
    )
    dominated = {label for (label, _), number in together.items() if number > share * sizes[label]}
    return sorted(label for label in dominated if sizes[label] > LEAST)
