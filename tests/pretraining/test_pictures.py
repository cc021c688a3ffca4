"""Any folder or parquet file becomes squares with labels; what is broken is left out."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pretraining.pictures import prepare
from pretraining.sharp import sharp


def encoded(colour: tuple[int, int, int], size: tuple[int, int] = (40, 20)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_folder_with_train_and_val(tmp_path: Path) -> None:
    for place, colour in (
        ("train/red", (255, 0, 0)), ("train/blue", (0, 0, 255)), ("val/red", (200, 0, 0)),
    ):  # fmt: skip
        (tmp_path / "in" / place).mkdir(parents=True)
        (tmp_path / "in" / place / "a.png").write_bytes(encoded(colour))
    (tmp_path / "in" / "train" / "red" / "broken.jpg").write_bytes(b"no picture")
    (tmp_path / "in" / "loose.png").write_bytes(encoded((0, 255, 0)))

    pictures = prepare(tmp_path / "in", tmp_path / "work", 16)

    assert pictures.pixels.shape == (4, 16, 16, 3) and pictures.classes == 2
    seen = {
        (tuple(int(v) for v in p[0, 0]), int(label), bool(held))
        for p, label, held in zip(
            pictures.pixels, pictures.labels, pictures.validation, strict=True
        )
    }
    assert seen == {
        ((255, 0, 0), 1, False), ((0, 0, 255), 0, False), ((200, 0, 0), 1, True),
        ((0, 255, 0), -1, False),
    }  # fmt: skip


def test_a_parquet_file(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {
        "image": [encoded((9, 9, 9)), encoded((8, 8, 8))],
        "label": [1, 0],
        "split": ["train", "validation"],
    }
    parquet.write_table(arrow.table(columns), tmp_path / "some.parquet")

    pictures = prepare(tmp_path / "some.parquet", tmp_path / "work", 16)

    assert pictures.labels.tolist() == [1, 0]
    assert pictures.validation.tolist() == [False, True]
    assert pictures.pixels[1].max() == 8


def test_nothing_to_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(SystemExit, match="no picture"):
        prepare(tmp_path / "in", tmp_path / "work", 16)


def test_sharp_pictures_are_made_once_and_alike(tmp_path: Path) -> None:
    (tmp_path / "in" / "a").mkdir(parents=True)
    for number in range(3):
        (tmp_path / "in" / "a" / f"{number}.png").write_bytes(encoded((number, 0, 0)))
    pictures = prepare(tmp_path / "in", tmp_path / "work", 16)

    made = sharp(pictures, 12, 48, tmp_path / "one")
    again = sharp(pictures, 12, 48, tmp_path / "two")

    assert made.pixels.shape == (12, 48, 48, 3) and (made.labels == -1).all()
    assert np.array_equal(made.pixels, again.pixels)
    assert len({p.tobytes() for p in made.pixels}) > 2
