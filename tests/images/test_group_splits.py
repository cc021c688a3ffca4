"""Tests of tlcore/images/whole.py: no group is divided, and nothing else is moved."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from tlcore.images.group_splits import (
    divided_groups,
    group_changes,
    lost_splits,
    make_whole,
    swallowed,
)
from tlcore.images.split import SCORED
from tlcore.workspace.examples.changes import Group, Move
from tlcore.workspace.records import Example, Split

NOW = datetime.now(UTC)


def example(number: int, split: Split, group: str | None, label: int | None = None) -> Example:
    answers = {} if label is None else {1: label}
    picture = f"{number:064}"
    return Example(
        *(number, "p", picture, "x.jpg", split, group, None, answers, (), None, 1, 1, NOW)
    )


some = st.lists(
    st.tuples(st.sampled_from(list(Split)), st.sampled_from(["a", "b", "c", None])), max_size=12
)


@given(some)
def test_afterwards_no_group_is_divided(drawn: list[tuple[Split, str | None]]) -> None:
    examples = [example(number, *values) for number, values in enumerate(drawn)]
    divided = divided_groups(examples)
    splits = {member.id: member.split for member in examples}
    for move in make_whole(examples):
        for number in move.ids:
            assert examples[number].group in divided and splits[number] in SCORED
            splits[number] = move.split
    after = [example(member.id, splits[member.id], member.group) for member in examples]
    assert divided_groups(after) == {}


def test_a_group_goes_where_most_of_it_is() -> None:
    splits = (Split.TEST, Split.TEST, Split.TRAIN, Split.UNLABELLED, Split.TRAIN, Split.VALIDATION)
    groups: dict[int, str | None] = dict(enumerate(("a", "a", "a", "a", "b", "b")))
    examples = [example(number, split, None) for number, split in enumerate(splits)]
    assert divided_groups(examples) == {}
    changes = group_changes(examples, {**groups, 99: "elsewhere"}, 1)
    assert changes == [
        Group([0, 1, 2, 3], "a"),
        Group([4, 5], "b"),
        Move([2], Split.TEST),
        Move([5], Split.TRAIN),
    ]


def shuffled() -> list[Example]:
    """Two labels of 48 pictures, of which every sixth is to check with and every sixth to test."""
    turns = (Split.TRAIN,) * 4 + (Split.VALIDATION, Split.TEST)
    return [example(n, turns[n % 6], None, 1 + n // 48) for n in range(96)]


def test_groups_are_dealt_again_where_nothing_would_be_left_to_test_with() -> None:
    """Most of every group is to learn from: put where most of it is, nothing would be tested."""
    examples = shuffled()
    groups: dict[int, str | None] = {member.id: f"plant {member.id // 4}" for member in examples}
    assert lost_splits(examples, make_whole(examples, groups), 1)[Split.TEST] == [1, 2]
    changes = group_changes(examples, groups, 1)
    assert lost_splits(examples, changes, 1) == {Split.VALIDATION: [], Split.TEST: []}
    splits = {member.id: member.split for member in examples}
    for change in changes:
        splits |= dict.fromkeys(change.ids, change.split) if isinstance(change, Move) else {}
    after = [example(member.id, splits[member.id], groups[member.id]) for member in examples]
    assert divided_groups(after) == {}
    tested = [member for member in after if member.split is Split.TEST]
    assert 8 <= len(tested) <= 24


def test_what_a_group_for_each_label_would_cost_is_known_before() -> None:
    examples = shuffled()
    groups: dict[int, str | None] = {member.id: f"label {member.id // 48}" for member in examples}
    changes = group_changes(examples, groups, 1)
    assert lost_splits(examples, changes, 1) == {Split.VALIDATION: [1, 2], Split.TEST: [1, 2]}


def test_what_can_keep_its_test_pictures_keeps_them() -> None:
    """Three groups of a label get no test when they are dealt again: here two labels have one."""
    train, watch, test = Split.TRAIN, Split.VALIDATION, Split.TEST
    most = {1: (train, watch, test), 2: (train, train, test)}
    examples, groups = [], dict[int, str | None]()
    for label, splits in most.items():
        for place, split in enumerate(splits):
            for odd in (split, split, split, watch if split is not watch else train):
                groups[len(examples)] = f"{label} {place}"
                examples.append(example(len(examples), odd, None, label))
    changes = group_changes(examples, groups, 1)
    assert lost_splits(examples, changes, 1) == {watch: [2], test: []}


def test_a_group_that_is_nearly_a_whole_label_is_noticed() -> None:
    labels: dict[int, int | None] = {
        **dict.fromkeys(range(10), 1),
        **dict.fromkeys(range(10, 20), 2),
    }
    groups: dict[int, str | None] = {n: "a" if n < 7 else f"b{n % 3}" for n in range(20)}
    assert swallowed(labels, groups) == [1]
    assert swallowed(labels, {n: f"g{n % 4}" for n in range(20)}) == []
    assert swallowed({1: 5, 2: None}, {1: "a", 2: "a"}) == []
