"""A training put together: which parameters learn, and which of them decay."""

from __future__ import annotations

from tlcore.training.data.training_set import TrainingSet
from tlcore.training.inputs.assembly import assemble
from tlcore.training.recipe.recipe import Recipe


def test_weights_decay_but_neither_norms_nor_what_the_network_spares(pictures: TrainingSet) -> None:
    recipe = Recipe.read({"backbone": "test_vit", "pretrained": False, "learning": "all"})
    assembly = assemble(recipe, pictures)
    assembly.cut(assembly.phases[0])
    groups = assembly._groups(assembly.phases[0])
    named = {id(one): name for group in groups for name, one in group.parameters}
    decaying, spared = (
        {named[id(one)] for group in groups for one in group.decaying(decays)}
        for decays in (True, False)
    )
    assert {"backbone.pos_embed", "backbone.cls_token", "backbone.norm.weight"} <= spared
    assert {"head.linear.weight", "backbone.blocks.0.attn.qkv.weight"} <= decaying
    assert not decaying & spared and len(decaying | spared) == len(named)
    assert all(known in spared for known in named.values() if known.endswith(".bias"))
