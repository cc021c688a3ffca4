"""A cut depends on nothing but what is asked for: not on what is frozen, nor on the order."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tlcore.backbones.cut.cut import Cut
from tlcore.backbones.cut.stages import freeze
from tlcore.training.data.training_set import TrainingSet
from tlcore.training.inputs.assembly import Assembly, assemble
from tlcore.training.recipe.recipe import Recipe


@pytest.fixture
def assembly(pictures: TrainingSet) -> Assembly:
    recipe = Recipe(
        backbone="test_resnet", pretrained=False, learning="upper", head_epochs=1, epochs=3
    )
    return assemble(recipe, pictures)


def freedom(backbone: nn.Module) -> tuple[list[bool], list[bool]]:
    """What learns, and which modules are in training mode after the backbone was put in it."""
    learns = [parameter.requires_grad for parameter in backbone.parameters()]
    mode = backbone.training
    backbone.train()
    trained = [module.training for module in backbone.modules()]
    backbone.train(mode)
    return learns, trained


def code(cut: Cut) -> list[str]:
    """What both halves compute in both modes, as source text."""
    halves = (cut.prefix, cut.tail)
    return [module.code for half in halves for module in half.modules() if hasattr(module, "code")]


@pytest.mark.parametrize("learning", ["none", "all", "phase"])
def test_making_a_cut_leaves_the_backbone_as_it_was(assembly: Assembly, learning: str) -> None:
    backbone, count = assembly.backbone.module, len(assembly.stages)
    last = assembly.phases[-1]
    freeze(backbone, {"none": (False,) * count, "all": (True,) * count, "phase": last.learning}[
        learning
    ])  # fmt: skip
    before = freedom(backbone)
    modes = [module.training for module in backbone.modules()]
    for made in (assembly.cuts.of(last), assembly.cuts.frozen(2), assembly.common_cut):
        assert made.kept_shapes
        assert [module.training for module in backbone.modules()] == modes
        assert freedom(backbone) == before


def test_the_order_of_cuts_does_not_matter(pictures: TrainingSet, assembly: Assembly) -> None:
    last = assembly.phases[-1]
    other = assemble(assembly.recipe, pictures)
    first = [assembly.cuts.of(last), assembly.cuts.frozen(last.cut)]
    freeze(other.backbone.module, (False,) * len(other.stages))
    second = [other.cuts.frozen(last.cut), other.cuts.of(last)][::-1]
    assert [code(cut) for cut in first] == [code(cut) for cut in second]
    batch = torch.rand(2, *assembly.size)
    for mine, its in zip(first, second, strict=True):
        kept = mine.prefix.eval()(batch)
        assert torch.equal(mine.tail.eval()(*kept), its.tail.eval()(*its.prefix.eval()(batch)))


def test_the_same_cut_is_made_once(assembly: Assembly) -> None:
    assert assembly.cuts.frozen(2) is assembly.cuts.frozen(2)
    assert assembly.common_cut is assembly.common_cut
    assert assembly.cuts.of(assembly.phases[-1]) is not assembly.common_cut
