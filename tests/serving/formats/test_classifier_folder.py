"""The take-away predicts as the app does, with nothing of Graft beside it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from PIL import Image

from tlcore.backbones.preprocessing import Preprocessing
from tlcore.classifier.classifier import Classifier
from tlcore.classifier.network import Head, Network
from tlcore.classifier.writer import ClassifierWriter, versions
from tlcore.errors import ClassifierInvalid
from tlcore.serving.formats.classifier_folder import classifier_zip

LABELS = ("ant", "{bee}", "cat’s")
# It says “turned”, and something else in it cannot be written again.
DAMAGED_EXIF = bytes.fromhex(
    "4d4d002a0000000800030142000200000006000000320112000300000001000600008769"
    "00044f00000100000038000000006d616b657200000190000007000000043032333000000075"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    backbone = timm.create_model("test_resnet", num_classes=0)
    head = Head(backbone.num_features, 3, hidden=(6,))
    torch.nn.init.normal_(head.linear.weight, std=3)
    network = Network(backbone, head)
    writer = ClassifierWriter(
        tmp_path / "made", network, [n for n in network.state_dict() if n.startswith("head.")]
    )
    writer.write(
        {
            "labels": LABELS,
            "backbone": {"name": "test_resnet.r160_in1k", "architecture": "test_resnet"},
            "head": {"features": backbone.num_features, "hidden": [6]},
            "preprocessing": Preprocessing(input_size=(3, 64, 64)).model_dump(mode="json"),
            "metrics": {"validation_accuracy": 0.5},
            "versions": versions(),
            "temperature": 1.7,
        }
    )
    return tmp_path / "made"


def photograph(width: int, height: int) -> Image.Image:
    """Smooth colours with some noise, different in every corner."""
    random = np.random.default_rng(3)
    small = Image.fromarray(random.integers(0, 256, (6, 8, 3), np.uint8))
    return small.resize((width, height), Image.Resampling.BICUBIC)


def write_pictures(where: Path) -> list[Path]:
    """One of each kind that is easily done differently."""
    plain = photograph(300, 200)
    turned = Image.Exif()
    turned[0x0112] = 6
    alpha = plain.convert("RGBA")
    alpha.putalpha(Image.linear_gradient("L").resize(plain.size))
    deep = Image.fromarray(np.asarray(plain.convert("L")).astype(np.uint16) * 16)
    palette = plain.convert("P")
    palette.info["transparency"] = 3
    paths = [where / name for name in (
        "turned.jpg", "large.jpg", "alpha.png", "deep.png", "palette.png", "cmyk.jpg", "grey.png",
        "frames.gif", "tiny.bmp", "damaged_exif.jpg",
    )]  # fmt: skip
    plain.save(paths[0], exif=turned)
    photograph(2000, 1500).save(paths[1], quality=90)
    alpha.save(paths[2])
    deep.save(paths[3])
    palette.save(paths[4])
    plain.convert("CMYK").save(paths[5])
    plain.convert("L").save(paths[6])
    plain.save(paths[7], save_all=True, append_images=[photograph(300, 200).rotate(90)])
    plain.resize((3, 2)).save(paths[8])
    plain.save(paths[9], exif=b"Exif\x00\x00" + DAMAGED_EXIF)
    return paths


@pytest.mark.slow
def test_predict_py_answers_as_the_app_does(folder: Path, tmp_path: Path) -> None:
    away = tmp_path / "away"
    with zipfile.ZipFile(io.BytesIO(classifier_zip(folder))) as archive:
        archive.extractall(away)
    paths = write_pictures(tmp_path)
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    file = io.BytesIO()
    photograph(90, 60).save(file, "PNG")
    png = file.getvalue()
    at = png.index(b"IDAT")  # Pillow complains of what follows half of it by a SyntaxError
    half = int.from_bytes(png[at - 4 : at], "big") // 2
    damaged = tmp_path / "damaged.png"
    damaged.write_bytes(
        png[: at - 4]
        + half.to_bytes(4, "big")
        + png[at : at + 4 + half]
        + bytes(8)
        + b"\x04A\x1c\x0e"
    )
    done = subprocess.run(
        [sys.executable, str(away / "classifier" / "predict.py"), "--json",
         *map(str, [*paths, broken, damaged])],
        cwd=away, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout.splitlines()[-1])
    assert [entry["file"] for entry in content["refused"]] == [str(broken), str(damaged)]
    expected = Classifier.load(folder).predict(paths)
    assert len({max(row) for row in expected.probabilities}) > 3
    for entry, row in zip(content["predictions"], expected.probabilities, strict=True):
        probabilities = entry["probabilities"]
        assert list(probabilities) == list(LABELS)
        assert list(probabilities.values()) == pytest.approx(row, abs=1e-4), entry["file"]


def test_predict_py_needs_nothing_of_graft() -> None:
    import ast

    from tlcore.serving.formats.classifier_folder import TEMPLATES

    tree = ast.parse((TEMPLATES / "predict.py").read_text(encoding="utf-8"))
    roots = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            roots |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            roots.add(str(node.module).split(".")[0])
    # numpy and safetensors come with timm; without pillow_heif it does but for HEIC pictures
    needed = {"torch", "timm", "PIL", "numpy", "safetensors", "pillow_heif"}
    assert roots - set(sys.stdlib_module_names) <= needed


def test_the_zip_holds_what_it_says_and_is_the_same_every_time(folder: Path) -> None:
    (folder / "private.txt").write_text("not for others", encoding="utf-8")
    data = classifier_zip(folder)
    assert data == classifier_zip(folder)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = {Path(name).name.split("-")[0] for name in archive.namelist()}
        words = archive.read("classifier/README.txt").decode()
    assert names == {
        "frozen", "learned", "manifest.json", "predict.py", "requirements.txt", "README.txt"
    }  # fmt: skip
    assert "ant, {bee}, cat’s" in words and "50 %" in words


def test_no_classifier_no_zip(tmp_path: Path) -> None:
    with pytest.raises(ClassifierInvalid):
        classifier_zip(tmp_path)


def test_examples_leave_only_when_they_are_handed_over(folder: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(classifier_zip(folder, {"ant/1.jpg": b"small"}))) as archive:
        assert archive.read("classifier/examples/ant/1.jpg") == b"small"
    with zipfile.ZipFile(io.BytesIO(classifier_zip(folder))) as archive:
        assert not [name for name in archive.namelist() if "examples" in name]
