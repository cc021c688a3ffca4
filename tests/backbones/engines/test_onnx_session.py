"""Frozen stages in ONNX Runtime: the same answers, and the old way where that cannot be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from tests.backbones.engines.test_folding import lively, pictures
from tlcore.backbones.cut.cut import cut
from tlcore.backbones.cut.stages import stages
from tlcore.backbones.engines import onnx_session as sessions
from tlcore.backbones.engines.onnx_session import Session, quickest
from tlcore.backbones.features import extract as extracting
from tlcore.backbones.features.extract import Picture, extract
from tlcore.backbones.preprocessing import Preprocessing

SIZE = 160


def below(name: str, kept: int) -> nn.Module:
    module = lively(name) if name != "test_vit" else lively(name, img_size=64)
    return cut(module, kept, (3, 64, 64)).prefix.eval()


@pytest.mark.parametrize("name", ["test_resnet", "test_efficientnet", "test_vit"])
@pytest.mark.parametrize("kept", [1, 2, -1])
def test_a_session_says_the_same_for_any_number_of_pictures(name: str, kept: int) -> None:
    module = lively(name) if name != "test_vit" else lively(name, img_size=64)
    prefix = cut(module, kept % (len(stages(module)) + 1), (3, 64, 64)).prefix.eval()
    session = Session(prefix, pictures(64))

    with torch.no_grad():
        for count in (1, 3, 4):
            some = pictures(64)[:count]
            for ours, theirs in zip(session(some), prefix(some), strict=True):
                margin = 1e-4 * float(theirs.abs().max())
                torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=margin)


class Counting(nn.Module):
    """A network whose answer depends on how many pictures it is given: a graph cannot say so."""

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return (x.mean((2, 3)) * float(len(x)),)


def test_where_the_answers_differ_or_nothing_is_gained_all_stays_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counting = Counting().eval()
    with torch.no_grad():
        assert quickest(counting, pictures()) is counting

    prefix = below("test_efficientnet", 2)
    monkeypatch.setattr(sessions, "GAIN", 0.0)
    assert not isinstance(quickest(prefix, pictures()), Session)
    monkeypatch.setattr(sessions, "GAIN", 1e9)
    assert isinstance(quickest(prefix, pictures()), Session)
    assert not isinstance(quickest(prefix, pictures(), "bfloat16"), Session)


def test_a_network_that_cannot_be_exported_is_run_as_before() -> None:
    class Strange(nn.Module):
        def forward(self, x: Tensor) -> tuple[Tensor, ...]:
            return (torch.linalg.eigvals(x[:, 0] @ x[:, 0].mT).real,)

    strange = Strange().eval()
    assert quickest(strange, pictures()) is strange


class Kept:
    """A keeper in memory."""

    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}

    def missing(self, pictures: list[str]) -> list[str]:
        return [picture for picture in pictures if picture not in self.tensors]

    def add(self, pictures: list[str], tensors: list[Tensor]) -> None:
        self.tensors.update(zip(pictures, tensors[0], strict=True))

    def flush(self) -> None: ...


def test_many_pictures_are_kept_as_few_would_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = np.random.default_rng(0)
    some = []
    for number in range(12):
        path = tmp_path / f"{number}.png"
        Image.fromarray(draw.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(path)
        some.append(Picture(str(number), path))
    prefix, seen = below("test_efficientnet", 2), Preprocessing(input_size=(3, 64, 64))
    few, many = Kept(), Kept()
    list(extract(prefix, some, seen, few, batch_size=4))
    monkeypatch.setattr(extracting, "WORTH_TRACING", 8)
    monkeypatch.setattr(extracting, "WORTH_FOLDING", 4)
    monkeypatch.setattr(sessions, "GAIN", 1e9)

    list(extract(prefix, some, seen, many, batch_size=4))

    assert few.tensors.keys() == many.tensors.keys()
    for name, tensor in few.tensors.items():
        torch.testing.assert_close(many.tensors[name], tensor, rtol=1e-3, atol=1e-3)
