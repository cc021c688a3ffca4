"""A workspace and an empty project for pictures to come into."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tlcore.workspace import Workspace
from tlcore.workspace.records import Project


@pytest.fixture
def workspace(home: Path) -> Iterator[Workspace]:
    opened = Workspace.open(home)
    yield opened
    opened.close()


@pytest.fixture
def project(workspace: Workspace) -> Project:
    return workspace.projects.create("Leaves")
