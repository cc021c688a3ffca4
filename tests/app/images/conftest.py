"""Shared by the tests of the pictures page."""

from __future__ import annotations

import pytest

from pages.parts.frame.services import Services
from tlcore.workspace.records import Project


@pytest.fixture
def blank(graft: Services) -> Project:
    """A project without pictures."""
    return graft.workspace.projects.create("Blank")
