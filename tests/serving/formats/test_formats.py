"""Every export format has its words, writes the files that it names, and agrees with the app."""

from __future__ import annotations

import importlib
import io
import pkgutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import onnx
import pytest
import torch

from tests.imports import ROOT
from tlcore.errors import ExportRefused
from tlcore.serving import formats
from tlcore.serving.export import agreement
from tlcore.serving.export.check_set import CheckSet
from tlcore.serving.export.pipeline import export
from tlcore.serving.formats import onnx_graph
from tlcore.serving.formats.format import Format
from tlcore.serving.formats.registry import BY_KEY, FORMATS, format_of


@pytest.fixture
def quick(graph: onnx.ModelProto, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hand every format the graph that was made from the same folder."""
    monkeypatch.setattr(onnx_graph, "onnx_model", lambda classifier, fused=True: graph)


def test_every_file_with_a_format_is_in_the_registry() -> None:
    names = [module.name for module in pkgutil.iter_modules(formats.__path__)]
    modules = [importlib.import_module(f"{formats.__name__}.{name}") for name in names]
    records = [module.FORMAT for module in modules if hasattr(module, "FORMAT")]
    assert len(records) == len(FORMATS) == len(BY_KEY) > 0
    assert all(record is format_of(record.key) for record in records)


def test_no_other_format_is_known() -> None:
    with pytest.raises(ExportRefused, match="no format") as refused:
        format_of("pickle")
    assert "onnx-int8" in refused.value.remedy


def test_the_words_need_no_torch() -> None:
    """The page and the help of the command line read them."""
    code = (
        "import sys, tlcore.serving.formats.registry, tlcore.serving.export.exported_file\n"
        "print({'torch', 'timm', 'onnx', 'onnxruntime'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("record", FORMATS, ids=lambda record: record.key)
def test_a_format_has_its_words(record: Format) -> None:
    for text in (record.key, record.title, record.words, record.usage, record.icon):
        assert text and text == text.strip()
    assert record.suffix in (".zip", ".onnx")
    assert record.file_name == f"{record.key}{record.suffix}"
    assert len({other.title for other in FORMATS}) == len(FORMATS)
    assert len(record.files) == 1 or record.suffix == ".zip"


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("record", FORMATS, ids=lambda record: record.key)
def test_what_is_written_agrees_with_the_app(
    record: Format,
    classifier_folder: Path,
    check_set: CheckSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # a random network is far less steady under rounding than one that has learned something
    monkeypatch.setattr(agreement, "LEAST_EQUAL_INT8", 0.6)
    out = tmp_path / record.file_name
    *progress, result = export(classifier_folder, record, out, check_set)
    assert {event.kind for event in progress} == {"progress"}
    check = result.data["check"]
    assert check["passed"] and check["pictures"] == 12
    assert check["apart"] > 0 or record.key == "python", "one file on both sides proves nothing"
    assert check["rounded"] == (record.key == "onnx-int8")
    assert result.data["bytes"] == out.stat().st_size
    assert [path.name for path in tmp_path.iterdir()] == [out.name], "nothing is left beside it"
    if record.suffix == ".zip":
        with zipfile.ZipFile(out) as archive:
            names = [name.removeprefix("classifier/") for name in archive.namelist()]
        others = {name for name in names if name not in record.files}
        assert set(record.files) <= set(names)
        assert all(name.endswith((".safetensors", "LICENSE.txt")) for name in others)
    for name, data in _everything_in(out):
        for folder in (ROOT, Path(torch.__file__).parent, Path(sys.prefix), Path.home()):
            assert str(folder).encode() not in data, f"{name} names a folder of this computer"


def _everything_in(path: Path) -> Iterator[tuple[str, bytes]]:
    """The bytes of a file, and of all that is in it where it is a zip, also in a zip inside."""
    waiting = [(path.name, path.read_bytes())]
    while waiting:
        name, data = waiting.pop()
        yield name, data
        if zipfile.is_zipfile(io.BytesIO(data)):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                waiting += [
                    (f"{name}/{entry}", archive.read(entry)) for entry in archive.namelist()
                ]


def test_whole_files_are_read_by_the_formats_that_take_them() -> None:
    """Those are checked over all kinds of pictures; the others are given pixels."""
    assert {record.key for record in FORMATS if record.reader is not None} == {"python", "torch"}


def test_the_plain_script_is_short() -> None:
    lines = (Path(formats.__path__[0]) / "takeaway" / "plain.py").read_text("utf-8").splitlines()
    assert len(lines) < 40, "the card says so"
