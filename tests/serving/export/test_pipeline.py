"""Every format answers as the app does, or is refused and gone."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest

from tests.serving.conftest import LABELS, write_classifier
from tlcore.classifier.classifier import Classifier
from tlcore.classifier.manifest import CLASSIFIER_FOLDER
from tlcore.classifier.manifest_writer import change_manifest
from tlcore.errors import ClassifierInvalid, ExportRefused
from tlcore.jobs.events import Event
from tlcore.serving.export import agreement
from tlcore.serving.export.agreement import CheckSet
from tlcore.serving.export.check_set import drawn
from tlcore.serving.export.exported_file import find
from tlcore.serving.export.pipeline import EXPORTERS, Exporter, export
from tlcore.serving.formats import writers
from tlcore.serving.formats.onnx_graph import halved, onnx_model, open_onnx
from tlcore.serving.formats.registry import BY_KEY
from tlcore.serving.tasks import export_task
from tlcore.workspace import Workspace


def exported(folder: Path, kind: str, out: Path, checked: CheckSet) -> dict[str, object]:
    events = list(export(folder, kind, out, checked))
    assert [event.kind for event in events[:-1]] == ["progress"] * (len(events) - 1)
    return events[-1].data


@pytest.fixture(scope="module")
def graph(classifier_folder: Path) -> onnx.ModelProto:
    """The classifier as a graph, made once: it takes seconds."""
    return onnx_model(Classifier.load(classifier_folder))


@pytest.fixture
def quick(graph: onnx.ModelProto, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hand the writers the graph that was made from the same folder."""
    monkeypatch.setattr(writers, "onnx_model", lambda classifier, fused=True: graph)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("kind", list(EXPORTERS))
def test_what_is_written_answers_as_the_app_does(
    kind: str,
    classifier_folder: Path,
    check_set: CheckSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # a random network is far less steady under rounding than one that has learned something
    monkeypatch.setattr(agreement, "LEAST_EQUAL_INT8", 0.6)
    out = tmp_path / f"away{BY_KEY[kind].suffix}"
    said = exported(classifier_folder, kind, out, check_set)
    check = said["check"]
    assert isinstance(check, dict) and check["passed"] and check["pictures"] == 12
    assert check["apart"] > 0 or kind == "python", "the same file on both sides proves nothing"
    assert check["rounded"] == (kind == "onnx-int8")
    assert said["bytes"] == out.stat().st_size
    assert [path.name for path in tmp_path.iterdir()] == [out.name], "nothing is left beside it"
    if kind == "torch":
        check_torch_zip(out)


def check_torch_zip(out: Path) -> None:
    with zipfile.ZipFile(out) as archive:
        names = {name.split("-")[0].removeprefix("classifier/") for name in archive.namelist()}
        lines = archive.read("classifier/plain.py").decode().splitlines()
    assert names == {
        "classifier.pt2", "plain.py", "manifest.json", "README.txt", "frozen", "learned"
    }  # fmt: skip
    assert len(lines) < 40


def test_a_folder_is_written_where_no_zip_is_asked_for(
    classifier_folder: Path, check_set: CheckSet, tmp_path: Path
) -> None:
    exported(classifier_folder, "python", tmp_path / "away", check_set)
    assert (tmp_path / "away" / "requirements.txt").is_file()
    with pytest.raises(ExportRefused, match="already there"):
        exported(classifier_folder, "python", tmp_path / "away", check_set)


def test_the_onnx_file_says_what_it_is(graph: onnx.ModelProto) -> None:
    onnx.checker.check_model(graph, full_check=True)
    facts = {fact.key: fact.value for fact in graph.metadata_props}
    assert json.loads(facts["graft.labels"]) == list(LABELS)
    assert (facts["graft.temperature"], facts["graft.threshold"]) == ("1.7", "0.4")
    [entry] = graph.graph.input
    assert entry.type.tensor_type.elem_type == onnx.TensorProto.UINT8


def test_halving_loses_nothing(graph: onnx.ModelProto) -> None:
    """Weights that 16 bits hold are stored so; the others stay."""
    random = np.random.default_rng(0)
    made = onnx.ModelProto()
    made.CopyFrom(graph)
    large = [one for one in made.graph.initializer if onnx.numpy_helper.to_array(one).size >= 1024]
    for tensor in large[::2]:
        values = onnx.numpy_helper.to_array(tensor).astype(np.float16).astype(np.float32)
        tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))
    small = halved(made)
    assert small.ByteSize() < 0.85 * made.ByteSize()
    whole_run, small_run = (open_onnx(one.SerializeToString()) for one in (made, small))
    for _ in range(3):
        pixels = random.integers(0, 256, (70, 50, 3), np.uint8)
        assert np.array_equal(whole_run(pixels), small_run(pixels))


def test_a_file_that_answers_otherwise_is_deleted(
    classifier_folder: Path,
    check_set: CheckSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The writer is handed another classifier than the one that the app answers with."""
    other = write_classifier(tmp_path / "other", temperature=3.0)
    honest = EXPORTERS["python"]

    def write(classifier: object, source: Path, made: Path, checked: CheckSet) -> None:
        honest.write(Classifier.load(other), other, made, checked)

    monkeypatch.setitem(EXPORTERS, "python", Exporter(write, honest.sides))
    out = tmp_path / "out" / "away.zip"
    with pytest.raises(ExportRefused, match="does not answer as the app does"):
        exported(classifier_folder, "python", out, check_set)
    assert not list(out.parent.iterdir())


def test_no_classifier_no_file(tmp_path: Path) -> None:
    with pytest.raises(ClassifierInvalid):
        exported(tmp_path, "onnx", tmp_path / "out" / "c.onnx", drawn())
    with pytest.raises(ExportRefused, match="no format"):
        exported(tmp_path, "pickle", tmp_path / "c", drawn())


def test_a_file_that_does_not_answer_and_a_place_that_is_taken_are_said(
    classifier_folder: Path,
    check_set: CheckSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    honest = EXPORTERS["python"]

    def broken(classifier: object, source: Path, made: Path, checked: CheckSet) -> None:
        honest.write(Classifier.load(source), source, made, checked)
        (made / "predict.py").write_text("raise ValueError", encoding="utf-8")

    (tmp_path / "taken.zip").mkdir()
    with pytest.raises(ExportRefused, match="cannot be written"):
        exported(classifier_folder, "python", tmp_path / "taken.zip", check_set)
    monkeypatch.setitem(EXPORTERS, "python", Exporter(broken, honest.sides))
    with pytest.raises(ExportRefused, match="cannot be used"):
        exported(classifier_folder, "python", tmp_path / "away.zip", check_set)
    assert [path.name for path in tmp_path.iterdir()] == ["taken.zip"]


@pytest.mark.parametrize("kept_meanwhile", [False, True])
def test_a_threshold_that_is_kept_meanwhile_is_not_in_the_file(
    kept_meanwhile: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace.open(tmp_path / "home")
    run = workspace.runs.create(workspace.projects.create("Ants").id, "x:y", {}, {})
    folder = workspace.runs.folder(run.id)
    write_classifier(folder / CLASSIFIER_FOLDER)
    workspace.close()
    check = agreement.Check(1, "test pictures", 1, 0.0, False)

    def slow(source: Path, kind: str, out: Path, *_: object, **__: object) -> Iterator[Event]:
        out.parent.mkdir()
        out.write_bytes(b"x")
        if kept_meanwhile:
            change_manifest(source, threshold=0.9)
        yield Event("result", {"path": str(out), "bytes": 1, "check": check.to_json()})

    monkeypatch.setattr("tlcore.serving.export.pipeline.export", slow)
    payload = {"home": str(tmp_path / "home"), "run": run.id, "format": "onnx"}
    list(export_task(payload, lambda: False))
    assert (find(folder, "onnx") is None) == kept_meanwhile
