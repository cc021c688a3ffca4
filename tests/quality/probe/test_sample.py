"""The sample is small, even, the same each time, and never touches the test pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tlcore.errors import ProbeImpossible
from tlcore.quality.probe.sample import sample
from tlcore.workspace import Workspace
from tlcore.workspace.records import NewExample, Split


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = Workspace.open(tmp_path / "home")
    yield opened
    opened.close()


def fill(workspace: Workspace, rows: list[tuple[str, str, Split, str | None]]) -> str:
    """A project of made-up examples: (picture, label, split, group)."""
    project = workspace.projects.create("Things")
    question = workspace.labels.question(project.id).id
    names = dict.fromkeys(label for _, label, _, _ in rows)
    labels = {name: workspace.labels.add(question, name).id for name in names}
    new = [
        NewExample(picture=picture * 64, source_name=picture, split=split, group=group,
                   answers={question: labels[label]})
        for picture, label, split, group in rows
    ]  # fmt: skip
    workspace.examples.add(project.id, new)
    return project.id


ROWS = [
    *((picture, "a", Split.TRAIN, None) for picture in "0123456"),
    *((picture, "b", Split.VALIDATION, "g") for picture in "789"),
    *((picture, "b", Split.TRAIN, None) for picture in "ab"),
    ("c", "a", Split.TEST, None),
    ("d", "b", Split.TEST, None),
    ("e", "single", Split.TRAIN, None),
]


def test_it_is_even_and_leaves_the_test_pictures_alone(workspace: Workspace) -> None:
    chosen = sample(workspace, fill(workspace, ROWS), most=8)
    assert chosen.labels == ("a", "b")
    assert Counter(chosen.targets.tolist()) == {0: 4, 1: 4}
    assert not {"c" * 64, "d" * 64, "e" * 64} & set(chosen.hashes)
    assert (chosen.training, chosen.checking, chosen.smallest) == (9, 3, 2)
    assert chosen.commonest == 0.5


def test_groups_stay_groups(workspace: Workspace) -> None:
    chosen = sample(workspace, fill(workspace, ROWS))
    groups = dict(zip(chosen.hashes, chosen.groups.tolist(), strict=True))
    assert len({groups[picture * 64] for picture in "789"}) == 1
    assert len(set(groups.values())) == 10


def test_it_does_not_depend_on_the_order_of_arrival(workspace: Workspace) -> None:
    ids = [fill(workspace, rows) for rows in (ROWS, [*ROWS[7:], *ROWS[:7]])]
    forward, back = (sample(workspace, project, most=6) for project in ids)
    assert set(forward.hashes) == set(back.hashes)
    assert sample(workspace, ids[0], most=6).fingerprint == forward.fingerprint
    assert sample(workspace, ids[0], most=7).fingerprint != forward.fingerprint


def test_one_label_is_not_enough(workspace: Workspace) -> None:
    with pytest.raises(ProbeImpossible):
        sample(workspace, fill(workspace, ROWS[:7]))
