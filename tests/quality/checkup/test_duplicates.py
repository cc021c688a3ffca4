"""What copies mean, and that each mend says exactly what to do."""

from __future__ import annotations

from dataclasses import replace

from tests.quality.checkup.test_signs import example, project
from tlcore.images.stored_splits import BRIDGES
from tlcore.quality.checkup.copies import CopyGroup
from tlcore.quality.checkup.duplicates import copy_findings
from tlcore.quality.checkup.findings import Finding, Kind
from tlcore.workspace.records import Example, Split


def found(examples: list[Example], how: str = "near") -> list[Finding]:
    return copy_findings(project(examples), [CopyGroup(tuple(range(len(examples))), how)])


def test_under_two_labels_each_label_is_a_way_out() -> None:
    (finding,) = found([example(1, 1), example(2, 2), example(3, 2)])
    assert finding.kind is Kind.CONTRADICTION and finding.labels == (2, 1)
    assert [(m.action, m.label, m.question) for m in finding.mends] == [
        ("relabel", 2, 7),
        ("relabel", 1, 7),
        ("delete", None, None),
    ]
    assert all(mend.examples == (1, 2, 3) for mend in finding.mends)
    group = finding.mends[0].group
    settled = [replace(example(n, 2), group=group) for n in (1, 2, 3)]
    assert group is not None and found(settled) == []  # it is not found again as a near copy


def test_of_the_same_picture_under_two_labels_one_is_kept() -> None:
    (finding,) = found([example(1, 1), example(2, 2, size=(900, 600)), example(3, 2)], "same")
    assert [(m.action, m.examples) for m in finding.mends] == [
        ("delete", (1, 3)),
        ("delete", (2, 3)),
        ("delete", (1, 2, 3)),
    ]
    assert "under" in finding.mends[0].words


def test_of_the_same_picture_in_two_splits_one_is_kept() -> None:
    test = replace(example(2), split=Split.TEST)
    (finding,) = found([example(1), test], "same")
    assert finding.kind is Kind.LEAK and finding.details["splits"] == ["test", "train"]
    assert [(mend.action, len(mend.examples)) for mend in finding.mends] == [("delete", 1)]
    assert finding.remedy.endswith("Keep one.")


def test_near_copies_in_two_splits_go_into_training_and_are_settled_there() -> None:
    test = replace(example(2), split=Split.TEST)
    (finding,) = found([example(1), test])
    move, delete = finding.mends
    assert (move.action, move.split) == ("move_split", "train")
    assert delete.action == "delete" and len(delete.examples) == 1
    moved = [replace(each, split=Split.TRAIN, group=move.group) for each in (example(1), test)]
    assert found(moved) == []


def test_a_group_that_somebody_told_stays() -> None:
    test = replace(example(2), split=Split.TEST)
    (finding,) = found([replace(example(1), group="Monday"), test])
    assert finding.mends[0].group is None


def test_both_at_once_are_two_findings() -> None:
    test = replace(example(2, 2), split=Split.TEST)
    assert {finding.kind for finding in found([example(1), test])} == {
        Kind.CONTRADICTION,
        Kind.LEAK,
    }


def test_what_is_left_out_of_scoring_leaks_nothing() -> None:
    bridging = replace(example(2), split=Split.TEST, flags=(BRIDGES,))
    unlabelled = replace(example(3, None), split=Split.UNLABELLED)
    assert [finding.kind for finding in found([example(1), bridging, unlabelled])] == [
        Kind.NEAR_DUPLICATE
    ]


def test_the_largest_is_kept() -> None:
    (finding,) = found([example(1), example(2, size=(900, 600)), example(3)], "same")
    assert finding.kind is Kind.DUPLICATE and finding.details["kept"] == 2
    assert finding.mends[0].examples == (1, 3)


def test_the_one_with_a_label_is_kept_before_a_larger_or_older_one() -> None:
    """It came in without a label first, and again under one: that click must not lose the label."""
    unlabelled = replace(example(1, None, size=(900, 600)), split=Split.UNLABELLED)
    aside = replace(example(2, size=(900, 600)), split=Split.UNLABELLED)
    (finding,) = found([unlabelled, aside, example(3)])
    assert finding.details["kept"] == 3 and finding.mends[-1].examples == (1, 2)
    (finding,) = found([unlabelled, aside], "same")
    assert finding.details["kept"] == 2


def test_near_copies_that_are_kept_together_are_settled() -> None:
    (finding,) = found([example(1), example(2)])
    group = finding.mends[0]
    assert group.action == "set_group" and group.examples == (1, 2)
    settled = [replace(example(n), group=group.group) for n in (1, 2)]
    assert found(settled) == []
    assert len(found(settled, "same")) == 1
