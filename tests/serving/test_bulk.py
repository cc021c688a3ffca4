"""A whole folder into a table: complete, resumed where it broke off, sorted by copies."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from tests.serving.conftest import LABELS, blobs
from tlcore.classifier.classifier import Classifier
from tlcore.commands.line import main
from tlcore.errors import GraftError
from tlcore.serving import bulk
from tlcore.serving.bulk import journal_of, predict_folder
from tlcore.serving.sorting import UNSURE, folder_names, sort_into
from tlcore.serving.table import Journal, Line, write_table


@pytest.fixture(scope="module")
def classifier(classifier_folder: Path) -> Classifier:
    return Classifier.load(classifier_folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "pictures"
    for number in range(10):
        deep = place / ("a" if number % 2 else "b/c")
        deep.mkdir(parents=True, exist_ok=True)
        blobs(number).save(deep / f"{number}.png")
    (place / "a" / "=cmd.jpg").write_bytes(b"no picture")
    return place


def finished(events: Any) -> dict[str, Any]:
    return [event.data for event in events if event.kind == "result"][-1]


def rows_of(table: Path) -> dict[str, dict[str, str]]:
    with table.open(encoding="utf-8-sig", newline="") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def test_a_table_holds_what_the_app_says(
    classifier: Classifier, folder: Path, tmp_path: Path
) -> None:
    result = finished(predict_folder(classifier, folder, tmp_path / "answers.csv"))
    rows = rows_of(tmp_path / "answers.csv")
    assert result["answered"] == 10 and result["refused"] == 1 and len(rows) == 11
    app = classifier.predict([folder / "a" / "3.png"])
    row = rows["a/3.png"]
    assert [float(row[label]) for label in LABELS] == pytest.approx(app.probabilities[0], abs=2e-6)
    assert row["answer"] == app.top(0)[0]
    assert row["declined"] == ("yes" if app.top(0)[1] < 0.4 else "no")
    assert "not a picture" in rows["a/=cmd.jpg"]["refused"] and not rows["a/=cmd.jpg"]["answer"]
    assert not journal_of(tmp_path / "answers.csv").exists()
    finished(predict_folder(classifier, folder, tmp_path / "answers.parquet"))
    table = pyarrow.parquet.read_table(tmp_path / "answers.parquet").to_pylist()
    assert {entry["file"]: entry["answer"] for entry in table} == {
        name: row["answer"] or None for name, row in rows.items()
    }


def test_what_was_interrupted_goes_on(
    classifier: Classifier, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BATCH", 3)
    out = tmp_path / "answers.csv"
    calls = count(1)

    def stop() -> bool:
        return next(calls) > 1

    events = list(predict_folder(classifier, folder, out, stop=stop))
    assert "result" not in [event.kind for event in events] and not out.exists()
    journal = journal_of(out)
    done = len(journal.read_text().splitlines()) - 1
    assert done == 6
    with journal.open("ab") as file:
        file.write(b'{"file": "half a li')  # as a power cut leaves it
    events = list(predict_folder(classifier, folder, out))
    assert events[0].data["done"] == 9 and finished(events)["answered"] == 10
    finished(predict_folder(classifier, folder, tmp_path / "whole.csv"))
    assert rows_of(out) == rows_of(tmp_path / "whole.csv")


def test_another_classifiers_answers_are_not_gone_on_with(
    classifier: Classifier, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "answers.csv"
    line = {"file": "a/1.png", "row": [1, 0, 0], "refused": ""}
    journal_of(out).write_text(f'{{"key": "other"}}\n{json.dumps(line)}\n', encoding="ascii")
    finished(predict_folder(classifier, folder, out))
    app = classifier.predict([folder / "a" / "1.png"])
    assert float(rows_of(out)["a/1.png"][LABELS[0]]) == pytest.approx(
        app.probabilities[0][0], abs=2e-6
    )


def test_sorting_copies_and_never_moves(
    classifier: Classifier, folder: Path, tmp_path: Path
) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for _ in range(2):  # a second time changes nothing
        finished(
            predict_folder(classifier, folder, tmp_path / "t.csv", sort_to=tmp_path / "sorted")
        )
        copies = [path for path in (tmp_path / "sorted").rglob("*") if path.is_file()]
        assert len(copies) == 10
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    names = dict(zip(LABELS, folder_names(LABELS), strict=True))
    for name, row in rows_of(tmp_path / "t.csv").items():
        if row["answer"]:
            where = UNSURE if row["declined"] == "yes" else names[row["answer"]]
            assert (tmp_path / "sorted" / where / Path(name).name).is_file()


def test_sorting_overwrites_nothing(tmp_path: Path) -> None:
    for place, text in (("a", "one"), ("b", "two")):
        (tmp_path / "in" / place).mkdir(parents=True)
        (tmp_path / "in" / place / "x.jpg").write_text(text)
    lines = [Line(f"{place}/x.jpg", (0.9, 0.1)) for place in "ab"]
    copies = list(sort_into(tmp_path / "in", tmp_path / "out", lines, ("l", "m"), 0))
    assert [path.read_text() for path in copies] == ["one", "two"] and copies[0] != copies[1]
    with pytest.raises(GraftError, match="lies in"):
        list(sort_into(tmp_path / "in", tmp_path / "in" / "out", lines, ("l", "m"), 0))


@pytest.mark.parametrize(
    "labels",
    [("../../etc", "/root", "C:\\x"), ("con", "NUL.txt", "aux"), ("A", "a", UNSURE.upper()),
     (".", "..", " "), ("x" * 300, "x" * 301, "a/b\x00c")],
)  # fmt: skip
def test_folders_of_labels_are_harmless_and_distinct(labels: tuple[str, ...]) -> None:
    names = folder_names(labels)
    assert len({name.casefold() for name in [*names, UNSURE]}) == len(labels) + 1
    for name in names:
        assert name == Path(name).name and name not in (".", "..") and len(name) < 100
        assert name.split(".")[0].casefold() not in ("con", "nul", "aux")


def test_the_command_line_does_the_same(
    classifier_folder: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask: Callable[..., int] = lambda *more: main(["predict", str(classifier_folder), *more])  # noqa: E731
    out = str(tmp_path / "answers.csv")
    assert ask(str(folder), "--out", out, "--json") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["answered"] == 10
    assert ask(str(folder), "--out", str(tmp_path / "answers.txt")) == 1
    assert "neither .csv nor .parquet" in capsys.readouterr().err
    assert ask(str(folder / "a" / "1.png"), "--out", out) == 1
    assert ask(str(folder / "a" / "1.png"), "--sort", str(tmp_path / "s")) == 1
    capsys.readouterr()
    assert ask(str(folder)) == 1
    assert "add --out answers.csv" in capsys.readouterr().err


def test_a_bad_place_for_the_copies_is_said_before_the_work(
    classifier: Classifier, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "answers.csv"
    with pytest.raises(GraftError, match="lies in"):
        list(predict_folder(classifier, folder, out, sort_to=folder / "sorted"))
    assert not out.exists() and not journal_of(out).exists()


def test_copying_can_be_stopped(classifier: Classifier, folder: Path, tmp_path: Path) -> None:
    sort_to = tmp_path / "sorted"
    events = predict_folder(
        classifier, folder, tmp_path / "t.csv", sort_to=sort_to, stop=sort_to.exists
    )
    assert "result" not in [event.kind for event in events]
    assert len([path for path in sort_to.rglob("*") if path.is_file()]) == 1


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_table_that_cannot_be_written_is_said_and_no_answer_is_lost(
    kind: str, classifier: Classifier, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / f"answers.{kind}"
    out.mkdir()  # in the way, as a table is that another program has open
    (out / "x").touch()
    with pytest.raises(GraftError, match="cannot be written") as refused:
        list(predict_folder(classifier, folder, out))
    assert "Close it" in refused.value.remedy
    assert len(journal_of(out).read_text().splitlines()) == 12


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_file_names_may_be_any_bytes(kind: str, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j", "key")
    journal.add(Line("caf\udce9.jpg", (0.75, 0.25)))
    journal.close()
    out = tmp_path / f"t.{kind}"
    write_table(journal.path, out, ("l", "m"), 0)
    if kind == "csv":
        assert list(rows_of(out)) == ["caf?.jpg"]
    else:
        assert pyarrow.parquet.read_table(out).column("file").to_pylist() == ["caf?.jpg"]
