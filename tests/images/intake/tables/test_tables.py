"""Tests of tlcore/images/tables.py, coco.py and matching.py."""

from __future__ import annotations

import io
import json

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlcore.errors import GraftError
from tlcore.images.intake.tables.coco import write_coco
from tlcore.images.intake.tables.column_roles import Roles, guess_roles
from tlcore.images.intake.tables.matching import match
from tlcore.images.intake.tables.table import Table
from tlcore.images.intake.tables.tables import plain_cell, read_table, safe_cell
from tlcore.images.table_export import as_csv, as_xlsx
from tlcore.workspace.records import Split


def workbook(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        "file,label\na.jpg,ant\nb.jpg,Bär\n".encode(),
        "\ufefffile;label\r\na.jpg;ant\r\n\r\nb.jpg;Bär\r\n".encode(),
        "file\tlabel\na.jpg\tant\nb.jpg\tBär".encode("utf-16"),
        "file|label\na.jpg|ant\nb.jpg|Bär".encode("cp1252"),
        b"\n\n" + "file,label,\n a.jpg ,ant\nb.jpg,Bär,,,\n".encode(),
    ],
)
def test_a_csv_is_read_however_it_was_saved(data: bytes) -> None:
    table = read_table(data, "Table.CSV")
    assert table.columns[:2] == ("file", "label")
    assert [row[:2] for row in table.rows] == [("a.jpg", "ant"), ("b.jpg", "Bär")]


def test_a_workbook_is_read_as_text() -> None:
    rows: list[list[object]] = [["file", "patient"], ["a.jpg", 7], ["b.jpg", 7.5], ["c.jpg", None]]
    table = read_table(workbook(rows), "t.xlsx")
    assert table.rows == (("a.jpg", "7"), ("b.jpg", "7.5"), ("c.jpg", ""))


def test_columns_have_names_of_their_own() -> None:
    table = read_table(b"x,x,,x\n1,2,3,4\n5\n", "t.csv")
    assert table.columns == ("x", "x (2)", "column 3", "x (3)")
    assert table.rows == (("1", "2", "3", "4"), ("5", "", "", ""))


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "t.csv"),
        (b"\n ,\n", "t.csv"),
        (b"file,label\n", "t.csv"),
        (b"PK\x03\x04 broken", "t.xlsx"),
        (b"nonsense", "t.xlsx"),
        (b"{", "t.json"),
        (b'{"images": 3}', "t.json"),
        (b"[1]", "t.json"),
        (b"[" * 100_000, "t.json"),
        (b"file\na", "t.ods"),
        (b"file,x\n" + b'"' + b"a" * 200_000, "t.csv"),
    ],
)
def test_what_is_no_table_is_refused_with_a_remedy(data: bytes, name: str) -> None:
    with pytest.raises(GraftError) as refused:
        read_table(data, name)
    assert refused.value.remedy


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["t.csv", "t.xlsx", "t.json", "t"]))
def test_no_bytes_break_the_reader(data: bytes, name: str) -> None:
    try:
        table = read_table(data, name)
    except GraftError:
        return
    assert all(len(row) == len(table.columns) for row in table.rows)


cells = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12).map(str.strip)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=5), st.booleans())
def test_what_is_written_is_read_back(rows: list[tuple[str, str]], excel: bool) -> None:
    rows = [("=1+1", "@x"), *rows]
    written = [["file", "label"], *map(list, rows)]
    data = as_xlsx(written) if excel else as_csv(written)
    table = read_table(data, "t.xlsx" if excel else "t.csv")
    assert list(table.rows) == [row for row in rows if any(row)]


@given(st.text(max_size=10))
def test_a_safe_cell_becomes_plain_again(text: str) -> None:
    assert plain_cell(safe_cell(text)) == (text[1:] if plain_cell(text) != text else text)


def test_roles_are_guessed_from_names_and_contents() -> None:
    data = b"file,garment,for_kids,sender\nimages/1.jpg,Polo,True,3\nimages/2.jpg,Body,False,3\n"
    roles = guess_roles(read_table(data, "t.csv"), ["1.jpg", "2.jpg"])
    assert roles == Roles("file", ("garment",), None, "sender", None)
    data = b"patient;category;id;subset;scanner\np1;a;x1;train;S\np2;b;x2;val;T\n"
    roles = guess_roles(read_table(data, "t.csv"), ["x1.png", "y/x2.png"])
    assert (roles.answers, roles.split) == (("category",), "subset")
    assert (roles.group, roles.domain) == ("patient", "scanner")


def test_rows_find_their_pictures_by_path_end_and_name() -> None:
    table = Table(
        ("file", "label", "split", "patient"),
        (
            ("images/1.jpg", "ant", "train", "p1"),
            ("IMAGES\\2.JPG", "bee", "Val", ""),
            ("3", "ant", "", "p2"),
            ("x/4.jpg", "ant", "nonsense", ""),
            ("same.jpg", "bee", "", ""),
            ("nowhere.jpg", "bee", "", ""),
            ("6.jpg", "ant", "", ""),
            ("6.jpg", "bee", "", ""),
            ("7.jpg", "ant", "", ""),
            ("7.jpg", "ant", "", ""),
            ("", "bee", "", ""),
        ),
    )
    names = ["1.jpg", "images/2.jpg", "a/3.png", "x/4.jpg", "y/x/4.jpg"]
    names += ["a/same.jpg", "b/same.jpg", "6.jpg", "7.jpg", "alone.jpg"]
    matching = match(table, Roles("file", ("label",), "split", "patient"), names)
    assert {names[n]: row.answers["label"] for n, row in matching.rows.items()} == {
        "1.jpg": "ant",
        "images/2.jpg": "bee",
        "a/3.png": "ant",
        "x/4.jpg": "ant",
        "7.jpg": "ant",
    }
    assert [row.split for row in matching.rows.values()][:3] == [
        Split.TRAIN,
        Split.VALIDATION,
        None,
    ]
    assert matching.rows[0].group == "p1" and matching.rows[1].group is None
    assert matching.without_picture == ("nowhere.jpg",)
    assert set(matching.unsure) == {"same.jpg", "6.jpg"}
    assert {names[n] for n in matching.without_row} == {
        "y/x/4.jpg",
        "a/same.jpg",
        "b/same.jpg",
        "alone.jpg",
    }
    assert matching.unknown_splits == ("nonsense",)
    assert matching.labels == {"label": ("ant", "bee")}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=8), max_size=6), st.lists(st.text(max_size=8), max_size=6))
def test_every_row_and_picture_is_accounted_for(rows: list[str], names: list[str]) -> None:
    table = Table(("file",), tuple((row,) for row in rows))
    matching = match(table, Roles("file"), names)
    files = set(matching.without_picture) | set(matching.unsure)
    files |= {row.file for row in matching.rows.values()}
    assert {row for row in rows if row} <= files | set(rows) - {""}
    assert not set(matching.rows) & set(matching.without_row)


def test_coco_says_what_is_in_a_whole_picture() -> None:
    content = {
        "images": [{"id": n, "file_name": f"{n}.jpg"} for n in range(4)],
        "categories": [{"id": 7, "name": "ant"}, {"id": 9, "name": "bee"}],
        "annotations": [
            {"image_id": 0, "category_id": 7, "bbox": [1, 2, 3, 4]},
            {"image_id": 0, "category_id": 7},
            {"image_id": 1, "category_id": 9},
            {"image_id": 2, "category_id": 7},
            {"image_id": 2, "category_id": 9},
            {"image_id": 3, "category_id": 404},
        ],
    }
    table = read_table(json.dumps(content).encode(), "labels.json")
    matched = match(table, Roles("file_name", ("category",)), [f"{n}.jpg" for n in range(4)])
    assert {n: dict(row.answers) for n, row in matched.rows.items()} == {
        0: {"category": "ant"},
        1: {"category": "bee"},
        3: {},
    }
    assert matched.unsure == ("2.jpg",)


def test_coco_is_written_as_it_is_read() -> None:
    size = {"width": 4, "height": 3}
    rows = [{"file": "ä.jpg", "label": "Bär", **size}, {"file": "b.jpg", "label": None, **size}]
    table = read_table(write_coco(rows), "labels.json")
    assert table.rows == (("ä.jpg", "Bär"), ("b.jpg", ""))
