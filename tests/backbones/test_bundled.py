"""The bundled backbone: complete card, loads with no network, the same features everywhere."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from tlcore.backbones.sources.bundled import BUNDLED_FOLDER
from tlcore.backbones.weights import load_backbone

CARDS = sorted(BUNDLED_FOLDER.glob("*.json"))
FIELDS = {
    "name": str,
    "timm": str,
    "model_args": dict,
    "num_classes": int,
    "input_size": list,
    "mean": list,
    "std": list,
    "interpolation": str,
    "crop_pct": float,
    "parameters": int,
    "trained_on": str,
    "how": str,
    "licence": str,
    "accuracy": dict,
    "date": str,
    "command": str,
}
# Every hundredth feature of `picture()`, and the length of the whole vector.
KNOWN: dict[str, tuple[list[float], float]] = {
    "graft_mobilenetv2": (
        [
            0.3025,
            0.0,
            0.0,
            1.2045,
            0.0,
            0.0695,
            0.5737,
            0.5174,
            0.0279,
            0.6448,
            0.1789,
            0.0,
            0.3974,
        ],
        22.338,
    ),
}


def picture(side: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """A picture by formula (side, side, 3): rings, a ramp and a checkerboard."""
    y, x = np.mgrid[0:side, 0:side] / side
    rings = 0.5 + 0.5 * np.sin(40 * np.hypot(x - 0.4, y - 0.6))
    board = (np.floor(8 * x) + np.floor(8 * y)) % 2
    return np.round(255 * np.stack([rings, x, 0.3 + 0.4 * board], -1)).astype(np.uint8)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every attempt to reach another computer fails the test."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.parametrize("card_file", CARDS, ids=lambda path: path.stem)
def test_the_card_is_complete_and_matches_the_file(card_file: Path) -> None:
    card = json.loads(card_file.read_text(encoding="utf-8"))
    assert {name: type(card.get(name)) for name in FIELDS} == FIELDS
    assert card["name"] == card_file.stem and card["num_classes"] == 0
    assert card["trained_on"] and card["how"] and card["licence"] and card["accuracy"]
    weights = card_file.with_suffix(".safetensors")
    assert weights.stat().st_size <= 12_000_000
    state = load_file(weights)
    assert {v.dtype for v in state.values() if v.is_floating_point()} == {torch.float16}
    learnt = (v for k, v in state.items() if not k.endswith(("_mean", "_var", "_tracked")))
    assert sum(v.numel() for v in learnt) == card["parameters"]


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("name", [path.stem for path in CARDS])
def test_a_picture_gives_the_same_features_as_ever(name: str) -> None:
    backbone = load_backbone(name)
    side = backbone.preprocessing.input_size[1]
    prepared = backbone.preprocessing.picture(picture(side))
    with torch.inference_mode():
        batch = backbone.preprocessing.normalise(torch.from_numpy(prepared[None]))
        features = backbone.module(batch)[0]

    some, length = KNOWN[name]
    assert features[::100].tolist() == pytest.approx(some, abs=1e-3)
    assert float(features.norm()) == pytest.approx(length, abs=1e-2)


def test_one_is_bundled() -> None:
    assert CARDS and set(KNOWN) == {path.stem for path in CARDS}
