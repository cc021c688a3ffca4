"""Several cuts in one pass give what each cut gives by itself, in every family."""

from __future__ import annotations

import pytest
import timm
import torch

from tlcore.backbones.cut.cut import cut
from tlcore.backbones.cut.ladder import Ladder, ladder
from tlcore.backbones.cut.stages import freeze, stages

FAMILIES = ("test_resnet", "test_vit", "test_efficientnet", "test_convnext")
SIZE = (3, 64, 64)


def network(name: str) -> torch.nn.Module:
    torch.manual_seed(0)
    size = {"img_size": 64} if "vit" in name else {}
    module: torch.nn.Module = timm.create_model(name, num_classes=0, **size).eval()
    for buffer in module.buffers():
        if buffer.is_floating_point():
            buffer.add_(0.1 * torch.rand_like(buffer))
    return module


@pytest.mark.parametrize("name", FAMILIES)
def test_all_cuts_in_one_pass(name: str) -> None:
    module = network(name)
    count = len(stages(module))
    freeze(module, (False,) * count)
    cuts = [cut(module, index, SIZE) for index in range(1, count + 1)]
    pictures = torch.rand(3, *SIZE)
    with torch.inference_mode():
        together = ladder(module, cuts, SIZE)(pictures)
        alone = [tensor for halves in cuts for tensor in halves.prefix.eval()(pictures)]
    assert len(together) == len(alone)
    assert all(torch.equal(tensor, other) for tensor, other in zip(together, alone, strict=True))


def test_each_layer_is_run_once() -> None:
    module = network("test_resnet")
    count = len(stages(module))
    cuts = [cut(module, index, SIZE) for index in (1, count - 1, count)]
    made = ladder(module, cuts, SIZE)
    runs: dict[str, int] = {}
    for path, leaf in module.named_modules():
        if isinstance(leaf, torch.nn.Conv2d):
            leaf.register_forward_hook(
                lambda *_, path=path: runs.update({path: runs.get(path, 0) + 1})
            )
    made(torch.rand(2, *SIZE))
    assert runs and set(runs.values()) == {1}


def test_a_single_cut_is_its_own_prefix() -> None:
    module = network("test_resnet")
    single = cut(module, 2, SIZE)
    assert ladder(module, [single], SIZE) is single.prefix
    assert not isinstance(single.prefix, Ladder)
