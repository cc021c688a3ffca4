"""Tests of tlcore/workspace/examples.py, reading.py, visible.py and twins.py."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from tests.changes import change
from tlcore.errors import NotFound
from tlcore.workspace import Workspace
from tlcore.workspace.examples.changes import Answer, Delete, Flag, Group, Move, Restore
from tlcore.workspace.records import Example, NewExample, Project, Question, Split

Make = Callable[..., NewExample]


@pytest.fixture
def ant(workspace: Workspace, question: Question) -> int:
    return workspace.labels.add(question.id, "ant").id


@pytest.fixture
def bee(workspace: Workspace, question: Question) -> int:
    return workspace.labels.add(question.id, "bee").id


def ids(examples: list[Example]) -> list[int]:
    return [example.id for example in examples]


def test_an_example_comes_back_as_it_went_in(
    workspace: Workspace, project: Project, question: Question, new: Make, ant: int
) -> None:
    given = new(
        "a",
        ant,
        split=Split.TEST,
        group="burst 1",
        domain="phone",
        flags=("bridges_splits",),
        perceptual_hash="ff00",
    )
    (stored,) = workspace.examples.add(project.id, [given])
    assert abs((datetime.now(UTC) - stored.created).total_seconds()) < 30
    assert stored == Example(
        id=stored.id,
        project_id=project.id,
        picture=given.picture,
        source_name="a.jpg",
        split=Split.TEST,
        group="burst 1",
        domain="phone",
        answers={question.id: ant},
        flags=("bridges_splits",),
        perceptual_hash="ff00",
        width=4,
        height=3,
        created=stored.created,
    )
    assert workspace.examples.get(stored.id) == stored
    assert workspace.examples.find(project.id, given.picture) == [stored]


def test_the_order_is_kept_and_the_default_is_unlabelled(
    workspace: Workspace, project: Project, new: Make
) -> None:
    given = [new(f"p{number}") for number in (3, 1, 2)]
    stored = workspace.examples.add(project.id, given)
    assert [example.picture for example in stored] == [example.picture for example in given]
    assert all(example.split is Split.UNLABELLED and not example.answers for example in stored)
    backwards = ids(stored)[::-1]
    assert ids(workspace.examples.get_many([*backwards, 999])) == backwards
    assert workspace.examples.add(project.id, []) == []


def test_a_strange_label_stores_nothing(
    workspace: Workspace, project: Project, new: Make, ant: int
) -> None:
    other = workspace.projects.create("Other")
    with pytest.raises(NotFound):
        workspace.examples.add(other.id, [new("a"), new("b", ant)])
    with pytest.raises(NotFound):
        workspace.examples.add(project.id, [new("a", ant), new("b", 999)])
    assert workspace.examples.count(other.id) == workspace.examples.count(project.id) == 0


def test_lists_are_filtered_counted_and_paged(
    workspace: Workspace, project: Project, new: Make, ant: int, bee: int
) -> None:
    train = [new(f"a{n}", ant, split=Split.TRAIN) for n in range(5)]
    test = [new(f"b{n}", bee, split=Split.TEST, flags=("blurred",)) for n in range(3)]
    stored = workspace.examples.add(project.id, [*train, *test, new("c")])
    examples = workspace.examples
    assert ids(examples.list(project.id)) == ids(stored)
    assert ids(examples.list(project.id, label_id=ant)) == ids(stored[:5])
    assert ids(examples.list(project.id, split=Split.TEST)) == ids(stored[5:8])
    assert ids(examples.list(project.id, flag="blurred")) == ids(stored[5:8])
    assert ids(examples.list(project.id, unanswered=True)) == ids(stored[8:])
    assert examples.list(project.id, label_id=ant, split=Split.TEST) == []
    assert ids(examples.list(project.id, label_id=ant, offset=1, limit=2)) == ids(stored[1:3])
    assert ids(examples.list(project.id, offset=7)) == ids(stored[7:])
    assert examples.count(project.id, label_id=ant, split=Split.TRAIN) == 5
    assert examples.count(project.id, unanswered=True) == 1


def test_deleted_examples_are_apart_and_come_back(
    workspace: Workspace, project: Project, new: Make, ant: int
) -> None:
    stored = workspace.examples.add(project.id, [new("a", ant), new("b", ant)])
    change(workspace, Delete([stored[0].id]))
    assert ids(workspace.examples.list(project.id)) == [stored[1].id]
    (deleted,) = workspace.examples.list(project.id, deleted=True)
    assert deleted.id == stored[0].id and deleted.deleted is not None
    assert workspace.examples.get(deleted.id) == deleted
    change(workspace, Restore([deleted.id]))
    assert workspace.examples.list(project.id) == stored


def test_a_picture_that_came_in_again_is_not_brought_back_twice(
    workspace: Workspace, project: Project, new: Make, ant: int, bee: int
) -> None:
    first = workspace.examples.add(project.id, [new("a", ant), new("a", bee)])
    change(workspace, Delete(ids(first)))
    again = workspace.examples.add(project.id, [new("a", ant)])
    change(workspace, Restore(ids(first)))
    assert ids(workspace.examples.list(project.id)) == [first[1].id, again[0].id]


def test_the_table_counts_by_label_and_split(
    workspace: Workspace, project: Project, question: Question, new: Make, ant: int, bee: int
) -> None:
    nothing = dict.fromkeys(Split, 0)
    assert workspace.examples.table(project.id, question.id) == {ant: nothing, bee: nothing}
    workspace.examples.add(
        project.id,
        [new("a", ant, split=Split.TRAIN), new("b", ant, split=Split.TRAIN), new("c")],
    )
    assert workspace.examples.table(project.id, question.id) == {
        ant: {**nothing, Split.TRAIN: 2},
        bee: nothing,
        None: {**nothing, Split.UNLABELLED: 1},
    }


def test_answers_splits_groups_and_flags_change(
    workspace: Workspace, project: Project, question: Question, new: Make, ant: int, bee: int
) -> None:
    examples = workspace.examples
    stored = ids(examples.add(project.id, [new("a", ant), new("b")]))
    change(workspace, Answer(stored, question.id, bee))
    assert [example.answers for example in examples.list(project.id)] == [{question.id: bee}] * 2
    change(workspace, Answer(stored[:1], question.id, None))
    assert examples.get(stored[0]).answers == {}
    change(workspace, Move(stored, Split.VALIDATION))
    change(workspace, Group(stored, "one"))
    change(workspace, Flag(stored, "blurred"))
    change(workspace, Flag(stored, "blurred"))
    change(workspace, Flag(stored[:1], "blurred", on=False))
    first, second = examples.list(project.id)
    assert first.split is second.split is Split.VALIDATION
    assert first.group == second.group == "one"
    assert (first.flags, second.flags) == ((), ("blurred",))
    with pytest.raises(NotFound):
        change(workspace, Answer(stored, question.id, 999))
    with pytest.raises(NotFound):
        examples.get(999)


def test_flags_of_twins_follow_the_tables(
    workspace: Workspace, project: Project, question: Question, new: Make, ant: int, bee: int
) -> None:
    examples = workspace.examples
    first, second, _ = ids(
        examples.add(
            project.id,
            [new("a", ant, split=Split.TRAIN), new("a", bee, split=Split.TEST), new("b", ant)],
        )
    )
    both = ("contradiction", "in_two_splits")
    assert examples.get(first).flags == examples.get(second).flags == both
    change(workspace, Move([second], Split.TRAIN))
    assert examples.get(first).flags == examples.get(second).flags == ("contradiction",)
    change(workspace, Answer([second], question.id, ant))
    assert examples.count(project.id, flag="contradiction") == 0
    change(workspace, Answer([second], question.id, bee))
    change(workspace, Delete([first]))
    assert examples.get(second).flags == ()
    change(workspace, Restore([first]))
    assert examples.get(second).flags == ("contradiction",)
    workspace.labels.delete(bee)
    assert examples.get(first).flags == ()
    workspace.labels.restore(bee)
    assert examples.get(first).flags == ("contradiction",)
    other = workspace.projects.create("Other").id
    assert examples.list(other, flag="contradiction") == []


def test_many_examples_take_few_statements(
    workspace: Workspace, project: Project, question: Question, new: Make, ant: int
) -> None:
    """The number of statements must not grow with the number of examples."""
    examples = workspace.examples
    stored = ids(examples.add(project.id, [new(f"p{n}", ant) for n in range(3_000)]))
    engine = workspace._database._reader
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    assert len(examples.list(project.id)) == 3_000
    change(workspace, Move(stored, Split.TRAIN))
    assert examples.table(project.id, question.id)[ant][Split.TRAIN] == 3_000
    assert examples.count(project.id) == 3_000
    assert workspace.projects.summaries()[0].pictures == 3_000
    assert len(statements) < 40
