"""Tests of tlcore/workspace/history.py, changes.py and cells.py."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.changes import change
from tlcore.errors import GraftError, NotFound
from tlcore.workspace import Workspace
from tlcore.workspace.examples import history as history_module
from tlcore.workspace.examples.changes import (
    Answer,
    Delete,
    Domain,
    Flag,
    Group,
    Move,
    Replace,
    Restore,
)
from tlcore.workspace.examples.twins import CONTRADICTION
from tlcore.workspace.records import Example, NewExample, Project, Question, Split
from tlcore.workspace.schema import NUMBER

Make = Callable[..., NewExample]


@pytest.fixture
def ant(workspace: Workspace, question: Question) -> int:
    return workspace.labels.add(question.id, "ant").id


@pytest.fixture
def bee(workspace: Workspace, question: Question) -> int:
    return workspace.labels.add(question.id, "bee").id


@pytest.fixture
def ids(workspace: Workspace, project: Project, new: Make, ant: int) -> list[int]:
    made = [new(f"p{n}", ant, split=Split.TRAIN) for n in range(6)]
    return [example.id for example in workspace.examples.add(project.id, made)]


def state(workspace: Workspace, ids: list[int]) -> list[Example]:
    return workspace.examples.get_many(ids)


def test_every_kind_of_change_is_undone_and_redone(
    workspace: Workspace, project: Project, question: Question, ids: list[int], bee: int
) -> None:
    history = workspace.history
    sha = "0" * 64
    changes = {
        "answered": Answer(ids[:2], question.id, bee),
        "answer taken away": Answer(ids[2:3], question.id, None),
        "moved": Move(ids[:3], Split.TEST),
        "grouped": Group(ids, "patient 7"),
        "placed": Domain(ids[1:], "phone"),
        "flagged": Flag(ids[:1], "blurred"),
        "deleted": Delete(ids[3:]),
        "turned": Replace(ids[0], sha, 3, 4, None),
    }
    states = [state(workspace, ids)]
    for words, wanted in changes.items():
        assert history.apply(project.id, words, [wanted]) is not None
        states.append(state(workspace, ids))
        assert states[-1] != states[-2]
    assert states[-1][0].picture == sha and states[-1][0].flags == ("blurred",)

    for before, words in zip(reversed(states[:-1]), reversed(changes), strict=True):
        undone = history.undo(project.id)
        assert undone is not None and undone.words == words and undone.undone
        assert state(workspace, ids) == before
    assert history.undo(project.id) is None
    for after, words in zip(states[1:], changes, strict=True):
        redone = history.redo(project.id)
        assert redone is not None and redone.words == words and not redone.undone
        assert state(workspace, ids) == after
    assert history.redo(project.id) is None


def test_it_survives_a_restart(home: Path) -> None:
    first = Workspace.open(home)
    project = first.projects.create("Ants")
    [example] = first.examples.add(project.id, [NewExample("a" * 64, "a.jpg", Split.TRAIN)])
    first.history.apply(project.id, "moved", [Move([example.id], Split.TEST)])
    first.close()
    again = Workspace.open(home)
    assert [entry.words for entry in again.history.list(project.id)] == ["moved"]
    undone = again.history.undo(project.id)
    assert undone is not None and undone.pictures == 1
    assert again.examples.get(example.id) == example
    again.close()
    third = Workspace.open(home)
    assert third.history.next_undo(project.id) is None
    assert third.history.redo(project.id) is not None
    assert third.examples.get(example.id).split is Split.TEST


def test_something_new_ends_what_could_be_redone(
    workspace: Workspace, project: Project, ids: list[int]
) -> None:
    history = workspace.history
    history.apply(project.id, "one", [Move(ids[:1], Split.TEST)])
    history.undo(project.id)
    assert history.next_redo(project.id) is not None
    history.apply(project.id, "two", [Move(ids[1:2], Split.TEST)])
    assert history.redo(project.id) is None
    assert [entry.words for entry in history.list(project.id)] == ["two"]


def test_what_changes_nothing_is_no_entry(
    workspace: Workspace, project: Project, ids: list[int]
) -> None:
    history = workspace.history
    assert history.apply(project.id, "same", [Move(ids, Split.TRAIN)]) is None
    history.apply(project.id, "deleted", [Delete(ids[:1])])
    assert history.apply(project.id, "deleted again", [Delete(ids[:1])]) is None
    assert history.apply(project.id, "nobody", [Move([10**9], Split.TEST)]) is None
    assert [entry.words for entry in history.list(project.id)] == ["deleted"]


def test_another_project_is_out_of_reach(
    workspace: Workspace, project: Project, ids: list[int]
) -> None:
    other = workspace.projects.create("Bees")
    assert workspace.history.apply(other.id, "stolen", [Delete(ids)]) is None
    assert workspace.examples.count(project.id) == len(ids)
    with pytest.raises(NotFound):
        workspace.history.apply("no such one", "x", [Delete(ids)])


def test_a_wrong_label_changes_nothing(
    workspace: Workspace, project: Project, question: Question, ids: list[int], bee: int
) -> None:
    workspace.labels.delete(bee)
    with pytest.raises(NotFound):
        workspace.history.apply(
            project.id, "x", [Move(ids, Split.TEST), Answer(ids, question.id, bee)]
        )
    assert {example.split for example in state(workspace, ids)} == {Split.TRAIN}
    assert workspace.history.list(project.id) == []


def test_pictures_do_not_vanish_under_a_deleted_label(
    workspace: Workspace, project: Project, question: Question, ids: list[int], ant: int, bee: int
) -> None:
    workspace.history.apply(project.id, "moved", [Answer(ids, question.id, bee)])
    workspace.labels.delete(ant)
    with pytest.raises(GraftError, match="ant"):
        workspace.history.undo(project.id)
    assert workspace.examples.count(project.id, label_id=bee) == len(ids)
    workspace.labels.restore(ant)
    workspace.history.undo(project.id)
    assert workspace.examples.count(project.id, label_id=ant) == len(ids)


def test_deleted_pictures_wait_for_their_deleted_label(
    workspace: Workspace, project: Project, ids: list[int], ant: int
) -> None:
    """They would come back where nobody sees them: neither shown nor among the deleted."""
    workspace.history.apply(project.id, "deleted", [Delete(ids[:1])])
    workspace.labels.delete(ant)
    with pytest.raises(GraftError, match="ant"):
        workspace.history.undo(project.id)
    assert workspace.history.apply(project.id, "brought back", [Restore(ids[:1])]) is None
    change(workspace, Restore(ids[:1]))
    assert workspace.examples.count(project.id, deleted=True) == 1
    workspace.labels.restore(ant)
    workspace.history.undo(project.id)
    assert workspace.examples.count(project.id) == len(ids)


def test_what_was_changed_since_by_others_is_left_alone(
    workspace: Workspace, project: Project, ids: list[int]
) -> None:
    workspace.history.apply(project.id, "moved", [Move(ids, Split.TEST)])
    change(workspace, Move(ids[:2], Split.VALIDATION))
    workspace.history.undo(project.id)
    splits = [example.split for example in state(workspace, ids)]
    assert splits == [Split.VALIDATION] * 2 + [Split.TRAIN] * 4


def test_what_follows_is_undone_with_its_cause(
    workspace: Workspace, project: Project, question: Question, new: Make, ant: int, bee: int
) -> None:
    made = workspace.examples.add(project.id, [new("loose")])
    ids = [example.id for example in made]
    entry = workspace.history.apply(project.id, "labelled", [Answer(ids, question.id, ant)])
    workspace.history.add_to(entry, [Move(ids, Split.TRAIN)])
    workspace.history.add_to(entry, [Move(ids, Split.TEST), Flag(ids, "odd")])
    assert state(workspace, ids)[0].split is Split.TEST
    workspace.history.undo(project.id)
    assert state(workspace, ids) == made
    workspace.history.redo(project.id)
    assert state(workspace, ids)[0].split is Split.TEST
    assert len(workspace.history.list(project.id)) == 1

    workspace.history.apply(project.id, "later", [Move(ids, Split.TRAIN)])
    workspace.history.add_to(entry, [Answer(ids, question.id, bee)])
    assert [entry.words for entry in workspace.history.list(project.id)] == [
        "labelled",
        "later",
        "labelled",
    ]
    workspace.history.add_to(None, [Delete(ids)])
    assert workspace.examples.count(project.id) == 1


def test_twins_follow_every_step(
    workspace: Workspace, project: Project, question: Question, new: Make, ant: int, bee: int
) -> None:
    made = workspace.examples.add(project.id, [new("same", ant), new("same", bee)])
    ids = [example.id for example in made]
    assert all(CONTRADICTION in example.flags for example in state(workspace, ids))
    workspace.history.apply(project.id, "one deleted", [Delete(ids[1:])])
    assert not state(workspace, ids)[0].flags
    workspace.history.undo(project.id)
    assert all(CONTRADICTION in example.flags for example in state(workspace, ids))
    workspace.history.redo(project.id)
    workspace.history.apply(project.id, "back", [Restore(ids[1:])])
    assert workspace.examples.count(project.id) == 2


def test_only_so_many_entries_are_kept(
    workspace: Workspace, project: Project, ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_module, "KEPT", 3)
    for number in range(5):
        workspace.history.apply(project.id, f"step {number}", [Group(ids, f"g{number}")])
    kept = [entry.words for entry in workspace.history.list(project.id)]
    assert kept == ["step 4", "step 3", "step 2"]


def test_a_large_change_is_one_short_entry(
    workspace: Workspace, project: Project, question: Question, new: Make, ant: int, bee: int
) -> None:
    """More pictures than one statement takes, with different values before."""
    made = [new(f"p{n}", ant if n % 2 else bee, split=Split.TRAIN) for n in range(6_000)]
    ids = [example.id for example in workspace.examples.add(project.id, made)]
    entry = workspace.history.apply(project.id, "all", [Answer(ids, question.id, ant)])
    assert entry is not None and entry.pictures == 3_000
    assert workspace.examples.count(project.id, label_id=ant) == 6_000
    workspace.history.undo(project.id)
    assert workspace.examples.count(project.id, label_id=bee) == 3_000


def test_a_workspace_of_the_first_number_gets_a_history(home: Path) -> None:
    old = Workspace.open(home)
    project = old.projects.create("Ants")
    [example] = old.examples.add(project.id, [NewExample("a" * 64, "a.jpg", Split.TRAIN)])
    old.close()
    with closing(sqlite3.connect(home / "graft.db")) as raw:
        raw.execute("DROP TABLE history")
        raw.execute("UPDATE settings SET value = '1' WHERE name = 'schema'")
        raw.commit()
    again = Workspace.open(home)
    assert again.projects.get(project.id) == project
    assert again.examples.list(project.id) == [example]
    again.history.apply(project.id, "moved", [Move([example.id], Split.TEST)])
    again.history.undo(project.id)
    assert again.examples.get(example.id) == example
    again.close()
    with closing(sqlite3.connect(home / "graft.db")) as raw:
        number = raw.execute("SELECT value FROM settings WHERE name = 'schema'").fetchone()
    assert number == (str(NUMBER),)
