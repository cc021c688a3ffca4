"""Tests of tlcore/images/table_intake.py, table_export.py and teachable.py."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.changes import change
from tlcore.errors import ArchiveRefused
from tlcore.images.intake.archive import from_zip, names_in_zip, table_in_zip
from tlcore.images.intake.ingest import ingest
from tlcore.images.intake.sources import from_files
from tlcore.images.intake.tables.column_roles import Roles, guess_roles
from tlcore.images.intake.tables.matching import match
from tlcore.images.intake.tables.table_intake import apply_table, questions_for, with_table
from tlcore.images.intake.tables.tables import read_table
from tlcore.images.table_export import as_csv, as_xlsx, export_size, table_rows, write_zip
from tlcore.workspace import Workspace
from tlcore.workspace.examples.changes import Move
from tlcore.workspace.records import Project, Split

TABLE = b"""file,species,sex,split,nest
1.png,ant,female,train,a
2.png,bee,male,test,b
3.png,ant,,,a
4.png,,female,val,c
"""
ROLES = Roles("file", ("species", "sex"), "split", "nest")


def drawn(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (6, 6, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).resize((24, 24)).save(buffer, "PNG")
    return buffer.getvalue()


def zipped(files: dict[str, bytes]) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return io.BytesIO(buffer.getvalue())


@pytest.fixture
def workspace(home: Path) -> Iterator[Workspace]:
    opened = Workspace.open(home)
    yield opened
    opened.close()


@pytest.fixture
def project(workspace: Workspace) -> Project:
    return workspace.projects.create("Insects")


def answers(workspace: Workspace, project: Project) -> dict[str, tuple[str | None, ...]]:
    """File → label names in the order of the questions."""
    questions = workspace.labels.questions(project.id)
    names = {x.id: x.name for q in questions for x in workspace.labels.list(q.id)}
    return {
        example.source_name: tuple(names.get(example.answers.get(q.id) or -1) for q in questions)
        for example in workspace.examples.list(project.id)
    }


def test_pictures_come_in_with_what_a_table_says(workspace: Workspace, project: Project) -> None:
    files = [(f"set/{n}.png", drawn(n)) for n in range(1, 6)]
    matching = match(read_table(TABLE, "t.csv"), ROLES, [name for name, _ in files])
    rows = {files[place][0]: row for place, row in matching.rows.items()}
    columns = questions_for(workspace, project.id, ROLES.answers)
    report = ingest(
        workspace, project.id, with_table(from_files(files), rows, columns, others=False)
    )
    assert report.accepted == 4
    assert answers(workspace, project) == {
        "set/1.png": ("ant", "female"),
        "set/2.png": ("bee", "male"),
        "set/3.png": ("ant", None),
        "set/4.png": (None, "female"),
    }
    examples = {e.source_name[4]: e for e in workspace.examples.list(project.id)}
    assert examples["2"].split is Split.TEST and examples["1"].group == "a"
    # The third belongs to the same nest as the first, which is learned from.
    assert examples["3"].split is Split.TRAIN and examples["4"].split is Split.UNLABELLED
    again = ingest(workspace, project.id, with_table(from_files(files), rows, columns, others=True))
    assert (again.accepted, again.unlabelled) == (1, 1)


def test_pictures_that_are_there_are_changed_and_changed_back(
    workspace: Workspace, project: Project
) -> None:
    ingest(workspace, project.id, from_files([(f"{n}.png", drawn(n)) for n in range(1, 6)]))
    before = workspace.examples.list(project.id)
    matching = match(read_table(TABLE, "t.csv"), ROLES, [e.source_name for e in before])
    columns = questions_for(workspace, project.id, ROLES.answers)
    assert questions_for(workspace, project.id, ROLES.answers) == columns
    entry, refused = apply_table(workspace, project.id, before, matching, columns, "From t.csv")
    assert entry is not None and refused == []
    assert answers(workspace, project)["1.png"] == ("ant", "female")
    splits = [example.split for example in workspace.examples.list(project.id)]
    assert splits == [
        *(Split.TRAIN, Split.TEST, Split.TRAIN, Split.VALIDATION),
        Split.UNLABELLED,
    ]
    again, _ = apply_table(workspace, project.id, before, matching, columns, "From t.csv")
    assert again is None
    workspace.history.undo(project.id)
    assert workspace.examples.list(project.id) == before


def test_a_table_leaves_what_was_set_aside_where_it_is(
    workspace: Workspace, project: Project
) -> None:
    report = ingest(
        workspace, project.id, from_files([(f"{n}.png", drawn(n)) for n in (1, 2)], label="ant")
    )
    change(workspace, Move(report.ids[:1], Split.UNLABELLED))
    before = workspace.examples.list(project.id)
    table = read_table(b"file,label,nest\n1.png,bee,a\n2.png,bee,b\n", "t.csv")
    matching = match(table, Roles("file", ("label",), group="nest"), ["1.png", "2.png"])
    columns = questions_for(workspace, project.id, ["label"])
    entry, _ = apply_table(workspace, project.id, before, matching, columns, "x")
    assert entry is not None and answers(workspace, project)["1.png"] == ("bee",)
    after = workspace.examples.list(project.id)
    assert [example.split for example in after] == [example.split for example in before]


def test_a_label_that_cannot_be_is_said_and_the_rest_is_written(
    workspace: Workspace, project: Project
) -> None:
    ingest(workspace, project.id, from_files([(f"{n}.png", drawn(n)) for n in (1, 2)]))
    table = read_table(f"file,label\n1.png,{'x' * 90}\n2.png,bee\n".encode(), "t.csv")
    examples = workspace.examples.list(project.id)
    matching = match(table, Roles("file", ("label",)), [e.source_name for e in examples])
    columns = questions_for(workspace, project.id, ["label"])
    _, refused = apply_table(workspace, project.id, examples, matching, columns, "x")
    assert len(refused) == 1 and "90" in refused[0]
    assert answers(workspace, project) == {"1.png": (None,), "2.png": ("bee",)}


@pytest.mark.parametrize("originals", (True, False))
def test_a_project_goes_out_and_comes_in_again(
    workspace: Workspace, project: Project, originals: bool
) -> None:
    """By the folders alone, and by the table in the zip; with names that no system allows."""
    names = ["a/con.png", "b/con.png", "=1+1.png", "x<y>:z?.png", "ü 🦋.png", "..", "日本/7.png"]
    labels = {"a": "Käfer/1", "b": "..", "=": "ant", "x": "con"}
    for number, name in enumerate(names):
        label = labels.get(name[0])
        ingest(workspace, project.id, from_files([(name, drawn(number))], label=label))
    buffer = io.BytesIO()
    assert write_zip(workspace, project.id, buffer, originals=originals) == 0
    assert export_size(workspace, project.id, originals=originals) > 0
    with zipfile.ZipFile(buffer) as archive:
        inside = archive.namelist()
        table = read_table(archive.read("labels.csv"), "labels.csv")
        assert len(read_table(archive.read("labels.json"), "x.json").rows) == len(names)
    assert len({name.casefold() for name in inside}) == len(names) + 2
    assert not any(".." in name.split("/") or "con" in name.split("/") for name in inside)

    other = workspace.projects.create("Again")
    with from_zip(buffer) as archive:
        paths = [source.name for source in archive]
        matching = match(table, guess_roles(table, paths), paths)
        rows = {paths[place]: row for place, row in matching.rows.items()}
        assert len(rows) == len(names) and not matching.without_picture and not matching.unsure
        columns = questions_for(workspace, other.id, ["label"])
        report = ingest(workspace, other.id, with_table(archive, rows, columns, others=False))
    assert report.accepted == len(names)
    first, second = (answers(workspace, p).values() for p in (project, other))
    assert sorted(map(str, first)) == sorted(map(str, second))
    kept = [{e.split for e in workspace.examples.list(p.id)} for p in (project, other)]
    assert kept[0] == kept[1]


def test_labels_that_differ_only_in_what_no_folder_may_be_called_keep_apart(
    workspace: Workspace, project: Project
) -> None:
    for number, label in enumerate(["a/b", "a?b", "a_b"]):
        ingest(workspace, project.id, from_files([("x.png", drawn(number))], label=label))
    buffer = io.BytesIO()
    write_zip(workspace, project.id, buffer, originals=True)

    with zipfile.ZipFile(buffer) as archive:
        folders = {n.rsplit("/", 2)[-2] for n in archive.namelist() if n.endswith(".png")}
    assert folders == {"a_b", "a_b (2)", "a_b (3)"}


def test_the_manifest_of_a_teaching_tool_is_no_table() -> None:
    files = {"manifest.json": b"{}", "cat-!-0.png": drawn(1), "dog-!-0.png": drawn(2)}
    assert table_in_zip(zipped(files)) is None
    assert table_in_zip(zipped({**files, "x.png": drawn(3)} | {"cat-!-0.png": b""})) is None
    plain = table_in_zip(zipped({"manifest.json": b"[]", "cat.png": drawn(1)}))
    assert plain == ("manifest.json", b"[]")


def test_a_table_goes_out_as_csv_and_as_workbook(workspace: Workspace, project: Project) -> None:
    ingest(workspace, project.id, from_files([("=x.png", drawn(1))], label="@ant"))
    rows = table_rows(workspace, project.id)
    assert b"'=x.png" in as_csv(rows) and b"'@ant" in as_csv(rows)
    for data, name in ((as_csv(rows), "t.csv"), (as_xlsx(rows), "t.xlsx")):
        table = read_table(data, name)
        assert table.columns == ("file", "label", "split", "group", "domain", "width", "height")
        assert table.rows[0][:2] == ("=x.png", "@ant")


def test_zips_of_teachable_machine_bring_their_labels() -> None:
    project = {f"{label}-!-{n}.jpg": b"x" for label in ("Class 1", "a-b") for n in range(2)}
    project["manifest.json"] = json.dumps({"type": "image", "version": "2.4.4"}).encode()
    with from_zip(zipped(project), name="project.tm") as archive:
        assert [source.label for source in archive] == ["Class 1", "Class 1", "a-b", "a-b"]
    with from_zip(
        zipped({"0.jpg": b"x", "1.jpg": b"x"}), name="Ant hill-samples (1).zip"
    ) as archive:
        assert [source.label for source in archive] == ["Ant hill", "Ant hill"]
    genai = {"samples/0_0.png": b"x", "samples/1_0.png": b"x", "samples/7_0.png": b"x"}
    genai["metadata.json"] = json.dumps({"labels": ["ant", "bee"]}).encode()
    with from_zip(zipped(genai), name="model.zip") as archive:
        assert [source.label for source in archive] == ["ant", "bee"]
    genai["metadata.json"] = b"[broken"
    with from_zip(zipped(genai), name="model.zip") as archive:
        assert {source.label for source in archive} == {"samples", None}


def test_names_are_told_without_unpacking() -> None:
    assert names_in_zip(zipped({"top/a/1.jpg": b"x", "top/b/2.jpg": b"x"})) == [
        "a/1.jpg",
        "b/2.jpg",
    ]
    for bad in (zipped({"../x.jpg": b"x"}), io.BytesIO(b"no zip")):
        with pytest.raises(ArchiveRefused):
            names_in_zip(bad)


def test_the_clothing_table_fits_its_pictures(shared: Path) -> None:
    folder = shared / "data" / "clothing_questions"
    table = read_table((folder / "labels.csv").read_bytes(), "labels.csv")
    names = [f"images/{path.name}" for path in sorted((folder / "images").iterdir())]
    roles = guess_roles(table, names)
    assert (roles.file, roles.answers, roles.group) == ("file", ("garment",), "sender")
    assert len(match(table, roles, names).rows) == len(names) == 800
