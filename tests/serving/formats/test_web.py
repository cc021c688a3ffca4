"""The files of the web page: complete, and with the runtime that was meant."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.serving.conftest import LABELS
from tlcore.classifier.manifest import read_manifest
from tlcore.errors import ExportRefused
from tlcore.serving.formats import web


def test_the_page_has_all_that_it_asks_for(classifier_folder: Path, tmp_path: Path) -> None:
    web.write_page(tmp_path, b"a graph", read_manifest(classifier_folder))
    about = json.loads((tmp_path / "about.json").read_text(encoding="utf-8"))
    assert about["labels"] == list(LABELS) and about["threshold"] == 0.4
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    script = (tmp_path / "page.js").read_text(encoding="utf-8")
    for name in [*re.findall(r'(?:href|src)="([^"]+)"', page), "runtime/LICENSE.txt",
                 *re.findall(r'here\("([^"]+)"\)', script),
                 *re.findall(r'from "\./([^"]+)"', script)]:  # fmt: skip
        assert (tmp_path / name).is_file(), name
    for text in (page, script):
        assert not re.search(r"https?://", text), "the page must need nobody else"


def test_a_damaged_runtime_is_not_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "ort.wasm.bundle.min.mjs"
    monkeypatch.setattr(web, "RUNTIME", tmp_path)
    with pytest.raises(ExportRefused, match="missing or damaged"):
        web.runtime_file(name)
    (tmp_path / name).write_bytes(b"alert(1)")
    with pytest.raises(ExportRefused, match="missing or damaged"):
        web.runtime_file(name)
    (tmp_path / f"{name}.xz").write_bytes(b"no xz")
    with pytest.raises(ExportRefused, match="missing or damaged"):
        web.runtime_file(name)
