"""`python -m tlcore export`: exit code 0 with a checked file, 1 with a reason and no file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.serving.conftest import blobs, write_classifier
from tlcore.commands.line import main


def test_a_checked_file_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_classifier(tmp_path / "made")
    for number in range(6):
        place = tmp_path / "pictures" / ("ant" if number % 2 else "other")
        place.mkdir(parents=True, exist_ok=True)
        blobs(number).save(place / f"{number}.png")
    arguments = ["export", str(folder), "--format", "python", "--out", str(tmp_path / "away.zip")]
    assert main([*arguments, "--pictures", str(tmp_path / "pictures"), "--json"]) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert result["check"]["origin"] == "pictures of yours" and result["check"]["passed"]
    assert (tmp_path / "away.zip").stat().st_size == result["bytes"]


def test_a_refused_file_is_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_classifier(tmp_path / "made")
    monkeypatch.setattr("tlcore.serving.export.agreement.MOST_APART", -1.0)
    out = tmp_path / "away.zip"
    assert main(["export", str(folder), "--format", "python", "--out", str(out)]) == 1
    assert "does not answer as the app does" in capsys.readouterr().err
    assert not out.exists()
    assert main(["export", str(tmp_path), "--format", "onnx", "--out", str(out)]) == 1
