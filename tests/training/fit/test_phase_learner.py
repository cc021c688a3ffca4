"""What learns in a phase: which parameters, which decay, and what is frozen meanwhile."""

from __future__ import annotations

from pathlib import Path

import torch

from tlcore.jobs.stopping import never
from tlcore.training.data.training_set import TrainingSet
from tlcore.training.fit.objective import objective_of
from tlcore.training.fit.phase_learner import _groups, phase_learner
from tlcore.training.inputs.assembly import assemble
from tlcore.training.inputs.feature_cache import FeatureCache
from tlcore.training.recipe.recipe import Recipe


def test_weights_decay_but_neither_norms_nor_what_the_network_spares(pictures: TrainingSet) -> None:
    recipe = Recipe.read({"backbone": "test_vit", "pretrained": False, "learning": "all"})
    assembly = assemble(recipe, pictures)
    groups = _groups(assembly, assembly.phases[0])
    named = {id(value): name for group in groups for name, value in group.parameters}
    decaying, spared = (
        {named[id(value)] for group in groups for value in group.decaying(decays)}
        for decays in (True, False)
    )
    assert {"backbone.pos_embed", "backbone.cls_token", "backbone.norm.weight"} <= spared
    assert {"head.linear.weight", "backbone.blocks.0.attn.qkv.weight"} <= decaying
    assert not decaying & spared and len(decaying | spared) == len(named)
    assert all(known in spared for known in named.values() if known.endswith(".bias"))


def test_a_learner_freezes_what_its_phase_freezes_and_cuts_made_later_change_nothing(
    pictures: TrainingSet, tmp_path: Path
) -> None:
    recipe = Recipe.read(
        {"backbone": "test_resnet", "pretrained": False, "learning": "last", "epochs": 4,
         "head_epochs": 2}
    )  # fmt: skip
    assembly = assemble(recipe, pictures)
    phase = assembly.phases[-1]
    with FeatureCache(assembly, tmp_path, never) as cache:
        objective = objective_of(recipe, assembly.label_weights)
        cut = assembly.cuts.of(phase)
        learner = phase_learner(assembly, phase, cut, objective, cache.precisions, steps=10)
        learning = {n for n, p in assembly.backbone.module.named_parameters() if p.requires_grad}
        assert learning == set(assembly.stages[-1].parameter_names)
        for _ in (assembly.common_cut, *map(assembly.cuts.of, assembly.phases)):
            cache.precisions.training(assembly.phases[0])
        after = {n for n, p in assembly.backbone.module.named_parameters() if p.requires_grad}
        assert after == learning
        cut.tail.train()
        assert any(module.training for module in cut.tail.modules() if not list(module.children()))
        assert isinstance(learner.features(_kept(cut.kept_shapes)), torch.Tensor)


def _kept(shapes: tuple[tuple[int, ...], ...]) -> tuple[torch.Tensor, ...]:
    return tuple(torch.zeros(2, *shape) for shape in shapes)
