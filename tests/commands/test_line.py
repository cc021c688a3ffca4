"""The command line: the same engine, its JSON, its exit codes, and never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.classifier.manifest import read_manifest
from tlcore.commands.line import main
from tlcore.commands.terminal import Progress, plain
from tlcore.commands.train import JSON_FIELDS
from tlcore.training.recipe.recipe import Recipe

ROOT = Path(__file__).resolve().parents[2]


def write_picture(path: Path, label: str, seed: int) -> None:
    """Red or blue noise."""
    noise = np.random.default_rng(seed).integers(0, 120, (40, 40, 3), np.uint8)
    noise[..., 0 if label == "red" else 2] += 130
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(noise).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """train/, val/ and test/ with two labels, and two files that are no pictures."""
    where = tmp_path / "pictures"
    for split, count in (("train", 6), ("val", 3), ("test", 3)):
        for label in ("red", "blue"):
            for number in range(count):
                seed = 100 * len(split) + number + (label == "red") * 1000
                write_picture(where / split / label / f"{number}.png", label, seed)
    (where / "train" / "red" / "broken.jpg").write_bytes(b"no picture")
    (where / "train" / "blue" / "empty.png").write_bytes(b"")
    return where


def train(*arguments: str, epochs: int = 3) -> int:
    return main(["train", *arguments, "--epochs", str(epochs)])


def test_train_then_predict(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "made"
    assert train(str(folder), "--out", str(out), "--json") == 0
    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert tuple(summary) == JSON_FIELDS
    assert summary["examples"] == {"train": 12, "validation": 6, "test": 6}
    assert summary["test_accuracy"] >= 0.5 and summary["val_accuracy"] >= 0.5
    assert summary["epochs"] == 3
    assert 0 < summary["trainable_parameters"] < 10_000 < summary["frozen_parameters"]
    assert {Path(entry["file"]).name for entry in summary["refused"]} == {"broken.jpg", "empty.png"}
    assert set(summary["seconds"]) == {"prepare", "features", "train", "total"}
    assert summary["classifier"] == str(out)
    assert summary["understood"]["labels"] == {"blue": 13, "red": 13}, "as they lie, unopened"
    assert summary["understood"]["splits"] == {"train": 14, "validation": 6, "test": 6}
    assert summary["understood"]["level"] == 2
    score = summary["scores"]["test"]
    assert (score["right"], score["total"]) == (round(6 * summary["test_accuracy"]), 6)
    assert score["share"] is None and score["words"].endswith("too few to say a share")
    assert summary["import"]["accepted"] == 24 and summary["import"]["flagged"] == []

    red = folder / "test" / "red" / "0.png"
    files = [str(red), str(folder / "train" / "red" / "broken.jpg"), str(tmp_path / "missing")]
    assert main(["predict", str(out), *files]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith(f"{red}: ") and shown.out.rstrip().endswith(" %")
    assert "broken.jpg" in shown.err and "missing" in shown.err
    assert main(["predict", str(out), *files, "--json"]) == 0
    content = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [entry["file"] for entry in content["refused"]] == files[1:]
    [prediction] = content["predictions"]
    assert prediction["probability"] == max(prediction["probabilities"].values())
    assert set(prediction["probabilities"]) == {"red", "blue"}


def test_a_second_run_keeps_the_features_and_leaves_no_pictures(
    folder: Path, tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import tempfile

    before = set(Path(tempfile.gettempdir()).glob("graft-*"))
    for number in (1, 2):
        assert train(str(folder), "--out", str(tmp_path / f"{number}"), epochs=1) == 0
    kept = [path for path in (home / "cache" / "features").rglob("*.bin")]
    written = {path.stat().st_mtime_ns for path in kept}
    assert kept and len(written) == len(kept)
    assert not (home / "pictures").exists()
    assert set(Path(tempfile.gettempdir()).glob("graft-*")) <= before
    capsys.readouterr()


def test_a_zip_and_a_stage_by_name(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "pictures.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in folder.rglob("*.png"):
            file.write(path, path.relative_to(folder))
    arguments = [str(archive), "--out", str(tmp_path / "made"), "--learn", "objects", "--json"]
    assert train(*arguments, epochs=1) == 0
    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert summary["trainable_parameters"] > 10_000


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "{no}", "--out", "{out}"], "no"),
        (["train", "{folder}", "--out", "{out}", "--backbone", "no_such_net"], "no_such_net"),
        (["train", "{folder}", "--out", "{out}", "--backbone", "hf-hub:a/b"], "hf-hub"),
        (["train", "{folder}", "--out", "{out}", "--learn", "whiskers"], "whiskers"),
        (["train", "{folder}", "--out", "{out}", "--epochs", "0"], "epochs"),
        (["train", "{folder}", "--out", "{file}"], "file"),
        (["train", "{one}", "--out", "{out}"], "label"),
        (["predict", "{folder}", "{file}"], "classifier"),
        (["fetch", "../../etc"], "etc"),
    ],
)
def test_errors_are_two_sentences_and_exit_code_1(
    arguments: list[str],
    words: str,
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    places = {
        "no": tmp_path / "nowhere", "out": tmp_path / "out", "folder": folder,
        "file": folder / "train" / "red" / "0.png", "one": tmp_path / "one",
    }  # fmt: skip
    for number in range(3):
        write_picture(places["one"] / "red" / f"{number}.png", "red", number)
    filled = [argument.format(**places) for argument in arguments]
    assert main(filled) == 1
    shown = capsys.readouterr()
    assert words in shown.err and "Traceback" not in shown.err
    assert len(shown.err.strip().splitlines()) >= 2


def test_wrong_usage_is_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train"]) == 2
    assert main(["dance"]) == 2
    assert main(["train", "x", "--out", "y", "--preset", "slow"]) == 2
    assert "usage" in capsys.readouterr().err
    assert main(["--help"]) == 0


def test_the_unforeseen_goes_to_a_file(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> int:
        raise ZeroDivisionError("nobody thought of this")

    monkeypatch.setattr("tlcore.commands.doctor.run", fail)
    assert main(["doctor"]) == 1
    shown = capsys.readouterr().err
    assert "Traceback" not in shown and "nobody thought of this" in shown
    assert "Traceback" in (home / "logs" / "command-line.log").read_text(encoding="utf-8")


def test_models_offline_lists_what_is_ready(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--offline", "--json"]) == 0
    models = json.loads(capsys.readouterr().out.splitlines()[-1])["models"]
    assert models[0]["name"] == DEFAULT_BACKBONE and all(model["ready"] for model in models)
    assert main(["models", "--offline"]) == 0
    assert DEFAULT_BACKBONE in capsys.readouterr().out


def test_the_bar_is_for_terminals_only() -> None:
    import io

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        progress = Progress(stream)
        progress.bar("Reading", 5, 10)
        progress.note("done")
    assert "5 of 10" in terminal.getvalue() and terminal.getvalue().endswith("done\n")
    assert pipe.getvalue() == "done\n"


def test_a_file_name_cannot_move_the_cursor() -> None:
    assert plain("a\x1b[2Jb\nc") == "a�[2Jb�c"


def test_help_is_instant_because_it_imports_no_torch() -> None:
    code = "import sys; from tlcore.commands.line import parser; parser()\n"
    code += "print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60,
        check=False, env=os.environ.copy(),
    )  # fmt: skip
    assert done.stdout.strip() == "False", done.stderr


def test_settings_of_the_recipe_and_a_start_from_what_was_learned(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    settings = [
        "--set",
        "turn=10",
        "--set",
        "views=2",
        "--set",
        "head=cosine",
        "--strategy",
        "frozen",
    ]
    assert train(str(folder), "--out", str(first), "--preset", "thorough", *settings, epochs=2) == 0
    assert train(str(folder), "--out", str(second), *settings, "--start", str(first), epochs=1) == 0
    made, again = read_manifest(first), read_manifest(second)
    recipe = Recipe.read(made.recipe)
    assert (recipe.turn, recipe.head, recipe.learning) == (10, "cosine", "head")
    assert made.head.kind == "cosine" and not made.start
    assert again.start["labels"] == ["blue", "red"]
    assert "goes on" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", ["whiskers=3", "turn", "turn=often"])
def test_a_setting_that_is_none_is_refused(
    wrong: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(str(folder), "--out", str(tmp_path / "made"), "--set", wrong) > 0
    shown = capsys.readouterr().err
    assert "turn" in shown and "Traceback" not in shown


def test_train_says_what_it_understood_and_what_a_score_rests_on(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    red, blue = folder / "train" / "red" / "0.png", folder / "train" / "blue" / "same.png"
    blue.write_bytes(red.read_bytes())
    Image.new("L", (40, 40)).save(red.with_name("0_mask.png"))
    assert train(str(folder), "--out", str(tmp_path / "made"), epochs=1) == 0
    shown = capsys.readouterr()
    first, *others = shown.err.splitlines()
    assert first.startswith("Labels from the second folders: “blue” (14), “red” (13).")
    assert "1 file is the mask of a picture beside it and is set aside." in first
    assert any("1 × the same picture under two labels" in line for line in others)
    assert "%" not in shown.out
    assert "test pictures: " in shown.out and "of 6 right: too few to say a share" in shown.out


def test_the_level_of_the_label_can_be_chosen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(16):
        where = tmp_path / "set" / ("2020", "2021")[number % 2] / ("red", "blue")[number // 8]
        write_picture(where / f"{number}.png", ("red", "blue")[number % 2], number)
    arguments = [str(tmp_path / "set"), "--out", str(tmp_path / "made"), "--label-level"]
    assert train(*arguments, "1", "--json", epochs=1) == 0
    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert summary["understood"]["labels"] == {"2020": 8, "2021": 8}
    assert train(*arguments, "3", epochs=1) == 1
    assert "no level 3" in capsys.readouterr().err
