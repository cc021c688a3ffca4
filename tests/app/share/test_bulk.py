"""Predictions for a whole folder: started, watched, and asked for anew."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pages.parts.frame.services import Services
from pages.parts.run.choice import usable_runs
from pages.parts.share.bulk_jobs import interrupted, job_of
from pages.parts.share.bulk_view import _stored
from tests.app.conftest import OpenPage
from tests.app.share.ways import other_way
from tests.app.trained import drawn, trained_project


def test_a_folder_is_answered_in_the_background(
    graft: Services, open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.parts.frame.binding.bound_to_loopback", lambda: True)
    made = trained_project(graft.workspace)
    for number in range(5):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / f"{number}.png").write_bytes(drawn("red", number))
    app = other_way(open_page, made.project, "Many pictures")
    app.text_input(key="bulk_folder").set_value(str(tmp_path / "in"))
    app.text_input(key="bulk_sort").set_value(str(tmp_path / "sorted"))
    [button] = [button for button in app.button if button.label == "Start"]
    button.click().run()
    [chosen] = usable_runs(made.project)
    deadline = time.monotonic() + 60
    while not (job := job_of(chosen)) or not job.over:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    app = other_way(open_page, made.project, "Many pictures")
    assert not app.exception and not app.error
    assert any("5 pictures" in text.value for text in app.markdown)
    assert len(list((tmp_path / "sorted").rglob("*.png"))) == 5
    with (chosen.folder.parent / "bulk" / "answers.csv").open(encoding="utf-8-sig") as file:
        assert len(file.readlines()) == 6
    graft.background.forget(f"bulk {chosen.run.id}")  # as a restart of the server does
    app = other_way(open_page, made.project, "Many pictures")
    assert any("5 pictures" in text.value for text in app.markdown)
    assert "Download the table" in [button.label for button in app.get("download_button")]


def test_without_a_folder_nothing_starts(
    graft: Services, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.parts.frame.binding.bound_to_loopback", lambda: True)
    made = trained_project(graft.workspace)
    app = other_way(open_page, made.project, "Many pictures")
    [button] = [button for button in app.button if button.label == "Start"]
    button.click().run()
    assert "No folder was named" in app.error[0].value
    [chosen] = usable_runs(made.project)
    assert job_of(chosen) is None


@dataclass
class Upload:
    """As much of an uploaded file as storing it needs."""

    name: str

    def getbuffer(self) -> bytes:
        return b"bytes"


def test_answers_to_an_earlier_upload_are_not_gone_on_with(graft: Services) -> None:
    made = trained_project(graft.workspace)
    [chosen] = usable_runs(made.project)
    place = chosen.folder.parent / "bulk"
    place.mkdir()
    request = {"folder": str(place / "uploaded"), "out": str(place / "answers.csv")}
    (place / "asked.json").write_text(json.dumps(request), encoding="utf-8")
    (place / "answers.csv.journal").write_text("{}", encoding="utf-8")
    assert interrupted(chosen) is not None
    uploads: Any = [Upload("holiday/IMG_1.jpg"), Upload("../IMG_2.jpg")]
    folder = _stored(chosen, uploads)
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.jpg"))
    assert names == ["IMG_2.jpg", "holiday/IMG_1.jpg"]
    assert interrupted(chosen) is None, "another IMG_1.jpg would get the answer of the first"
