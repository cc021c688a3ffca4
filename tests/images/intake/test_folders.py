"""A folder or a zip of folders as a project: labels and splits from folders, or nothing at all."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from tests.images.intake.drawn import PICTURES
from tlcore.errors import ArchiveRefused, GraftError
from tlcore.images.intake.archive import from_zip
from tlcore.images.intake.folders import read_folder
from tlcore.images.intake.ingest import ingest
from tlcore.workspace import Workspace
from tlcore.workspace.records import Project


def zip_of(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, data in files.items():
            file.writestr(name, data)
    return buffer.getvalue()


def test_a_zip_comes_in(workspace: Workspace, project: Project) -> None:
    files = {f"set/{label}/{n}.png": PICTURES[n] for n, label in enumerate("aabbb")}
    with from_zip(io.BytesIO(zip_of({**files, "set/a/note.txt": b"hello"}))) as archive:
        report = ingest(workspace, project.id, archive)
    assert report.by_label == {"a": 2, "b": 3}
    assert [r.name for r in report.refused] == ["a/note.txt"]


def test_a_refused_zip_writes_nothing(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "evil.zip"
    path.write_bytes(zip_of({"a/1.png": PICTURES[0], "../../2.png": PICTURES[1]}))
    before = {file for file in workspace.home.rglob("*") if "pictures" in file.parts}
    with pytest.raises(ArchiveRefused):
        read_folder(path, workspace=workspace)
    assert {file for file in workspace.home.rglob("*") if "pictures" in file.parts} == before
    assert workspace.projects.summaries() == []


def test_a_folder_becomes_a_project(workspace: Workspace, tmp_path: Path) -> None:
    for n, name in enumerate(["a/1.png", "a/2.png", "b/3.png", "c/.hidden.png"]):
        file = tmp_path / "my leaves" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(PICTURES[n])
    read = read_folder(tmp_path / "my leaves", workspace=workspace)
    assert read.project.name == "my leaves"
    assert read.report.by_label == {"a": 2, "b": 1}


def test_a_table_becomes_a_project_and_what_was_understood_stands_first(
    workspace: Workspace, tmp_path: Path
) -> None:
    for n in range(4):
        (tmp_path / f"{n}.png").write_bytes(PICTURES[n])
    rows = [f"{n}.png,{int(n < 2)},{int(n >= 2)}" for n in range(4)]
    table = tmp_path / "classes.csv"
    table.write_text("\n".join(["file,leaf,stem", *rows]), encoding="utf-8")
    report = read_folder(table, workspace=workspace).report
    assert report.by_label == {"leaf": 2, "stem": 2}
    assert "leaf, stem" in report.notes[0]


def test_a_folder_without_pictures_is_refused_with_the_first_reason(
    workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "notes.txt").write_text("no picture", encoding="utf-8")
    with pytest.raises(GraftError, match=r"notes\.txt.*not a picture"):
        read_folder(tmp_path, workspace=workspace)
    assert workspace.projects.summaries() == []


def test_a_real_folder_comes_in(workspace: Workspace, shared: Path) -> None:
    read = read_folder(shared / "data" / "messy_mri" / "no", workspace=workspace)
    assert read.report.unlabelled + len(read.report.skipped) == 98
    assert not read.report.refused
