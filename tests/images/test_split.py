"""The split: what belongs together stays together, shares are kept, nobody moves."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tlcore.images.split import LEAST_FOR_TEST, SplitItem, SplitOutcome, assign_splits
from tlcore.workspace.records import Split

TRAIN, VALIDATION, TEST = Split.TRAIN, Split.VALIDATION, Split.TEST
names = st.none() | st.integers(0, 12)


@st.composite
def projects(draw: st.DrawFn, settled: bool = False) -> list[SplitItem]:
    """Up to sixty examples of up to four labels with groups, near-copies and perhaps splits."""
    splits = st.sampled_from([None, None, TRAIN, VALIDATION, TEST, Split.UNLABELLED])
    count = draw(st.integers(1, 60))
    return [
        SplitItem(
            key=key,
            label=draw(st.sampled_from(["a", "b", "c", "d", None] if settled else ["a", "b"])),
            group=draw(names),
            near_group=draw(names),
            split=draw(splits) if settled else None,
            draw=f"picture {key}",
        )
        for key in range(count)
    ]


def singles(label: str, count: int, start: int = 0) -> list[SplitItem]:
    return [SplitItem(f"{label}{n}", label) for n in range(start, start + count)]


def shares_of(outcome: SplitOutcome, items: list[SplitItem], label: str) -> Counter[Split]:
    return Counter(outcome.splits[item.key] for item in items if item.label == label)


@given(projects())
@settings(max_examples=50, deadline=None)
def test_no_group_and_no_near_group_straddles(items: list[SplitItem]) -> None:
    outcome = assign_splits(items)
    for field in ("group", "near_group"):
        by_group = defaultdict(set)
        for item in items:
            if getattr(item, field) is not None:
                by_group[getattr(item, field)].add(outcome.splits[item.key])
        assert all(len(splits) == 1 for splits in by_group.values())
    assert not outcome.bridging


@given(projects(settled=True))
@settings(max_examples=50, deadline=None)
def test_what_has_a_split_keeps_it_and_bridging_pictures_are_named(items: list[SplitItem]) -> None:
    outcome = assign_splits(items)
    assert set(outcome.splits) == {item.key for item in items}
    for item in items:
        if item.split is not None:
            assert outcome.splits[item.key] is item.split
            assert item.key not in outcome.bridging
        elif item.label is None:
            assert outcome.splits[item.key] is Split.UNLABELLED
        elif item.key in outcome.bridging:
            assert outcome.splits[item.key] is TRAIN
        else:
            assert outcome.splits[item.key] in (TRAIN, VALIDATION, TEST)
            assert {
                outcome.splits[other.key]
                for other in items
                if other.label is not None
                and outcome.splits[other.key] is not Split.UNLABELLED
                and other.key not in outcome.bridging
                and (
                    (item.group is not None and other.group == item.group)
                    or (item.near_group is not None and other.near_group == item.near_group)
                )
            } <= {outcome.splits[item.key]}


@given(projects(settled=True), st.randoms(use_true_random=False), st.integers(0, 5))
@settings(max_examples=50, deadline=None)
def test_order_does_not_matter_and_the_seed_decides(
    items: list[SplitItem], chance: random.Random, seed: int
) -> None:
    shuffled = list(items)
    chance.shuffle(shuffled)
    assert dict(assign_splits(items, seed=seed).splits) == dict(
        assign_splits(shuffled, seed=seed).splits
    )


@given(st.integers(2, 200), st.integers(2, 60))
@settings(max_examples=40, deadline=None)
def test_shares_are_near_70_15_15_in_each_label(first: int, second: int) -> None:
    items = singles("a", first) + singles("b", second)
    outcome = assign_splits(items)
    for label, count in (("a", first), ("b", second)):
        counts = shares_of(outcome, items, label)
        wanted = (0.70, 0.15, 0.15) if count >= LEAST_FOR_TEST else (0.70 / 0.85, 0.15 / 0.85, 0)
        for split, share in zip((TRAIN, VALIDATION, TEST), wanted, strict=True):
            assert abs(counts[split] - share * count) <= 1
        assert counts[VALIDATION] >= 1
        assert (counts[TEST] > 0) == (count >= LEAST_FOR_TEST)
        assert (label in outcome.without_test) == (count < LEAST_FOR_TEST)


@given(st.lists(st.integers(1, 25), min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_shares_hold_however_the_pictures_arrive(portions: list[int]) -> None:
    """Pictures that come in portions fill what lacks, and nobody moves."""
    items: list[SplitItem] = []
    for portion in portions:
        items += singles("a", portion, start=len(items))
        outcome = assign_splits(items)
        items = [replace(item, split=outcome.splits[item.key]) for item in items]
    counts = Counter(item.split for item in items)
    if len(items) > 1:
        assert counts[VALIDATION] >= 1 and counts[TRAIN] >= 1
    if len(items) >= 60:  # the portions before may have been too small for a test split
        assert abs(counts[TEST] - 0.15 * len(items)) <= max(2, 0.03 * len(items))


@given(projects(), projects())
@settings(max_examples=40, deadline=None)
def test_adding_pictures_moves_none_of_the_old(old: list[SplitItem], new: list[SplitItem]) -> None:
    before = assign_splits(old)
    kept = [replace(item, split=before.splits[item.key]) for item in old]
    added = [replace(item, key=f"new {item.key}") for item in new]
    after = assign_splits(kept + added)
    assert all(after.splits[item.key] is before.splits[item.key] for item in old)


def test_one_picture_is_learned_from_and_two_are_watched_too() -> None:
    alone, pair = singles("a", 1), singles("b", 2)
    outcome = assign_splits(alone + pair)
    assert outcome.splits["a0"] is TRAIN
    assert {outcome.splits["b0"], outcome.splits["b1"]} == {TRAIN, VALIDATION}
    assert outcome.without_validation == ("a",)


def test_a_burst_counts_once() -> None:
    burst = [SplitItem(f"frame {n}", "a", group="burst") for n in range(40)]
    outcome = assign_splits(burst + singles("a", 5))
    assert outcome.units["a"] == 6
    assert outcome.without_test == ("a",)
    assert {outcome.splits[item.key] for item in burst} == {TRAIN}


def test_a_new_picture_joins_its_near_copies_or_bridges() -> None:
    old = [
        SplitItem("train", "a", near_group=1, split=TRAIN),
        SplitItem("test", "a", near_group=2, split=TEST),
        SplitItem("other", "a", near_group=3, split=TRAIN),
        SplitItem("scored", "a", near_group=3, split=TEST),
    ]
    new = [
        SplitItem("joins train", "a", near_group=1),
        SplitItem("joins test", "a", near_group=2),
        SplitItem("bridges", "a", near_group=3),
    ]
    outcome = assign_splits(old + new)
    assert outcome.splits["joins train"] is TRAIN
    assert outcome.splits["joins test"] is TEST
    assert outcome.bridging == {"bridges"}


def test_a_group_across_labels_stays_together() -> None:
    items = [SplitItem(f"{label}{n}", label, group=n) for label in "ab" for n in range(30)]
    outcome = assign_splits(items)
    assert all(outcome.splits[f"a{n}"] is outcome.splits[f"b{n}"] for n in range(30))
    assert shares_of(outcome, items, "a")[TEST] in (4, 5)


def test_another_seed_is_another_draw() -> None:
    items = singles("a", 40)
    assert assign_splits(items, seed=0).splits != assign_splits(items, seed=1).splits
