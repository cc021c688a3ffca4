"""The stages of a backbone, from the input up: what a user freezes or lets learn.

Works for any timm classification model. Every parameter and buffer belongs to exactly one stage.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MethodType

from torch import nn

from tlcore.backbones.cut.grouping import groups_of, leaves, merged

# name, title, words; which of them a backbone gets depends on how many stages it has.
_WORDS = {
    "edges": ("Edges", "Lines, corners and colours."),
    "contours": ("Contours", "Lines that go on and bend."),
    "textures": ("Textures", "Grain, hair, bricks, leaves."),
    "patterns": ("Patterns", "Shapes that repeat: stripes, grids, rings."),
    "parts": ("Parts", "Eyes, wheels, petals, windows."),
    "objects": ("Objects", "Whole things and scenes."),
    "summary": ("Summary", "What matters about the whole picture."),
}
_NAMES: dict[int, tuple[str, ...]] = {
    1: ("objects",),
    2: ("textures", "objects"),
    3: ("edges", "textures", "objects"),
    4: ("edges", "textures", "parts", "objects"),
    5: ("edges", "textures", "patterns", "parts", "objects"),
    6: ("edges", "textures", "patterns", "parts", "objects", "summary"),
    7: ("edges", "contours", "textures", "patterns", "parts", "objects", "summary"),
}


@dataclass(frozen=True)
class Stage:
    """One step of a backbone. Names of parameters, buffers and modules are paths in the backbone.

    `modules` holds every module whose whole content lies in this stage, containers included.
    """

    index: int
    name: str
    title: str
    words: str
    parameters: int
    parameter_names: tuple[str, ...]
    buffer_names: tuple[str, ...]
    modules: tuple[str, ...]


def stages(backbone: nn.Module) -> list[Stage]:
    """The stages of `backbone` (a timm model with `num_classes=0`), from the input up, 3 to 7.

    A model with fewer than three groups of layers has as many stages as groups.
    """
    layers = leaves(backbone)
    groups = groups_of(backbone, layers)
    stage_of_group = merged(backbone, groups)
    stage_of = {path: stage_of_group[group] for path, group in groups.items()}
    return _describe(backbone, layers, stage_of)


def width(backbone: nn.Module) -> int:
    """How many pooled features a timm model with `num_classes=0` gives."""
    features: object = getattr(backbone, "head_hidden_size", None) or backbone.num_features
    return int(str(features))


def stage_of_tensors(backbone_stages: Sequence[Stage]) -> dict[str, int]:
    """Path of each parameter and buffer → index of its stage."""
    return {
        name: stage.index
        for stage in backbone_stages
        for name in (*stage.parameter_names, *stage.buffer_names)
    }


def freeze(backbone: nn.Module, learning: Sequence[bool]) -> None:
    """Lets the stages learn where `learning` is true, and freezes the others, for good.

    Frozen parameters get no gradient, and frozen modules stay in evaluation mode even after
    `backbone.train()`, so their BatchNorm statistics do not move and nothing is dropped in them.
    A container that spans frozen and learning stages follows `train()` itself; its frozen parts
    do not. Call again with another choice at any time.

    Raises:
        ValueError: `learning` has not one entry per stage.
    """
    all_stages = stages(backbone)
    if len(learning) != len(all_stages):
        raise ValueError(f"{len(learning)} choices for {len(all_stages)} stages")
    parameters = dict(backbone.named_parameters())
    modules = dict(backbone.named_modules())
    for stage, learns in zip(all_stages, learning, strict=True):
        for name in stage.parameter_names:
            parameters[name].requires_grad_(learns)
        for path in stage.modules:
            _guard(modules[path], frozen=not learns)
    if not any(learning):
        _guard(backbone, frozen=True)
    elif "train" in backbone.__dict__:
        _guard(backbone, frozen=False)
    backbone.train(backbone.training)


@contextmanager
def frozen_as(backbone: nn.Module, learning: Sequence[bool]) -> Iterator[None]:
    """`freeze` inside the block only: afterwards everything learns, or not, as it did before.

    Raises:
        ValueError: `learning` has not one entry per stage.
    """
    learns = [(parameter, parameter.requires_grad) for parameter in backbone.parameters()]
    modules = [(module, "train" in module.__dict__, module.training)
               for module in backbone.modules()]  # fmt: skip
    try:
        freeze(backbone, learning)
        yield
    finally:
        for parameter, before in learns:
            parameter.requires_grad_(before)
        for module, frozen, mode in modules:
            _guard(module, frozen=frozen)
            module.training = mode


def _stay_in_evaluation(module: nn.Module, mode: bool = True) -> nn.Module:
    """Takes the place of `train` on a frozen module."""
    return nn.Module.train(module, False)


def _guard(module: nn.Module, *, frozen: bool) -> None:
    if frozen:
        module.__dict__["train"] = MethodType(_stay_in_evaluation, module)
        module.training = False
    else:
        module.__dict__.pop("train", None)


def _describe(
    backbone: nn.Module, layers: Sequence[str], stage_of: Mapping[str, int]
) -> list[Stage]:
    count = max(stage_of.values(), default=-1) + 1
    parameters = dict(backbone.named_parameters())
    buffers = dict(backbone.named_buffers())
    modules = _modules_by_stage(backbone, layers, stage_of)
    described = []
    for index, name in enumerate(_NAMES[count]):
        own = tuple(path for path in parameters if stage_of[path] == index)
        described.append(
            Stage(
                index=index,
                name=name,
                title=_WORDS[name][0],
                words=_WORDS[name][1],
                parameters=sum(parameters[path].numel() for path in own),
                parameter_names=own,
                buffer_names=tuple(path for path in buffers if stage_of[path] == index),
                modules=modules.get(index, ()),
            )
        )
    return described


def _modules_by_stage(
    backbone: nn.Module, layers: Sequence[str], stage_of: Mapping[str, int]
) -> dict[int, tuple[str, ...]]:
    """Modules (root excluded) whose leaves all lie in one stage, by that stage."""
    content: dict[str, set[int]] = {}
    for leaf in layers:
        parts = leaf.split(".")
        for length in range(1, len(parts) + 1):
            content.setdefault(".".join(parts[:length]), set()).add(stage_of[leaf])
    by_stage: dict[int, list[str]] = {}
    for path, _ in backbone.named_modules():
        if path and len(content.get(path, ())) == 1:
            by_stage.setdefault(next(iter(content[path])), []).append(path)
    return {index: tuple(paths) for index, paths in by_stage.items()}
