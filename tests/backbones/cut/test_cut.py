"""Both halves are the whole, in evaluation and, with drops and equal chance, in training."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.backbones.networks import cases, network, state
from tlcore.backbones.cut.cut import Cut, CutImpossible, cut, cut_or_whole
from tlcore.backbones.cut.stages import freeze, stages

CASES = cases()


def cuts(module: nn.Module) -> list[int]:
    """First, middle and last cut between stages; the last stages are what people train."""
    count = len(stages(module))
    return sorted({1, count // 2, count - 1})


def run(halves: Cut, pictures: torch.Tensor, seed: int = 0) -> torch.Tensor:
    torch.manual_seed(seed)
    return halves.tail(*halves.prefix(pictures))


@pytest.mark.parametrize("name", CASES)
def test_halves_give_the_whole_answer(name: str) -> None:
    module, size = network(name)
    module.eval()
    pictures = torch.rand(3, *size)
    for index in cuts(module):
        halves = cut(module, index, size)
        with torch.no_grad():
            kept = halves.prefix.eval()(pictures)
            features = halves.tail.eval()(*kept)
            whole = module(pictures)
        assert [tuple(tensor.shape) for tensor in kept] == [
            (3, *shape) for shape in halves.kept_shapes
        ]
        torch.testing.assert_close(features, whole, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_halves_drop_in_training_exactly_as_the_whole(name: str) -> None:
    module, size = network(name, drops=True)
    pictures = torch.rand(4, *size)
    for index in cuts(module):
        halves = cut(module, index, size)
        module.train()
        before = state(module)
        torch.manual_seed(1)
        whole = module(pictures)
        module.load_state_dict(before)  # BatchNorm has counted these pictures
        halves.prefix.train()
        halves.tail.train()
        torch.testing.assert_close(run(halves, pictures, seed=1), whole, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["test_vit", "test_convnext", "test_efficientnet"])
def test_the_tail_is_random_in_training_and_not_in_evaluation(name: str) -> None:
    module, size = network(name, drops=True)
    freeze(module, [False, *[True] * (len(stages(module)) - 1)])
    halves = cut(module, 1, size)
    pictures = torch.rand(4, *size)
    with torch.no_grad():
        halves.tail.train()
        assert not torch.equal(run(halves, pictures, 1), run(halves, pictures, 2))
        halves.tail.eval()
        assert torch.equal(run(halves, pictures, 1), run(halves, pictures, 2))


@pytest.mark.parametrize("name", ["test_resnet", "test_vit", "test_efficientnet"])
def test_a_frozen_prefix_and_a_learning_tail_match_the_frozen_whole(name: str) -> None:
    """What training does: the prefix in evaluation mode, the tail in training mode."""
    module, size = network(name, drops=True)
    count = len(stages(module))
    freeze(module, [index >= count - 2 for index in range(count)])
    halves = cut(module, count - 2, size)
    pictures = torch.rand(4, *size)
    module.train()
    before = state(module)
    torch.manual_seed(3)
    whole = module(pictures)
    whole.square().mean().backward()
    gradients = {n: p.grad.clone() for n, p in module.named_parameters() if p.grad is not None}
    module.load_state_dict(before)
    module.zero_grad()
    with torch.no_grad():
        kept = halves.prefix.eval()(pictures)
    halves.tail.train()
    torch.manual_seed(3)
    features = halves.tail(*kept)
    features.square().mean().backward()
    torch.testing.assert_close(features, whole, rtol=1e-5, atol=1e-5)
    learned = {n: p.grad for n, p in module.named_parameters() if p.grad is not None}
    assert learned.keys() == gradients.keys() and gradients
    for path, gradient in gradients.items():
        torch.testing.assert_close(learned[path], gradient, rtol=1e-4, atol=1e-5)


def test_halves_share_every_tensor_with_the_module() -> None:
    module, size = network("test_vit")
    halves = cut(module, 2, size)
    ids = {id(tensor) for tensor in (*module.parameters(), *module.buffers())}
    shared = {id(tensor) for half in (halves.prefix, halves.tail) for tensor in half.parameters()}
    assert shared == {id(parameter) for parameter in module.parameters()} <= ids


def test_the_prefix_does_no_work_of_the_tail_and_the_tail_none_of_the_prefix() -> None:
    module, size = network("test_resnet")
    halves = cut(module, 3, size)
    ran: list[str] = []
    for path, inner in module.named_modules():
        if not list(inner.children()):
            inner.register_forward_hook(lambda *_, path=path: ran.append(path))
    kept = halves.prefix.eval()(torch.rand(1, *size))
    assert ran and not [path for path in ran if path.startswith(("layer3", "layer4"))]
    ran.clear()
    halves.tail.eval()(*kept)
    assert ran and not [path for path in ran if path.startswith(("conv1", "layer1", "layer2"))]


def test_cutting_changes_nothing() -> None:
    module, size = network("test_efficientnet_evos", drops=True)  # it counts in its own forward
    module.train()
    module.blocks[0].eval()
    before = state(module)
    modes = [inner.training for inner in module.modules()]
    torch.manual_seed(5)
    cut(module, 2, size)
    assert torch.rand(1).item() == torch.rand(1, generator=torch.Generator().manual_seed(5)).item()
    assert modes == [inner.training for inner in module.modules()]
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())


def test_nothing_and_everything_may_lie_below_the_cut() -> None:
    module, size = network("test_resnet")
    module.eval()
    pictures = torch.rand(2, *size)
    nothing, everything = cut(module, 0, size), cut(module, 5, size)
    assert nothing.prefix(pictures)[0] is pictures
    assert torch.equal(nothing.tail(pictures), module(pictures))
    assert torch.equal(everything.tail(*everything.prefix(pictures)), module(pictures))
    assert everything.kept_shapes == ((96,),)
    assert everything.kept_values == 96
    with pytest.raises(ValueError, match="stage 6 of 5"):
        cut(module, 6, size)


def test_sizes_and_tables_that_cross_are_rebuilt_for_any_number_of_pictures() -> None:
    module, size = network("test_vit")
    halves = cut(module, 1, size)
    for count in (1, 5):
        pictures = torch.rand(count, *size)
        with torch.no_grad():
            torch.testing.assert_close(run(halves, pictures), module(pictures))


class Untraceable(nn.Module):
    """A backbone whose work depends on what is in the picture."""

    pretrained_cfg = {"input_size": (3, 8, 8)}  # noqa: RUF012 - timm's own form

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 1)
        self.blocks = nn.ModuleList(nn.Conv2d(4, 4, 1) for _ in range(3))
        self.num_features = 4

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        for block in self.blocks:
            if x.mean() > 0:
                x = block(x)
        return x.mean((2, 3))


def test_a_model_that_cannot_be_traced_is_run_whole() -> None:
    module = Untraceable()
    with pytest.raises(CutImpossible):
        cut(module, 2)
    whole = cut_or_whole(module, 2)
    assert whole.stage_index == 0
    assert torch.equal(whole.tail(torch.ones(1, 3, 8, 8)), module(torch.ones(1, 3, 8, 8)))
