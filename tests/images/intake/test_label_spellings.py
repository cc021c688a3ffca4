"""Labels that differ in writing alone come in as one, and the report says so."""

from __future__ import annotations

import unicodedata
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.images.intake.drawn import png
from tlcore.images.intake.ingest import ingest
from tlcore.images.intake.sources import from_files
from tlcore.workspace import Workspace
from tlcore.workspace.names import joining_key

NUMBERS = count()


def bring_in(workspace: Workspace, project: str, *labels: str) -> list[str]:
    """One new picture under each label; the notes of the report."""
    notes: list[str] = []
    for label in labels:
        number = next(NUMBERS)
        files = [(f"{number}.png", png(number))]
        notes += ingest(workspace, project, from_files(files, label=label)).notes
    return notes


def label_names(workspace: Workspace, project: str) -> list[str]:
    question = workspace.labels.question(project)
    return [label.name for label in workspace.labels.list(question.id)]


@pytest.mark.parametrize(
    "other",
    ["CAT FISH", "Cat fish", "cat  fish", " cat fish ", "cat_fish", "ｃat fish", "Cat_Fish"],
)
def test_what_differs_in_writing_alone_is_one_label(workspace: Workspace, other: str) -> None:
    project = workspace.projects.create("Fish").id
    notes = bring_in(workspace, project, "cat fish", other)
    assert label_names(workspace, project) == ["cat fish"]
    assert len(workspace.examples.list(project)) == 2
    if other.strip() != "cat fish":
        assert any("is taken as “cat fish”" in note for note in notes)


def test_composed_and_decomposed_letters_are_one_label(workspace: Workspace) -> None:
    project = workspace.projects.create("Plants").id
    bring_in(workspace, project, unicodedata.normalize("NFC", "Gänse"))
    bring_in(workspace, project, unicodedata.normalize("NFD", "Gänse"))
    assert label_names(workspace, project) == ["Gänse"]


def test_single_letters_and_what_really_differs_stay_apart(workspace: Workspace) -> None:
    project = workspace.projects.create("Letters").id
    notes = bring_in(workspace, project, "a", "A", "b1", "b2", "hot dog", "hotdog")
    assert sorted(label_names(workspace, project)) == ["A", "a", "b1", "b2", "hot dog", "hotdog"]
    assert not any("is taken as" in note for note in notes)


def test_labels_that_a_person_keeps_apart_stay_apart(workspace: Workspace) -> None:
    project = workspace.projects.create("Kept").id
    question = workspace.labels.question(project).id
    for name in ("Crane", "crane"):
        workspace.labels.add(question, name)
    bring_in(workspace, project, "crane", "Crane")
    assert sorted(label_names(workspace, project)) == ["Crane", "crane"]


@given(some.text(min_size=2, max_size=20))
def test_the_key_of_a_key_is_itself(name: str) -> None:
    assert joining_key(joining_key(name)) == joining_key(name)
