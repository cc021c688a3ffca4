"""The statistics beside a backbone's weights: made from a parquet file, read by Graft."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import save_file

from tests.backbones.networks import network

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

from pretraining import statistics  # noqa: E402 - it needs pyarrow
from tlcore.quality.probe.distance import statistics_of  # noqa: E402

NAME = "test_resnet"


def blotches(level: int, seed: int) -> bytes:
    random = np.random.default_rng([level, seed])
    coarse = random.normal(level, 20, (6, 6, 3)).clip(0, 255).astype(np.uint8)
    with io.BytesIO() as file:
        Image.fromarray(coarse).resize((32, 32)).save(file, "PNG")
        return file.getvalue()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    rows = [
        {"image": blotches(60 * kind + 30, number), "label": 10 * kind,
         "name": f"kind {kind}, more", "split": "val" if number < 6 else "train"}
        for number in range(8) for kind in range(3)
    ]  # fmt: skip
    path = tmp_path / "source.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def test_pictures_of_one_split_are_read_by_kind(source: Path) -> None:
    images, targets, names = statistics.read(source, "val", per_kind=4)
    assert names == ("kind 0", "kind 1", "kind 2")
    assert targets.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert images[0] == blotches(30, 0) and images[4] == blotches(90, 0)


def test_the_command_writes_what_graft_reads(
    source: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    save_file(network(NAME)[0].state_dict(), folder / f"{NAME}.safetensors")
    monkeypatch.setenv("GRAFT_WEIGHTS", str(folder))
    command = ["statistics", "--source", str(source), "--backbone", NAME, "--words", "blotches"]
    monkeypatch.setattr(sys, "argv", command)
    statistics.main()
    assert "3 kinds" in capsys.readouterr().out
    measured = statistics_of(NAME)
    assert measured is not None
    assert measured.names == ("kind 0", "kind 1", "kind 2") and measured.source == "blotches"
    assert measured.typical > 0
