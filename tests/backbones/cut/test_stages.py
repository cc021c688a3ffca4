"""Stages of every family: complete, in order, few; and frozen means frozen."""

from __future__ import annotations

import pytest
import timm
import torch
from torch import nn

from tests.backbones.networks import FAMILIES, cases, network, state
from tlcore.backbones.cut.grouping import FEWEST_STAGES, MOST_STAGES
from tlcore.backbones.cut.stages import freeze, stages
from tlcore.backbones.outline import outline

TIMM_FILES = sorted(
    {timm.model_entrypoint(name).__module__: name for name in reversed(timm.list_models())}.values()
)


def check_complete(module: nn.Module) -> None:
    all_stages = stages(module)
    assert FEWEST_STAGES <= len(all_stages) <= MOST_STAGES
    assert [stage.index for stage in all_stages] == list(range(len(all_stages)))
    assert len({stage.name for stage in all_stages}) == len(all_stages)
    names = [name for stage in all_stages for name in stage.parameter_names]
    assert sorted(names) == sorted(name for name, _ in module.named_parameters())
    buffers = [name for stage in all_stages for name in stage.buffer_names]
    assert sorted(buffers) == sorted(name for name, _ in module.named_buffers())
    assert sum(stage.parameters for stage in all_stages) == sum(
        p.numel() for p in module.parameters()
    )
    assert all(stage.parameters > 0 for stage in all_stages)


@pytest.mark.parametrize("name", FAMILIES)
def test_every_tensor_belongs_to_exactly_one_of_a_few_stages(name: str) -> None:
    check_complete(outline(name))


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", TIMM_FILES)
def test_so_it_is_in_every_file_of_timm(name: str) -> None:
    check_complete(outline(name))


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("resnet18", ["bn1", "layer1", "layer2", "layer3", "layer4"]),
        ("vgg16", ["features.2", "features.7", "features.14", "features.21", "features.28",
                   "pre_logits.fc2"]),
        ("vit_tiny_patch16_224", ["patch_embed.proj", "blocks.2", "blocks.5", "blocks.8", "norm"]),
        ("inception_v3", ["Conv2d_2b_3x3", "Conv2d_4a_3x3", "Mixed_5d", "Mixed_6e", "Mixed_7c"]),
        ("vit_base_patch32_clip_224", ["norm_pre", "blocks.2", "blocks.5", "blocks.8", "norm"]),
    ],
)  # fmt: skip
def test_stages_end_where_a_reader_of_the_network_would_end_them(
    name: str, ends: list[str]
) -> None:
    last = [stage.parameter_names[-1] for stage in stages(outline(name))]
    assert all(path.startswith(f"{end}.") for path, end in zip(last, ends, strict=True)), last


def train_a_little(module: nn.Module, size: tuple[int, int, int]) -> None:
    """Two steps with momentum and weight decay on whatever still learns."""
    module.train()
    learning = [parameter for parameter in module.parameters() if parameter.requires_grad]
    optimiser = torch.optim.SGD(learning, lr=0.1, momentum=0.9, weight_decay=0.1)
    for _ in range(2):
        optimiser.zero_grad()
        module(torch.rand(4, *size)).square().mean().backward()
        optimiser.step()


@pytest.mark.parametrize("name", cases())
def test_frozen_stages_are_bit_identical_after_training_and_the_others_are_not(name: str) -> None:
    module, size = network(name, drops=True)
    all_stages = stages(module)
    learning = [stage.index >= len(all_stages) - 2 for stage in all_stages]
    freeze(module, learning)
    before = state(module)
    train_a_little(module, size)
    after = module.state_dict()
    persistent = set(before)
    for stage, learns in zip(all_stages, learning, strict=True):
        own = [n for n in (*stage.parameter_names, *stage.buffer_names) if n in persistent]
        same = [torch.equal(before[tensor], after[tensor]) for tensor in own]
        assert all(same) if not learns else not all(same)


def test_frozen_modules_stay_in_evaluation_mode_inside_containers_that_train() -> None:
    module, _ = network("test_vit", drops=True)  # its blocks lie in one container
    count = len(stages(module))
    freeze(module, [index == count - 1 for index in range(count)])
    module.train()
    assert module.training
    assert module.blocks.training
    assert not module.blocks[0].training
    assert not module.blocks[0].drop_path1.training
    assert module.blocks[-1].training
    module.eval()
    assert not any(inner.training for inner in module.modules())


def test_a_stage_in_the_middle_can_be_frozen() -> None:
    module, size = network("test_resnet")
    freeze(module, [True, True, False, True, True])
    before = state(module)
    train_a_little(module, size)
    changed = {name for name, tensor in module.state_dict().items()
               if not torch.equal(before[name], tensor)}  # fmt: skip
    assert "layer1.0.conv1.weight" in changed
    assert "layer3.0.conv1.weight" in changed
    assert not [name for name in changed if name.startswith("layer2.")]


def test_freezing_can_be_taken_back() -> None:
    module, _ = network("test_resnet")
    freeze(module, [False] * 5)
    assert not module.train().training
    assert not any(parameter.requires_grad for parameter in module.parameters())
    freeze(module, [True] * 5)
    module.train()
    assert all(inner.training for inner in module.modules())
    assert all(parameter.requires_grad for parameter in module.parameters())


def test_a_wrong_number_of_choices_is_refused() -> None:
    module, _ = network("test_resnet")
    with pytest.raises(ValueError, match="2 choices for 5 stages"):
        freeze(module, [True, False])
