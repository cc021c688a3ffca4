"""The recipe from end to end on forty drawn pictures, with a tiny teacher from a folder."""

import json
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from pretraining import blockwise
from pretraining.__main__ import main
from pretraining.crops import Crops
from pretraining.options import arguments
from pretraining.pictures import prepare
from pretraining.sharp import drawing

TEACHER = "test_resnet"


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty pictures under two labels, and a folder with the weights of one small teacher."""
    place = tmp_path_factory.mktemp("material")
    draw = np.random.default_rng(0)
    for number in range(40):
        folder = place / "pictures" / ("val" if number % 5 == 0 else "train") / f"kind{number % 2}"
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(drawing(48, draw)).save(folder / f"{number}.png")
    (place / "weights").mkdir()
    torch.manual_seed(0)
    teacher = timm.create_model(TEACHER, num_classes=7)
    save_file(teacher.state_dict(), place / "weights" / f"{TEACHER}.safetensors")
    facts = json.dumps({TEACHER: {"num_classes": 7}})
    (place / "weights" / "weights.json").write_text(facts, encoding="utf-8")
    return place


def command(material: Path, place: Path, *more: str) -> list[str]:
    return [
        "--source", str(material / "pictures"), "--side", "32", "--name", "tiny",
        "--out", str(place / "out"), "--work", str(place / "work"),
        "--architecture", "test_resnet", "--teacher", f"{TEACHER}@48",
        "--weights", str(material / "weights"), "--sharp", "8", "--sizes", "32:0.5,48:0.5",
        "--size", "48", "--batch-size", "8", "--device", "cpu", "--precision", "float32",
        "--threads", "1", *more,
    ]  # fmt: skip


def test_the_recipe_runs_and_its_card_tells_how(material: Path, tmp_path: Path) -> None:
    card_file = main(command(material, tmp_path, "--epochs", "2", "--mixup", "0.5"))

    card = json.loads(card_file.read_text(encoding="utf-8"))
    assert card["timm"] == "test_resnet" and card["input_size"] == [3, 48, 48]
    assert "8 steps (64 pictures seen)" in card["how"]
    assert 0 <= card["accuracy"]["validation"] <= 1
    assert card["command"].startswith("python -m pretraining --source")
    state = load_file(card_file.with_suffix(".safetensors"))
    assert {v.dtype for v in state.values() if v.is_floating_point()} == {torch.float16}
    backbone = timm.create_model(card["timm"], num_classes=0)
    backbone.load_state_dict({k: v.float() for k, v in state.items()})
    assert card["parameters"] == sum(p.numel() for p in backbone.parameters())
    torch.manual_seed(0)
    untrained = timm.create_model(card["timm"], num_classes=0)
    moved = [(a - b).abs().max() for a, b in zip(backbone.parameters(), untrained.parameters())]  # noqa: B905 - same network
    assert max(moved) > 1e-3


def test_an_interrupted_training_goes_on(
    material: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(command(material, tmp_path, "--epochs", "1"))
    kept = torch.load(tmp_path / "work" / "tiny" / "checkpoint.pt", weights_only=True)
    assert kept["taken"] == 4

    card_file = main(command(material, tmp_path, "--epochs", "3"))

    assert "Going on from step 4" in capsys.readouterr().out
    assert "12 steps" in json.loads(card_file.read_text(encoding="utf-8"))["how"]


def test_a_later_training_starts_from_an_earlier_one(material: Path, tmp_path: Path) -> None:
    first = main(command(material, tmp_path, "--epochs", "1")).with_suffix(".safetensors")
    before = load_file(first)

    more = ["--epochs", "0.1", "--rate", "1e-9", "--start", str(first), "--name", "second"]
    second = load_file(main(command(material, tmp_path, *more)).with_suffix(".safetensors"))

    weights = [name for name, value in before.items() if value.ndim == 4]
    assert weights
    for name in weights:
        torch.testing.assert_close(second[name].float(), before[name].float(), atol=2e-3, rtol=0)


@pytest.mark.slow
def test_block_by_block_with_photographs_goes_on_where_it_stopped(
    material: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draw = np.random.default_rng(1)
    (tmp_path / "photographs").mkdir()
    Image.fromarray(drawing(240, draw)).save(tmp_path / "photographs" / "one.png")
    more = ["--blocks", "--photographs", str(tmp_path / "photographs"), "--piece-side", "64"]
    main(command(material, tmp_path, *more, "--epochs", "1"))

    card_file = main(command(material, tmp_path, *more, "--epochs", "2"))

    assert "Going on from step 4" in capsys.readouterr().out
    card = json.loads(card_file.read_text(encoding="utf-8"))
    assert "maps of every block" in card["how"] and "8 steps" in card["how"]
    assert card["accuracy"]["teacher_features_explained"] <= 1
    assert load_file(card_file.with_suffix(".safetensors"))


@pytest.mark.slow
def test_what_goes_on_sees_other_crops_than_before(material: Path, tmp_path: Path) -> None:
    options = arguments(command(material, tmp_path, "--blocks", "--epochs", "1"))
    pictures = prepare(options.source, options.work, options.side)
    training, before = blockwise.assemble(options, pictures)
    training.step(before.deal(32))
    training.progress.advance()
    training.save()

    _, after = blockwise.assemble(options, pictures)
    _, fresh = blockwise.assemble(options, pictures)

    first = Crops(before.sources, before.batch_size, before.colour, options.seed + 1, "cpu")
    again = after.deal(32)
    assert torch.equal(again, fresh.deal(32)) and not torch.equal(again, first.deal(32))


def test_block_by_block_takes_one_teacher(material: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="one --teacher"):
        main(command(material, tmp_path, "--blocks", "--teacher", f"{TEACHER}@32"))


def test_without_a_teacher_it_says_what_to_name(material: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="--teacher"):
        main(["--source", str(material / "pictures"), "--work", str(tmp_path)])
