"""The probe decides, remembers, and leaves the network as it was; it never waits long."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from tests.backbones.networks import network, state
from tlcore.backbones.cut.stages import freeze
from tlcore.backbones.engines.precision import FILE_NAME, autocast, choose_precision, measure


class Clock:
    """Stands in for the module `time`; it moves only by hand, so no test hangs on speed."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    ticking = Clock()
    monkeypatch.setattr("tlcore.backbones.engines.precision.time", ticking)
    return ticking


class Paced(nn.Module):
    """Takes a given time in each precision, so that the right answer is known."""

    def __init__(self, clock: Clock, plain: float, short: float) -> None:
        super().__init__()
        self.clock = clock
        self.layer = nn.Linear(1, 1)
        self.inner = nn.Identity()
        self.seconds = {False: plain, True: short}
        self.runs = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.runs += 1
        for _ in range(10):
            self.clock.now += self.seconds[torch.is_autocast_enabled("cpu")] / 10
            self.inner(x)
        return self.layer(x.mean((1, 2, 3))[:, None])


@pytest.mark.parametrize("direction", ["forward", "train"])
@pytest.mark.parametrize(
    ("plain", "short", "chosen"),
    [(0.05, 0.005, "bfloat16"), (0.005, 0.05, "float32"), (0.02, 0.02, "float32")],
)
def test_the_faster_one_is_chosen(
    clock: Clock, direction: str, plain: float, short: float, chosen: str
) -> None:
    assert measure(Paced(clock, plain, short), (3, 4, 4), direction) == chosen


def test_a_hopeless_precision_is_given_up_early(clock: Clock) -> None:
    assert measure(Paced(clock, 0.01, 10.0), (3, 4, 4), "forward") == "float32"
    assert clock.now < 2  # one layer too many, of ten that take a second each


def test_the_whole_probe_takes_little_time(clock: Clock) -> None:
    assert measure(Paced(clock, 0.2, 0.1), (3, 4, 4), "train") == "bfloat16"
    assert clock.now < 2


def test_the_outcome_is_kept_and_used_again(clock: Clock, tmp_path: Path) -> None:
    module = Paced(clock, 0.02, 0.002)
    assert choose_precision(module, (3, 4, 4), "forward", tmp_path) == "bfloat16"
    runs = module.runs
    module.seconds = {False: 0.002, True: 0.02}
    assert choose_precision(module, (3, 4, 4), "forward", tmp_path) == "bfloat16"
    assert module.runs == runs
    assert choose_precision(module, (3, 8, 8), "forward", tmp_path) == "float32"
    assert choose_precision(module, (3, 4, 4), "train", tmp_path) == "float32"
    assert len(json.loads((tmp_path / FILE_NAME).read_text(encoding="utf-8"))) == 3


def test_what_learns_is_part_of_the_question(tmp_path: Path) -> None:
    module, size = network("test_resnet")
    for learning in ([True] * 5, [False, False, False, False, True]):
        freeze(module, learning)
        choose_precision(module, size, "train", tmp_path)
        choose_precision(module, size, "forward", tmp_path)
    assert len(json.loads((tmp_path / FILE_NAME).read_text(encoding="utf-8"))) == 3


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1}'])
def test_a_damaged_memory_is_measured_anew(clock: Clock, tmp_path: Path, content: str) -> None:
    (tmp_path / FILE_NAME).write_text(content, encoding="utf-8")
    assert choose_precision(Paced(clock, 0.1, 0.01), (3, 4, 4), "forward", tmp_path) == "bfloat16"


def test_the_network_is_left_as_it_was() -> None:
    module, size = network("test_resnet", drops=True)
    freeze(module, [False, False, False, True, True])
    module.train()
    before, modes = state(module), [inner.training for inner in module.modules()]
    measure(module, size, "train")
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())
    assert modes == [inner.training for inner in module.modules()]
    assert all(parameter.grad is None for parameter in module.parameters())
    assert not any(inner._forward_pre_hooks for inner in module.modules())


def test_autocast_is_used_for_bfloat16_alone() -> None:
    layer, x = nn.Linear(4, 4), torch.rand(2, 4)
    with autocast(torch.device("cpu"), "float32"):
        assert layer(x).dtype == torch.float32
    with autocast(torch.device("cpu"), "bfloat16"):
        assert layer(x).dtype == torch.bfloat16
