"""Tests of tlcore/workspace/labels.py."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.changes import change
from tlcore.errors import NameRefused, NotFound
from tlcore.workspace import Workspace
from tlcore.workspace.examples.changes import Delete, Restore
from tlcore.workspace.records import NewExample, Project, Question

Make = Callable[..., NewExample]


def names(workspace: Workspace, question: Question, *, deleted: bool = False) -> list[str]:
    return [label.name for label in workspace.labels.list(question.id, deleted=deleted)]


def test_a_label_is_added_once(workspace: Workspace, question: Question) -> None:
    cafe = workspace.labels.add(question.id, "cafe\u0301")
    assert cafe.name == "caf\u00e9"
    assert workspace.labels.add(question.id, " caf\u00e9 ") == cafe
    ant = workspace.labels.add(question.id, "ant")
    assert (cafe.position, ant.position) == (0, 1)
    assert workspace.labels.list(question.id) == [cafe, ant]
    assert workspace.labels.get(ant.id) == ant


def test_a_deleted_label_of_the_same_name_stays_deleted(
    workspace: Workspace, question: Question
) -> None:
    old = workspace.labels.add(question.id, "ant")
    workspace.labels.delete(old.id)
    fresh = workspace.labels.add(question.id, "ant")
    assert fresh.id != old.id
    assert names(workspace, question) == ["ant"] == names(workspace, question, deleted=True)
    assert workspace.labels.restore(old.id).name == "ant (2)"
    assert workspace.labels.restore(old.id).name == "ant (2)"
    assert names(workspace, question) == ["ant (2)", "ant"]


def test_a_label_is_renamed_but_not_into_another(workspace: Workspace, question: Question) -> None:
    ant, bee = (workspace.labels.add(question.id, name) for name in ("ant", "bee"))
    assert workspace.labels.rename(ant.id, "Ant").name == "Ant"
    assert workspace.labels.rename(ant.id, "Ant").name == "Ant"
    with pytest.raises(NameRefused, match="already"):
        workspace.labels.rename(ant.id, "bee")
    workspace.labels.delete(bee.id)
    assert workspace.labels.rename(ant.id, "bee").name == "bee"


def test_the_pictures_of_a_label_go_and_come_with_it(
    workspace: Workspace, project: Project, question: Question, new: Make
) -> None:
    ant, bee = (workspace.labels.add(question.id, name).id for name in ("ant", "bee"))
    workspace.examples.add(project.id, [new("a", ant), new("b", bee), new("c")])
    workspace.labels.delete(ant)
    assert workspace.examples.count(project.id) == 2
    assert workspace.examples.find(project.id, new("a").picture) == []
    assert set(workspace.examples.table(project.id, question.id)) == {bee, None}
    workspace.labels.restore(ant)
    assert workspace.examples.count(project.id) == 3
    assert workspace.examples.count(project.id, label_id=ant) == 1


def test_merging_moves_every_picture_and_keeps_twins_once(
    workspace: Workspace, project: Project, question: Question, new: Make
) -> None:
    ant, bee = (workspace.labels.add(question.id, name).id for name in ("ant", "bee"))
    stored = workspace.examples.add(
        project.id, [new("a", ant), new("b", ant), new("b", bee), new("c", bee), new("d", ant)]
    )
    change(workspace, Delete([stored[4].id]))
    assert workspace.examples.count(project.id, flag="contradiction") == 2
    assert workspace.labels.merge(ant, bee).id == bee
    kept = workspace.examples.list(project.id, label_id=bee)
    assert [example.id for example in kept] == [stored[0].id, stored[2].id, stored[3].id]
    assert workspace.examples.count(project.id, flag="contradiction") == 0
    assert names(workspace, question) == ["bee"]
    change(workspace, Restore([stored[1].id, stored[4].id]))
    assert workspace.examples.count(project.id, label_id=bee) == 4


def test_labels_of_two_questions_are_not_merged(workspace: Workspace, question: Question) -> None:
    other = workspace.labels.question(workspace.projects.create("Other").id)
    ant, bee = workspace.labels.add(question.id, "ant"), workspace.labels.add(other.id, "bee")
    for source, into in ((ant, bee), (ant, ant)):
        with pytest.raises(NameRefused, match="merged"):
            workspace.labels.merge(source.id, into.id)


def test_what_is_not_there_is_said_so(workspace: Workspace) -> None:
    with pytest.raises(NotFound):
        workspace.labels.add(99, "ant")
    with pytest.raises(NotFound):
        workspace.labels.rename(99, "ant")
    with pytest.raises(NotFound):
        workspace.labels.get(99)


def test_nothing_is_merged_with_a_label_that_somebody_has_deleted(
    workspace: Workspace, project: Project, question: Question, new: Make
) -> None:
    """Another tab may still offer it; its pictures would go where nobody sees them."""
    ant, bee = (workspace.labels.add(question.id, name).id for name in ("ant", "bee"))
    workspace.examples.add(project.id, [new("a", ant), new("b", bee)])
    workspace.labels.delete(bee)
    for source, into in ((ant, bee), (bee, ant)):
        with pytest.raises(NotFound, match="“bee” is deleted"):
            workspace.labels.merge(source, into)
    assert workspace.examples.count(project.id, label_id=ant) == 1


def test_two_tabs_that_add_a_question_at_once_get_the_same_one(
    workspace: Workspace, project: Project
) -> None:
    tabs = 6
    together = Barrier(tabs)

    def add(name: str) -> int:
        together.wait(20)
        return workspace.labels.add_question(project.id, name).id

    for name in ("Colour", "Size", "Place", "Season"):
        with ThreadPoolExecutor(tabs) as pool:
            assert len(set(pool.map(add, [name] * tabs))) == 1
    assert len(workspace.labels.questions(project.id)) == 5
