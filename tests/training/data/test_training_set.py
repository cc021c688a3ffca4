"""What is learned from: the answered pictures of a project, in an order of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.changes import change
from tlcore.errors import TrainingFailed
from tlcore.training.data.training_set import (
    TrainingExample,
    TrainingSet,
    from_workspace,
    unseen,
)
from tlcore.training.fit.resuming.run_folder import read_examples, write_examples
from tlcore.workspace import Workspace
from tlcore.workspace.examples.changes import Delete, Flag
from tlcore.workspace.records import NewExample, Project, Split

FORMER_FINGERPRINT = "04c189372588b89c5538d3516e81dc890049339dcf7381c25aad058d919abfc0"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = Workspace.open(tmp_path / "home")
    yield opened
    opened.close()


@pytest.fixture
def project(workspace: Workspace) -> Project:
    return workspace.projects.create("Insects")


def add(
    workspace: Workspace, project: Project, label: str | None, split: Split, *numbers: int
) -> list[int]:
    """Examples with pictures that are only hashes: nothing here looks at pixels."""
    question = workspace.labels.question(project.id).id
    answers = {} if label is None else {question: workspace.labels.add(question, label).id}
    new = [NewExample(f"{n:064x}", f"{n}.jpg", split, answers=answers) for n in numbers]
    return [example.id for example in workspace.examples.add(project.id, new)]


def test_answered_examples_with_a_split_are_taken(workspace: Workspace, project: Project) -> None:
    add(workspace, project, "ant", Split.TRAIN, 1, 2, 3)
    add(workspace, project, "bee", Split.TRAIN, 4, 5)
    add(workspace, project, "bee", Split.TEST, 6)
    add(workspace, project, None, Split.TRAIN, 7)
    add(workspace, project, "ant", Split.UNLABELLED, 8)
    examples = from_workspace(workspace, project.id)
    assert examples.labels == ("ant", "bee")
    assert examples.counts == {"train": 5, "validation": 0, "test": 1}
    assert examples.frequent == 0
    assert [example.target for example in examples.of(Split.TRAIN)] == [0, 0, 0, 1, 1]


def test_the_order_of_arrival_does_not_matter(workspace: Workspace) -> None:
    first, second = (workspace.projects.create(name) for name in ("first", "second"))
    for chosen, numbers in ((first, (1, 2, 3)), (second, (3, 1, 2))):
        for label in ("ant", "bee"):
            offset = 0 if label == "ant" else 10
            add(workspace, chosen, label, Split.TRAIN, *(n + offset for n in numbers))
    sets = [from_workspace(workspace, chosen.id) for chosen in (first, second)]
    assert sets[0].fingerprint == sets[1].fingerprint
    moved = TrainingSet(sets[0].labels, sets[0].examples[1:])
    assert moved.fingerprint != sets[0].fingerprint


def test_labels_without_training_pictures_are_left_out_and_named(
    workspace: Workspace, project: Project
) -> None:
    add(workspace, project, "wasp", Split.TEST, 9)
    add(workspace, project, "ant", Split.TRAIN, 1)
    add(workspace, project, "bee", Split.TRAIN, 2)
    examples = from_workspace(workspace, project.id)
    assert examples.labels == ("ant", "bee")
    assert examples.counts["test"] == 0
    assert any("“wasp”" in note for note in examples.notes)


def test_deleted_pictures_and_labels_are_gone(workspace: Workspace, project: Project) -> None:
    add(workspace, project, "ant", Split.TRAIN, 1, 2)
    add(workspace, project, "bee", Split.TRAIN, 3)
    wasps = add(workspace, project, "wasp", Split.TRAIN, 4, 5)
    change(workspace, Delete(wasps[:1]))
    assert from_workspace(workspace, project.id).counts["train"] == 4
    question = workspace.labels.question(project.id).id
    wasp = next(label for label in workspace.labels.list(question) if label.name == "wasp")
    workspace.labels.delete(wasp.id)
    assert from_workspace(workspace, project.id).labels == ("ant", "bee")


def test_what_stands_in_two_splits_is_not_scored(workspace: Workspace, project: Project) -> None:
    add(workspace, project, "ant", Split.TRAIN, 1, 2)
    add(workspace, project, "bee", Split.TRAIN, 3)
    add(workspace, project, "ant", Split.TEST, 1, 4)
    bridging = add(workspace, project, "bee", Split.TRAIN, 5)
    change(workspace, Flag(bridging, "bridges_splits"))
    examples = from_workspace(workspace, project.id)
    assert [example.picture[-1] for example in examples.of(Split.TEST)] == ["4"]
    assert [example.picture[-1] for example in examples.of(Split.TRAIN)] == ["1", "2", "3"]
    assert any("2 pictures" in note for note in examples.notes)


@pytest.mark.parametrize("labels", [(), ("ant",)])
def test_fewer_than_two_labels_are_refused(
    workspace: Workspace, project: Project, labels: tuple[str, ...]
) -> None:
    for number, label in enumerate(labels):
        add(workspace, project, label, Split.TRAIN, number)
    with pytest.raises(TrainingFailed) as refused:
        from_workspace(workspace, project.id)
    assert "label" in refused.value.message and refused.value.remedy


def test_unlabelled_pictures_come_only_when_wanted_and_without_a_target(
    workspace: Workspace, project: Project, tmp_path: Path
) -> None:
    add(workspace, project, "ant", Split.TRAIN, 1, 2)
    add(workspace, project, "bee", Split.TRAIN, 3)
    add(workspace, project, None, Split.UNLABELLED, 5, 4)
    add(workspace, project, "ant", Split.UNLABELLED, 6)
    without = from_workspace(workspace, project.id)
    assert not without.of(Split.UNLABELLED)
    wanted = from_workspace(workspace, project.id, unlabelled=True)
    others = wanted.of(Split.UNLABELLED)
    assert [example.picture[-1] for example in others] == ["4", "5", "6"]
    assert {example.target for example in others} == {None}
    assert wanted.labelled == without.examples
    assert (wanted.counts, wanted.frequent) == (without.counts, without.frequent)
    assert wanted.fingerprint != without.fingerprint
    with pytest.raises(ValueError, match="unlabelled"):
        wanted.targets(Split.UNLABELLED)
    write_examples(tmp_path, wanted)
    paths = {example.picture: example.path for example in wanted.examples}
    assert read_examples(tmp_path, paths.__getitem__) == wanted
    learned = {example.picture for example in wanted.examples}
    assert unseen(wanted, learned) == wanted  # nothing here is scored


def test_a_target_and_a_split_have_to_fit() -> None:
    for target, split in ((None, Split.TRAIN), (0, Split.UNLABELLED)):
        with pytest.raises(ValueError, match="in split"):
            TrainingExample(1, "a", Path("a"), target, split)


def test_the_fingerprint_is_that_of_former_versions() -> None:
    """Checkpoints are found by it."""
    splits = (Split.TRAIN, Split.VALIDATION, Split.TEST)
    examples = tuple(
        TrainingExample(n, f"{n:064x}", Path("x"), n % 2, splits[n % 3]) for n in range(6)
    )
    assert TrainingSet(("a", "b"), examples).fingerprint == FORMER_FINGERPRINT
