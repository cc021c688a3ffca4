"""Keep groups whole: one in several splits is moved to where most of it is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from tlcore.images.split import SCORED
from tlcore.workspace.changes import Group, Move
from tlcore.workspace.records import Example, Split

LEAST = 3  # pictures: labels with so few are not looked at


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
    goal = {
        group: max(splits, key=lambda split: (splits[split], -SCORED.index(split)))
        for group, splits in divided_groups(examples, groups).items()
    }
    moved: dict[Split, list[int]] = defaultdict(list)
    for example in examples:
        group = example.group if groups is None else groups.get(example.id)
        wanted = goal.get(group or "")
        if wanted is not None and example.split in SCORED and example.split is not wanted:
            moved[wanted].append(example.id)
    return [Move(ids, split) for split, ids in moved.items()]


def group_changes(
    examples: Sequence[Example], groups: Mapping[int, str | None]
) -> list[Group | Move]:
    """Give the examples these groups and put each group into one split; None takes a group away."""
    named: dict[str | None, list[int]] = defaultdict(list)
    for example in examples:
        if example.id in groups:
            named[groups[example.id]].append(example.id)
    changes: list[Group | Move] = [Group(ids, name) for name, ids in named.items()]
    return [*changes, *make_whole(examples, groups)]


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
    found = {label for (label, _), number in together.items() if number > share * sizes[label]}
    return sorted(label for label in found if sizes[label] > LEAST)
