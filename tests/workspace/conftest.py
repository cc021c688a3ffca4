"""What the tests of the workspace share: one on a real SQLite file, a project, new examples."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tlcore.workspace import Workspace
from tlcore.workspace.records import NewExample, Project, Question

Make = Callable[..., NewExample]


@pytest.fixture
def workspace(home: Path) -> Iterator[Workspace]:
    opened = Workspace.open(home)
    yield opened
    opened.close()


@pytest.fixture
def project(workspace: Workspace) -> Project:
    return workspace.projects.create("Ants")


@pytest.fixture
def question(workspace: Workspace, project: Project) -> Question:
    return workspace.labels.question(project.id)


@pytest.fixture
def new(question: Question) -> Make:
    """new("a", label_id) is an example of the picture "a" with this answer."""

    def make(picture: str, label_id: int | None = None, **more: Any) -> NewExample:
        sha = hashlib.sha256(picture.encode()).hexdigest()
        answers = {question.id: label_id}
        return NewExample(sha, f"{picture}.jpg", answers=answers, width=4, height=3, **more)

    return make
