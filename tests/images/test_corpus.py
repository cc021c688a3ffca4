"""Bad input: each file is named in the report or taken in correctly, and nothing else is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.images.corpus import LABELS, NAMES, BadFile, files, picture, saved
from tlcore.errors import NameRefused, PictureRefused
from tlcore.images.decode import decode_with_size
from tlcore.images.intake.ingest import as_text, ingest
from tlcore.images.intake.sources import Source, from_paths
from tlcore.images.metadata import read_metadata
from tlcore.workspace import Workspace
from tlcore.workspace.names import clean_name

CORPUS = files()


@pytest.fixture
def workspace(home: Path) -> Iterator[Workspace]:
    opened = Workspace.open(home)
    yield opened
    opened.close()


@pytest.mark.parametrize("bad", CORPUS, ids=lambda bad: bad.title)
def test_each_file_is_refused_with_its_reason_or_read_whole(bad: BadFile) -> None:
    if bad.refused is not None:
        with pytest.raises(PictureRefused) as refusal:
            decode_with_size(bad.data)
        assert refusal.value.reason in bad.refused
        assert refusal.value.message and refusal.value.remedy
        return
    decoded = decode_with_size(bad.data)
    assert (decoded.width, decoded.height) == decoded.image.size == bad.size
    assert decoded.image.mode == "RGB" and decoded.image.info == {}


@pytest.mark.parametrize("bad", CORPUS, ids=lambda bad: bad.title)
def test_what_a_file_says_is_read_or_left(bad: BadFile) -> None:
    metadata = read_metadata(bad.data)
    assert metadata.camera is None or bad.title == "EXIF with a place"
    assert bad.refused is not None or metadata.format is not None


def test_all_together_each_is_reported_and_the_good_ones_come_in(workspace: Workspace) -> None:
    project = workspace.projects.create("Corpus").id
    sources = [Source(f"{n} {bad.title}.jpg", lambda b=bad: b.data, "x") for n, bad in
               enumerate(CORPUS)]  # fmt: skip
    report = ingest(workspace, project, sources)
    refused = {f"{n} {bad.title}.jpg" for n, bad in enumerate(CORPUS) if bad.refused}
    assert {refusal.name for refusal in report.refused} == refused
    assert all(refusal.reason and refusal.remedy for refusal in report.refused)
    stored = workspace.examples.list(project)
    assert {example.source_name for example in stored} == {
        source.name for source in sources
    } - refused
    for example in stored:
        with Image.open(workspace.pictures.copy(example.picture)) as copy:
            copy.load()
            assert copy.size == (example.width, example.height)


def test_no_place_and_no_camera_leave_with_a_copy(workspace: Workspace) -> None:
    project = workspace.projects.create("Place").id
    bad = next(file for file in CORPUS if file.title == "EXIF with a place")
    assert b"SECRET" in bad.data
    ingest(workspace, project, [Source("a.jpg", lambda: bad.data, "x")])
    sha = workspace.examples.list(project)[0].picture
    for path in (workspace.pictures.copy(sha), workspace.pictures.thumbnail(sha)):
        content = path.read_bytes()
        assert b"SECRET" not in content and b"Exif" not in content
    metadata = read_metadata(bad.data)
    assert metadata.camera == "SECRETMAKER SECRETMODEL" and not hasattr(metadata, "place")


def test_names_of_all_kinds_are_text_and_stay_out_of_the_file_system(
    workspace: Workspace, home: Path, tmp_path: Path
) -> None:
    before = {path for path in tmp_path.rglob("*") if home not in path.parents and path != home}
    project = workspace.projects.create("Names").id
    sources = [
        Source(name, lambda n=n: saved(picture(300 + n), "JPEG"), "x")
        for n, name in enumerate(NAMES)
    ]
    report = ingest(workspace, project, sources)
    assert report.accepted == len(NAMES) and not report.refused
    stored = {example.source_name for example in workspace.examples.list(project)}
    assert stored == {as_text(name) for name in NAMES}
    paths = [path.relative_to(home).as_posix() for path in home.rglob("*")]
    for trace in ("escape", "script", "emoji", "passwd", "CON", "nnnn", "surrogate"):
        assert not [path for path in paths if trace in path]
    after = {path for path in tmp_path.rglob("*") if home not in path.parents and path != home}
    assert after == before


def test_labels_of_all_kinds_are_kept_as_they_are_or_refused_in_words(
    workspace: Workspace,
) -> None:
    project = workspace.projects.create("Labels").id
    sources = [
        Source(f"{n}.jpg", lambda n=n: saved(picture(400 + n), "JPEG"), label)
        for n, label in enumerate(LABELS)
    ]
    report = ingest(workspace, project, sources)
    kept, refused = set(), set()
    for n, label in enumerate(LABELS):
        try:
            kept.add(clean_name(label, "label"))
        except NameRefused:
            refused.add(f"{n}.jpg")
    assert {refusal.name for refusal in report.refused} == refused
    assert all(refusal.kind == "label_name" and refusal.remedy for refusal in report.refused)
    question = workspace.labels.question(project).id
    assert {label.name for label in workspace.labels.list(question)} == kept
    assert report.accepted == len(LABELS) - len(refused)
    assert len(kept) >= 10


def test_a_folder_with_such_paths_keeps_everything_inside(workspace: Workspace, home: Path) -> None:
    project = workspace.projects.create("Paths").id
    content = [
        (f"{label}/{name}", saved(picture(500 + n), "JPEG"))
        for n, (label, name) in enumerate(zip(LABELS, NAMES, strict=True))
    ]
    report = ingest(workspace, project, from_paths(content))
    named = len(report.refused) + report.accepted
    hidden = [path for path, _ in content if any(
        part.startswith(".") for part in path.replace("\\", "/").split("/") if part)]  # fmt: skip
    assert named == len(content) - len(hidden)
    assert not (home.parent / "escape.jpg").exists()
