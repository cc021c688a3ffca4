"""Tests of table_reading.py, column_roles.py, indicators.py, delimited.py and beside_table.py."""

from __future__ import annotations

import io
import itertools
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlcore.errors import GraftError
from tlcore.images.intake.tables.beside_table import beside_table
from tlcore.images.intake.tables.column_roles import Roles, guess_roles, is_named, split_meanings
from tlcore.images.intake.tables.matching import Matching
from tlcore.images.intake.tables.table import Table
from tlcore.images.intake.tables.table_reading import match_guess, read_guess, several_sign
from tlcore.images.intake.tables.tables import read_table

NAMES = [f"{letter}{number:03d}" for letter in "ab" for number in range(6)]
PICTURES = [f"images/{name}.jpg" for name in NAMES]


def label(name: str) -> str:
    return "ball" if name.startswith("a") else "box"


def read(
    text: str, pictures: list[str] = PICTURES, name: str = "t.csv"
) -> tuple[Roles, Matching, list[str]]:
    guess = read_guess(text.encode(), name, pictures)
    matching, notes = match_guess(guess, pictures)
    return guess.roles, matching, notes


def labels(roles: Roles, matching: Matching) -> list[str]:
    return [row.answers.get(roles.answers[0], "") for row in matching.rows.values()]


def lines(*rows: str) -> str:
    return "\n".join(rows)


def workbook(**sheets: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


EXPECTED = [label(name) for name in NAMES]


def test_columns_of_one_1_in_every_row_are_one_label() -> None:
    rows = [f"{n}.jpg,{int(label(n) == 'ball')},{int(label(n) == 'box')},0" for n in NAMES]
    roles, matching, notes = read(lines("filename, ball, box, cone", *rows))
    assert labels(roles, matching) == EXPECTED
    assert "ball, box, cone" in notes[0]


def test_another_column_of_yes_and_no_is_no_part_of_the_label() -> None:
    rows = [
        f"{n}.jpg,{i % 2},{float(label(n) == 'ball')},{float(label(n) == 'box')}"
        for i, n in enumerate(NAMES)
    ]
    roles, matching, _ = read(lines("image,smoker,ball,box", *rows))
    assert labels(roles, matching) == EXPECTED


def test_several_1s_in_a_row_are_tags_and_nothing_is_lost() -> None:
    rows = [f"{n}.jpg,1,{i % 2},{i // 2 % 2}" for i, n in enumerate(NAMES)]
    roles, matching, notes = read(lines("image,red,old,big", *rows))
    assert roles.answers == ("tags",)
    assert labels(roles, matching)[:4] == ["red", "red, old", "red, big", "red, old, big"]
    assert any("several labels" in words for words in notes)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=12))
def test_one_hot_is_read_as_it_was_made(places: list[int]) -> None:
    columns = ["ant", "bee", "fly", "moth"]
    rows = [
        ",".join([f"p{row}.png", *(str(int(place == n)) for n in range(4))])
        for row, place in enumerate(places)
    ]
    pictures = [f"p{row}.png" for row in range(len(places))]
    roles, matching, _ = read(lines("file," + ",".join(columns), *rows), pictures)
    assert labels(roles, matching) == [columns[place] for place in places]


def test_a_label_column_goes_before_columns_of_0_and_1() -> None:
    rows = [f"{n}.jpg,{label(n)},{i % 2},{1 - i % 2}" for i, n in enumerate(NAMES)]
    assert read(lines("image,label,male,female", *rows))[0].answers == ("label",)
    rows = [f"{n}.jpg,{i % 2},{i // 2 % 2},0,1" for i, n in enumerate(NAMES)]
    assert read(lines("image,target,male,old,ill", *rows))[0].answers == ("target",)


def test_several_values_in_a_cell_are_seen_and_said() -> None:
    words = ["ball", "box", "red", "blue"]
    cells = ["|".join(c) for size in (1, 2) for c in itertools.combinations(words, size)]
    rows = [f"{n}.jpg,{cell},{i % 4},{i // 2},{50 + i}" for i, (n, cell) in
            enumerate(zip(NAMES, cells, strict=False))]  # fmt: skip
    head = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age"
    roles, matching, notes = read(lines(head, *rows))
    assert roles == Roles("Image Index", ("Finding Labels",), group="Patient ID")
    assert len(matching.rows) == len(cells)
    assert "“ball|box”" in notes[1] and "6 of 10" in notes[1]
    assert "Follow-up #, Patient Age" in notes[0]


@pytest.mark.parametrize(
    ("cells", "sign"),
    [
        (["a", "b", "a|b"], "|"),
        (["a", "b", "a|b", "b|a"], "|"),
        (["red; old", "red", "old", "old; red"], ";"),
        (["red, old", "red", "old"], ", "),
        (["melanoma, in situ", "naevus", "wart"], None),
        (["melanoma, in situ", "melanoma, invasive", "wart"], None),
        (["ant", "bee"], None),
    ],
)
def test_values_are_several_where_their_parts_come_back(cells: list[str], sign: str | None) -> None:
    assert several_sign(cells) == sign


def test_what_pictures_share_is_their_group_and_dx_their_label() -> None:
    rows = [f"HAM_{i // 2:04d},{n},{label(n)},male" for i, n in enumerate(NAMES)]
    roles, matching, _ = read(lines("lesion_id,image_id,dx,sex", *rows))
    assert roles == Roles("image_id", ("dx",), group="lesion_id")
    assert labels(roles, matching) == EXPECTED


@pytest.mark.parametrize(
    "name", ["Labels", "classes", "categories", "Diagnosis", "diagnoses", "target", "y", "dx",
             "classLabel", "Finding Labels", "species"],
)  # fmt: skip
def test_label_columns_are_known_in_singular_and_plural(name: str) -> None:
    rows = [f"{i % 4},{n}.jpg,{label(n)}" for i, n in enumerate(NAMES)]
    assert read(lines(f"visits,image,{name}", *rows))[0].answers == (name,)


def test_the_name_of_a_class_goes_before_its_number_and_y_beside_x_is_a_place() -> None:
    rows = [f"{n}.jpg,{int(label(n) == 'box')},{label(n)},{i},{i % 3}" for i, n in enumerate(NAMES)]
    assert read(lines("image,class_id,class_name,x,y", *rows))[0].answers == ("class_name",)
    rows = [f"{n}.jpg,{i},{i % 3},{label(n)}" for i, n in enumerate(NAMES)]
    assert read(lines("image,x,y,what", *rows))[0].answers == ("what",)


@pytest.mark.parametrize("name", ["Patient ID", "patientId", "lesion_id", "subject", "Case No"])
def test_groups_are_known_by_name(name: str) -> None:
    rows = [f"{n}.jpg,{label(n)},{i // 2}" for i, n in enumerate(NAMES)]
    assert read(lines(f"image,label,{name}", *rows))[0].group == name
    assert read(lines("image,label,Patient Age", *rows))[0].group is None


@pytest.mark.parametrize("row", ["{0}.jpg,{1}", "images/{0}.jpg;{1}", "{0}\t{1}", "{0},{1}"])
def test_a_first_row_that_names_a_picture_is_a_row(row: str) -> None:
    roles, matching, _ = read(lines(*(row.format(n, label(n)) for n in NAMES)))
    assert labels(roles, matching) == EXPECTED
    assert roles.answers == ("column 2",)


def test_a_heading_stays_one_though_a_picture_is_called_like_it() -> None:
    table = read_table(b"image,label\na,ball\nb,box\n", "t.csv", ["image.jpg", "a.jpg", "b.jpg"])
    assert table.columns == ("image", "label")


@pytest.mark.parametrize("head", [[], ["path  label  type"]])
def test_blanks_may_divide_columns(head: list[str]) -> None:
    rows = [f"images/{n}.jpg  {float(label(n) == 'box')}    mono" for n in NAMES]
    roles, matching, _ = read(lines(*head, *rows), name="t.txt")
    assert labels(roles, matching) == ["0.0" if label(n) == "ball" else "1.0" for n in NAMES]


def test_file_names_with_blanks_are_not_divided() -> None:
    pictures = [f"my picture {n}.jpg" for n in range(4)]
    table = read_table(lines(*pictures).encode(), "t.txt", pictures)
    assert table.rows == tuple((name,) for name in pictures)


def test_a_cell_of_several_values_does_not_divide_a_table_without_a_heading() -> None:
    table = read_table(b"a.jpg,red|old|big\nb.jpg,red\nc.jpg,old|big\n", "t.csv")
    assert table.rows[0] == ("a.jpg", "red|old|big")


def test_splits_are_read_as_people_call_them() -> None:
    words = ["train", "dev", "eval"]
    rows = [f"{n}.jpg,{label(n)},{words[i % 3]}" for i, n in enumerate(NAMES)]
    _, matching, notes = read(lines("filename,label,split", *rows))
    splits = [row.split.value for row in matching.rows.values() if row.split]
    assert splits[:3] == ["train", "validation", "test"] and len(splits) == len(NAMES)
    assert "splits in “split”" in notes[0]


@pytest.mark.parametrize(
    ("column", "yes", "no"),
    [
        ("is_valid", "validation", "train"),
        ("is_test", "test", "train"),
        ("is_training_image", "train", "test"),
    ],
)
def test_yes_and_no_may_be_a_split(column: str, yes: str, no: str) -> None:
    rows = [f"{n}.jpg,{label(n)},{i % 2 == 0}" for i, n in enumerate(NAMES)]
    roles, matching, _ = read(lines(f"filename,label,{column}", *rows))
    assert roles.split == column
    assert [row.split.value for row in matching.rows.values() if row.split][:2] == [yes, no]
    assert split_meanings("adult", ["1", "0"]) == {}


def test_labels_that_differ_in_case_are_one_and_it_is_said() -> None:
    rows = [f"{n}.jpg,{label(n).upper() if i % 3 == 0 else label(n)}" for i, n in enumerate(NAMES)]
    roles, matching, notes = read(lines("filename,label", *rows))
    assert labels(roles, matching) == EXPECTED
    assert matching.labels["label"] == ("ball", "box")
    assert "“BALL” is taken as “ball”" in notes[1]


def test_the_sheet_that_fits_is_read() -> None:
    rows: list[list[object]] = [["File", "Class"], *([n + ".jpg", label(n)] for n in NAMES)]
    other: list[list[object]] = [["Name", "Age"], ["Ann", 3], ["Bob", 5]]
    data = workbook(About=[["About this study"]], People=other, Labels=rows)
    guess = read_guess(data, "t.xlsx", PICTURES)
    matching, notes = match_guess(guess, PICTURES)
    assert labels(guess.roles, matching) == EXPECTED
    assert "sheet “Labels”" in notes[0]
    assert read_table(data, "t.xlsx").sheet == "Labels"


def test_a_title_over_a_table_is_passed_over() -> None:
    rows = [["Our study"], [], ["File", "Class"], *([n + ".jpg", label(n)] for n in NAMES)]
    assert read_table(workbook(One=rows), "t.xlsx").columns == ("File", "Class")


def test_a_workbook_of_empty_sheets_is_refused() -> None:
    with pytest.raises(GraftError):
        read_table(workbook(One=[], Two=[["only a title"]]), "t.xlsx", PICTURES)


def test_whole_numbers_fit_names_with_zeros_where_there_is_one_such_picture() -> None:
    pictures = [f"{n:04d}.jpg" for n in range(1, 7)] + ["x/0009.jpg", "y/9.png", "y/0009.png"]
    rows = [f"{'ball' if n < 4 else 'box'},{n}" for n in (1, 2, 3, 4, 5, 6, 9, 11)]
    roles, matching, _ = read(lines("class,id", *rows), pictures)
    assert roles == Roles("id", ("class",))
    assert labels(roles, matching)[:6] == ["ball"] * 3 + ["box"] * 3
    assert matching.without_picture == ("11",)


def test_a_guess_needs_a_column() -> None:
    with pytest.raises(GraftError):
        guess_roles(Table((), ()))


@given(st.text(max_size=20))
def test_any_name_of_a_column_can_be_asked_about(name: str) -> None:
    assert is_named(name, ("label",)) in (True, False)
    split_meanings(name, [name, "1", "train"])


def test_a_table_that_fits_nothing_says_what_it_read(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    table = tmp_path / "labels.csv"
    table.write_text("image,label\nq.jpg,ball\nr.jpg,box\n", encoding="utf-8")
    with pytest.raises(GraftError, match="files in “image”"):
        beside_table(table)
    table.write_text("image,label\na.jpg,ball\nr.jpg,box\n", encoding="utf-8")
    pictures = beside_table(table)
    assert [source.label for source in pictures.sources] == ["ball"]
    assert "1 rows of the table" in pictures.notes[1]
