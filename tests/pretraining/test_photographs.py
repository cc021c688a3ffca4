"""Large pictures cut into pieces, and free pictures unpacked from archives and resources."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pretraining.crops import Crops, Source
from pretraining.free_pictures import pictures_within, unpack_archive, unpack_resource
from pretraining.photographs import pieces
from pretraining.pictures import Pictures
from pretraining.views import MEAN, STD

SIDE = 64


def noise(seed: int, width: int, height: int) -> Image.Image:
    draw = np.random.default_rng(seed)
    return Image.fromarray(draw.integers(0, 256, (height, width, 3), dtype=np.uint8))


def encoded(picture: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind)
    return out.getvalue()


def test_the_larger_the_more_pieces(tmp_path: Path) -> None:
    noise(0, 130, 120).save(tmp_path / "small.png")
    only = pieces(tmp_path, SIDE, tmp_path / "work")
    assert only.pixels.shape == (1, SIDE, SIDE, 3) and only.labels.tolist() == [-1]

    noise(1, 400, 400).save(tmp_path / "large.png")
    both = pieces(tmp_path, SIDE, tmp_path / "work")
    assert len(both.pixels) == 1 + round(400 * 400 / (5 * SIDE * SIDE))
    assert both.fingerprint != only.fingerprint


def test_copies_tiny_empty_and_broken_ones_are_left_out(tmp_path: Path) -> None:
    noise(0, 120, 120).save(tmp_path / "one.png")
    (tmp_path / "copy.png").write_bytes((tmp_path / "one.png").read_bytes())
    noise(1, 60, 60).save(tmp_path / "tiny.png")
    noise(2, 120, 1200).save(tmp_path / "strip.png")
    Image.new("RGB", (120, 120), "white").save(tmp_path / "empty.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")

    assert len(pieces(tmp_path, SIDE, tmp_path / "work").pixels) == 1


def test_a_folder_without_usable_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="large enough"):
        pieces(tmp_path, SIDE, tmp_path / "work")


def test_a_cut_out_object_is_put_on_grounds(tmp_path: Path) -> None:
    stamp = noise(0, 200, 200).convert("RGBA")
    stamp.putalpha(Image.new("L", (200, 200), 0))
    stamp.paste((255, 0, 0, 255), (50, 50, 150, 150))
    stamp.save(tmp_path / "stamp.png")

    made = pieces(tmp_path, SIDE, tmp_path / "work").pixels

    assert len(made) >= 1
    red = (made[..., 0] > 200) & (made[..., 1] < 60) & (made[..., 2] < 60)
    assert (red.mean((1, 2)) > 0.2).all()


def test_an_archive_gives_its_pictures_but_no_heights(tmp_path: Path) -> None:
    archive = tmp_path / "textures.pk3"
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("walls/../../brick.jpg", encoded(noise(0, 64, 64), "JPEG"))
        out.writestr("walls/brick_norm.jpg", encoded(noise(1, 64, 64), "JPEG"))
        out.writestr("readme.txt", "no picture")

    assert unpack_archive(archive) == 1
    assert [p.name for p in tmp_path.rglob("*.jpg")] == ["00000.jpg"]
    assert (tmp_path / "textures_unpacked" / "00000.jpg").exists()


def test_a_resource_gives_the_pictures_within(tmp_path: Path) -> None:
    jpeg, webp = encoded(noise(0, 64, 64), "JPEG"), encoded(noise(1, 64, 64), "WEBP")
    resource = tmp_path / "animals.rcc"
    lengths = [len(data).to_bytes(4, "big") for data in (jpeg, webp)]
    resource.write_bytes(b"qres" + b"x" * 30 + lengths[0] + jpeg + b"yy" + lengths[1] + webp)

    assert dict(pictures_within(resource.read_bytes())) == {".jpg": jpeg, ".webp": webp}
    assert unpack_resource(resource) == 2


def grey(count: int, value: int, held_out: int = 0) -> Pictures:
    pixels = np.full((count, 16, 16, 3), value, np.uint8)
    labels = np.full(count, -1, dtype=np.int64)
    return Pictures(pixels, labels, np.arange(count) < held_out, f"grey{value}")


def test_every_source_has_its_share_and_validation_is_never_shown() -> None:
    dark = grey(6, 0, held_out=3)
    dark.pixels[:3] = 255  # validation pictures are white
    sources = [Source(dark, 0.5), Source(dark, 0.25, mosaic=True), Source(grey(2, 128), 0.25)]
    crops = Crops(sources, 8, 0.0, 0, "cpu")

    for size in (8, 24):
        batch = crops.deal(size)
        assert batch.shape == (8, 3, size, size)
        mean, std = torch_like(MEAN), torch_like(STD)
        values = (batch * std + mean).mean((1, 2, 3))
        assert values[:6].max() < 0.01 and (values[6:] - 128 / 255).abs().max() < 0.01


def torch_like(values: tuple[float, ...]) -> torch.Tensor:
    return torch.tensor(values).view(3, 1, 1)
