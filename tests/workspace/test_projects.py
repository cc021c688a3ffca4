"""Tests of tlcore/workspace/projects.py."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.changes import change
from tlcore.errors import NameRefused, NotFound
from tlcore.workspace import Workspace
from tlcore.workspace.examples.changes import Delete
from tlcore.workspace.records import NewExample, Project, Question

Make = Callable[..., NewExample]


def test_a_new_project_has_a_name_and_one_question(workspace: Workspace) -> None:
    project = workspace.projects.create("  Ants & bees ", owner="ada")
    assert (project.name, project.owner, project.deleted) == ("Ants & bees", "ada", None)
    assert workspace.projects.get(project.id) == project
    (question,) = workspace.labels.questions(project.id)
    assert question == workspace.labels.question(project.id)
    assert (question.name, question.project_id) == ("What is it?", project.id)


def test_a_project_is_renamed_deleted_and_brought_back(
    workspace: Workspace, project: Project
) -> None:
    assert workspace.projects.rename(project.id, "Bees").name == "Bees"
    assert workspace.projects.delete(project.id).deleted is not None
    assert workspace.projects.summaries() == []
    with pytest.raises(NotFound):
        workspace.projects.get(project.id)
    assert workspace.projects.get(project.id, deleted=True).name == "Bees"
    (summary,) = workspace.projects.summaries(deleted=True)
    assert summary.project.id == project.id
    assert workspace.projects.restore(project.id).deleted is None
    assert workspace.projects.get(project.id).name == "Bees"


def test_choices_are_merged(workspace: Workspace, project: Project) -> None:
    workspace.projects.choose(project.id, backbone="resnet18", recipe={"epochs": 3})
    chosen = workspace.projects.choose(project.id, backbone="vgg16")
    assert chosen.choices == {"backbone": "vgg16", "recipe": {"epochs": 3}}
    assert workspace.projects.get(project.id) == chosen


def test_what_is_not_there_is_said_so(workspace: Workspace) -> None:
    with pytest.raises(NotFound):
        workspace.projects.get("nothing")
    with pytest.raises(NotFound):
        workspace.projects.rename("nothing", "Something")
    with pytest.raises(NotFound):
        workspace.labels.question("nothing")
    with pytest.raises(NotFound):
        workspace.runs.create("nothing", "a:b", {}, {})
    with pytest.raises(NameRefused):
        workspace.projects.create("  ")


def test_a_summary_counts_what_can_be_seen(
    workspace: Workspace, project: Project, question: Question, new: Make
) -> None:
    ant, bee, fly = (workspace.labels.add(question.id, name).id for name in ("ant", "bee", "fly"))
    stored = workspace.examples.add(
        project.id,
        [new("a", ant), new("b", ant), new("c", bee), new("d", fly), new("e"), new("f", bee)],
    )
    change(workspace, Delete([stored[5].id]))
    workspace.labels.delete(fly)
    workspace.runs.create(project.id, "a:b", {}, {})
    workspace.projects.create("Empty")
    summaries = {s.project.name: s for s in workspace.projects.summaries()}
    ants, empty = summaries["Ants"], summaries["Empty"]
    assert (ants.pictures, ants.labels, ants.runs) == (4, 2, 1)
    assert (empty.pictures, empty.labels, empty.runs, empty.cover) == (0, 0, 0, [])
    # One of each label first, so that the cover shows what the project is about.
    assert ants.cover == [stored[at].picture for at in (0, 2, 4, 1)]


def test_the_last_changed_project_comes_first(workspace: Workspace, project: Project) -> None:
    other = workspace.projects.create("Other")
    assert [s.project.id for s in workspace.projects.summaries()] == [other.id, project.id]
    workspace.labels.add(workspace.labels.question(project.id).id, "ant")
    summaries = workspace.projects.summaries()
    assert [s.project.id for s in summaries] == [project.id, other.id]
    assert summaries[0].changed > project.created
