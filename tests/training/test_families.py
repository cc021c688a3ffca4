"""Frozen means frozen, in every family of networks: parameters and statistics, bit for bit."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tlcore.training.classifier import Classifier
from tlcore.training.examples import TrainingSet
from tlcore.training.loop import Training
from tlcore.training.recipe import Recipe
from tlcore.workspace.records import Split

FAMILIES = (
    "resnet18",
    "mobilenetv3_small_050",
    "efficientnet_b0",
    "vgg11_bn",
    "inception_v3",
    "convnext_atto",
    "vit_tiny_patch16_224",
)


def few(pictures: TrainingSet) -> TrainingSet:
    """Two pictures of each label to learn from, one to validate with."""
    chosen = []
    for target in range(len(pictures.labels)):
        for split, count in ((Split.TRAIN, 2), (Split.VALIDATION, 1)):
            chosen += [one for one in pictures.of(split) if one.target == target][:count]
    return TrainingSet(pictures.labels, tuple(chosen))


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("learning", ["last", "middle"])
def test_frozen_stages_are_untouched(
    family: str, learning: str, pictures: TrainingSet, tmp_path: Path
) -> None:
    middle = Recipe(backbone=family, learning="last", epochs=1, pretrained=False)
    if learning == "middle":
        stages = len(
            Training(middle, few(pictures), tmp_path / "m", tmp_path / "home").assembly.stages
        )
        pattern = tuple(index == stages // 2 for index in range(stages))
        middle = middle.with_changes(learning=pattern)
    # random weights do for this, and their statistics move, which is the harder case
    recipe = middle.with_changes(batch_size=3, backbone_rate=0.01, head_rate=0.01, dropout=0.2)
    training = Training(recipe, few(pictures), tmp_path / "c", tmp_path / "home")
    module = training.assembly.backbone.module
    before = {name: one.clone() for name, one in module.state_dict().items()}
    list(training.events())
    after = module.state_dict()
    learns = training.assembly.phases[-1].learning
    for stage in training.assembly.stages:
        names = (*stage.parameter_names, *stage.buffer_names)
        moved = [n for n in names if n in before and not torch.equal(before[n], after[n])]
        assert bool(moved) == learns[stage.index], (stage.name, moved[:3])
    saved = Classifier.load(tmp_path / "c").network.backbone.state_dict()
    assert all(torch.equal(saved[name].cpu(), after[name].cpu()) for name in after)
