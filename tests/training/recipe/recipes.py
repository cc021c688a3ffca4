"""Any recipe, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from tlcore.training.recipe.recipe import Recipe

STAGES = ("edges", "textures", "parts", "objects")

recipes = st.builds(
    Recipe,
    backbone=st.sampled_from(["resnet18", "vit_tiny_patch16_224.augreg_in21k_ft_in1k"]),
    learning=st.one_of(
        st.sampled_from(["head", "last", "all", "from:parts", "from:2"]),
        st.lists(st.booleans(), min_size=4, max_size=4).map(tuple),
    ),
    epochs=st.integers(1, 1000),
    head_epochs=st.integers(0, 1000),
    batch_size=st.integers(1, 1024),
    head_rate=st.floats(1e-8, 100),
    backbone_rate=st.floats(1e-8, 100),
    layer_decay=st.floats(0.01, 1),
    unfreezing=st.sampled_from(["at_once", "gradual"]),
    optimizer=st.sampled_from(["adamw", "sgd"]),
    schedule=st.sampled_from(["cosine", "constant"]),
    warm_up=st.floats(0, 0.5),
    dropout=st.floats(0, 0.95),
    label_smoothing=st.floats(0, 0.5),
    hidden=st.lists(st.integers(1, 8192), max_size=2).map(tuple),
    head=st.sampled_from(["linear", "cosine"]),
    moving_statistics=st.sampled_from([None, True, False]),
    views=st.integers(1, 64),
    flips=st.booleans(),
    turn=st.floats(0, 180),
    erasing=st.floats(0, 1),
    mixup=st.floats(0, 2),
    seed=st.integers(0, 2**31 - 1),
)
