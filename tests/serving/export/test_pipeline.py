"""A file that does not agree with the app, or does not work at all, is refused and gone."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving.conftest import write_classifier
from tlcore.classifier.classifier import Classifier
from tlcore.classifier.manifest import CLASSIFIER_FOLDER
from tlcore.classifier.manifest_writer import change_manifest
from tlcore.errors import ClassifierInvalid, ExportRefused
from tlcore.jobs.events import Event
from tlcore.serving.export.agreement import Agreement
from tlcore.serving.export.check_set import CheckSet, drawn
from tlcore.serving.export.exported_file import exported_file
from tlcore.serving.export.pipeline import export
from tlcore.serving.formats import onnx, python, torch
from tlcore.serving.formats.format import Calibration, Format
from tlcore.serving.tasks import export_task
from tlcore.workspace import Workspace


def test_a_folder_is_written_where_the_name_is_no_zip(
    classifier_folder: Path, check_set: CheckSet, tmp_path: Path
) -> None:
    list(export(classifier_folder, python.FORMAT, tmp_path / "away", check_set))
    assert (tmp_path / "away" / "requirements.txt").is_file()
    with pytest.raises(ExportRefused, match="already there"):
        list(export(classifier_folder, python.FORMAT, tmp_path / "away", check_set))


def test_a_file_that_predicts_otherwise_is_deleted(
    classifier_folder: Path, check_set: CheckSet, tmp_path: Path
) -> None:
    """The format writes another classifier than the one that the app predicts with."""
    other = write_classifier(tmp_path / "other", temperature=3.0)

    def write(classifier: Classifier, source: Path, out: Path, calibration: Calibration) -> None:
        python.write(Classifier.load(other), other, out, calibration)

    out = tmp_path / "out" / "away.zip"
    with pytest.raises(ExportRefused, match="does not answer as the app does"):
        list(export(classifier_folder, changed(python.FORMAT, write), out, check_set))
    assert not list(out.parent.iterdir())


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("grey = 255 - grey", "in which white is zero"),
        ("forget_xmp(file)", "XMP alone"),
        ("white.paste(", "transparency"),
        ("picture = upright(", "turned by its EXIF"),
    ],
)
@pytest.mark.parametrize("record", [python.FORMAT, torch.FORMAT], ids=lambda record: record.key)
def test_a_file_that_reads_pictures_otherwise_is_deleted(
    record: Format,
    line: str,
    kind: str,
    classifier_folder: Path,
    check_set: CheckSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its answers for the user's own pictures may be right all the same."""
    monkeypatch.setattr(torch, "_program", lambda classifier: b"")
    compared = python.FORMAT.comparison

    def write(classifier: Classifier, source: Path, out: Path, calibration: Calibration) -> None:
        record.write(classifier, source, out, calibration)
        script = out / "predict.py"
        replaced = "picture = (lambda image, turn: image)(" if "upright" in line else "str("
        text = script.read_text(encoding="utf-8")
        assert line in text
        other = "pass" if line.endswith(("grey", ")")) else replaced
        script.write_text(text.replace(line, other), encoding="utf-8")

    wrong = dataclasses.replace(record, write=write, comparison=compared)
    with pytest.raises(ExportRefused, match=f"sees .*{kind}"):
        list(export(classifier_folder, wrong, tmp_path / "out" / "away.zip", check_set))
    assert not list((tmp_path / "out").iterdir())


def changed(export_format: Format, write: object) -> Format:
    """The same format, but written otherwise."""
    return dataclasses.replace(export_format, write=write)


def test_no_classifier_no_file(tmp_path: Path) -> None:
    with pytest.raises(ClassifierInvalid):
        list(export(tmp_path, onnx.FORMAT, tmp_path / "out" / "c.onnx", drawn()))


def test_a_file_that_does_not_work_and_a_place_that_is_occupied_are_refused(
    classifier_folder: Path, check_set: CheckSet, tmp_path: Path
) -> None:
    def write(classifier: Classifier, source: Path, out: Path, calibration: Calibration) -> None:
        python.write(classifier, source, out, calibration)
        (out / "predict.py").write_text("raise ValueError", encoding="utf-8")

    (tmp_path / "occupied.zip").mkdir()
    with pytest.raises(ExportRefused, match="cannot be written"):
        list(export(classifier_folder, python.FORMAT, tmp_path / "occupied.zip", check_set))
    broken = changed(python.FORMAT, write)
    with pytest.raises(ExportRefused, match="cannot be used"):
        list(export(classifier_folder, broken, tmp_path / "away.zip", check_set))
    assert [path.name for path in tmp_path.iterdir()] == ["occupied.zip"]


@pytest.mark.parametrize("kept_meanwhile", [False, True])
def test_a_threshold_that_is_kept_meanwhile_is_not_in_the_file(
    kept_meanwhile: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace.open(tmp_path / "home")
    run = workspace.runs.create(workspace.projects.create("Ants").id, "x:y", {}, {})
    folder = workspace.runs.folder(run.id)
    write_classifier(folder / CLASSIFIER_FOLDER)
    workspace.close()
    agreement = Agreement(1, "test pictures", 1, 0.0, False)

    def slow(source: Path, kind: Format, out: Path, *_: object, **__: object) -> Iterator[Event]:
        out.parent.mkdir()
        out.write_bytes(b"x")
        if kept_meanwhile:
            change_manifest(source, threshold=0.9)
        yield Event("result", {"path": str(out), "bytes": 1, "check": agreement.to_json()})

    monkeypatch.setattr("tlcore.serving.export.pipeline.export", slow)
    payload = {"home": str(tmp_path / "home"), "run": run.id, "format": "onnx"}
    list(export_task(payload, lambda: False))
    assert (exported_file(folder, onnx.FORMAT) is None) == kept_meanwhile
