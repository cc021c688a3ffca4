"""Frozen means frozen, in every family of networks: parameters and statistics, bit for bit."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tlcore.classifier.classifier import Classifier
from tlcore.training.data.training_set import TrainingSet
from tlcore.training.fit.loop import Training
from tlcore.training.recipe.recipe import Recipe
from tlcore.training.recipe.strategies import STRATEGIES, apply_strategy
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
LARGE = ("vgg11_bn", "inception_v3")


def few(pictures: TrainingSet) -> TrainingSet:
    """Two pictures of each label to learn from, one to validate with."""
    chosen = []
    for target in range(len(pictures.labels)):
        for split, count in ((Split.TRAIN, 2), (Split.VALIDATION, 1)):
            chosen += [example for example in pictures.of(split) if example.target == target][
                :count
            ]
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
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    list(training.events())
    after = module.state_dict()
    learns = training.assembly.phases[-1].learning
    for stage in training.assembly.stages:
        names = (*stage.parameter_names, *stage.buffer_names)
        moved = [n for n in names if n in before and not torch.equal(before[n], after[n])]
        assert bool(moved) == learns[stage.index], (stage.name, moved[:3])
    saved = Classifier.load(tmp_path / "c").network.backbone.state_dict()
    assert all(torch.equal(saved[name].cpu(), after[name].cpu()) for name in after)


def every_strategy() -> list[object]:
    """Each family with each strategy; the large ones by hand, for they take minutes."""
    return [
        pytest.param(
            family, strategy,
            marks=pytest.mark.exhaustive if family in LARGE else pytest.mark.slow,
        )
        for family in FAMILIES
        for strategy in STRATEGIES
    ]  # fmt: skip


@pytest.mark.parametrize(("family", "strategy"), every_strategy())
def test_what_has_not_learned_yet_is_untouched(
    family: str, strategy: str, pictures: TrainingSet, tmp_path: Path
) -> None:
    """After every epoch of every strategy: what was frozen until then is as it was, bit for bit."""
    plain = Recipe(
        backbone=family, epochs=2, batch_size=3, backbone_rate=0.01, head_rate=0.01,
        pretrained=False,
    )  # fmt: skip
    chosen = few(pictures)
    looked = Training(plain, chosen, tmp_path / "m", tmp_path / "home")
    names = [stage.name for stage in looked.assembly.stages]
    if strategy == "gradual":  # an epoch for the head, and one for each stage that joins
        plain = plain.with_changes(epochs=1 + len(names))
    training = Training(
        apply_strategy(strategy, plain, names, 100), chosen, tmp_path / "c", tmp_path / "home"
    )
    module, phases = training.assembly.backbone.module, training.assembly.phases
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    moved: set[int] = set()
    for event in training.events():
        if event.kind != "epoch":
            continue
        after = module.state_dict()
        moved = {
            stage.index
            for stage in training.assembly.stages
            for name in (*stage.parameter_names, *stage.buffer_names)
            if name in before and not torch.equal(before[name], after[name])
        }
        phase = next(phase for phase in phases if phase.name == event.data["phase"])
        assert moved == {index for index, learns in enumerate(phase.learning) if learns}
    assert len(moved) == sum(phases[-1].learning)
