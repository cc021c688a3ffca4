"""The stages of a backbone, from the input up: what a user freezes or lets learn.

Works for any timm classification model: timm says in which order a model's layers come
(`group_matcher`), and where it halves its resolution (`feature_info`); layers between two
such halvings form a stage. Every parameter and buffer belongs to exactly one stage.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MethodType
from typing import Any

from timm.models._manipulate import group_with_matcher
from torch import nn

MOST_STAGES = 7
FEWEST_STAGES = 3
# Layers after the last halving (a wide layer after pooling, say) join the last stage unless they
# hold more than this share of all parameters, as the two great layers of VGG do.
OWN_STAGE_SHARE = 2 / 3

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
    layers = _layers(backbone)
    groups = _groups(backbone, layers)
    stage_of_group = _merge(backbone, layers, groups)
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
    found = stages(backbone)
    if len(learning) != len(found):
        raise ValueError(f"{len(learning)} choices for {len(found)} stages")
    parameters = dict(backbone.named_parameters())
    modules = dict(backbone.named_modules())
    for stage, learns in zip(found, learning, strict=True):
        for name in stage.parameter_names:
            parameters[name].requires_grad_(learns)
        for path in stage.modules:
            _guard(modules[path], frozen=not learns)
    if not any(learning):
        _guard(backbone, frozen=True)
    elif "train" in backbone.__dict__:
        _guard(backbone, frozen=False)
    backbone.train(backbone.training)


def _stay_in_evaluation(module: nn.Module, mode: bool = True) -> nn.Module:
    """Takes the place of `train` on a frozen module."""
    return nn.Module.train(module, False)


def _guard(module: nn.Module, *, frozen: bool) -> None:
    if frozen:
        module.__dict__["train"] = MethodType(_stay_in_evaluation, module)
        module.training = False
    else:
        module.__dict__.pop("train", None)


def _layers(backbone: nn.Module) -> list[str]:
    """Paths of all leaves in order of definition: tensors, and modules without children.

    The tensors of a module come before its children, as PyTorch lists them.
    """
    leaves: dict[str, None] = {}
    for path, module in backbone.named_modules():
        prefix = f"{path}." if path else ""
        own = [*module._parameters.items(), *module._buffers.items()]
        leaves.update({prefix + name: None for name, tensor in own if tensor is not None})
        if path and not module._modules:
            leaves[path] = None
    return list(leaves)


def _groups(backbone: nn.Module, layers: Sequence[str]) -> dict[str, int]:
    """Leaf path → number of its group in timm's order from the input up."""
    tensors = {name for name, _ in backbone.named_parameters(remove_duplicate=False)}
    tensors |= {name for name, _ in backbone.named_buffers(remove_duplicate=False)}
    ordered = [path for path in layers if path in tensors]
    matched = _matched(backbone, ordered)
    if len(set(matched.values())) < FEWEST_STAGES:
        matched = _by_definition(ordered)
    matched = _pull_back(ordered, matched, _unplaced(backbone, ordered))
    numbers = {group: i for i, group in enumerate(sorted(set(matched.values())))}
    return _with_bare_modules(layers, {path: numbers[g] for path, g in matched.items()})


def _matcher(backbone: nn.Module) -> Any:
    """timm's matcher for coarse groups, or None where a model has none."""
    try:
        return backbone.group_matcher(coarse=True)  # type: ignore[operator]
    except (AttributeError, AssertionError, NotImplementedError):
        return None


def _matched(backbone: nn.Module, names: Sequence[str]) -> dict[str, int]:
    matcher = _matcher(backbone)
    if matcher is None:
        return {}
    pairs: Iterator[tuple[str, str]] = ((name, name) for name in names)
    try:
        found: Mapping[str, int] = group_with_matcher(pairs, matcher, reverse=True)
    except TypeError:  # a matcher function that leaves some name without a place
        return {}
    return dict(found) if len(found) == len(names) else {}


def _by_definition(names: Sequence[str]) -> dict[str, int]:
    """Groups by module two levels deep, in order of definition: for models without a matcher."""
    heads = [re.match(r"[^.]+(\.\d+)?", name) for name in names]
    keys = [head.group(0) if head else name for head, name in zip(heads, names, strict=True)]
    order = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    return {name: order[key] for name, key in zip(names, keys, strict=True)}


def _unplaced(backbone: nn.Module, names: Sequence[str]) -> set[str]:
    """Names that the matcher knows only as "last": unmatched, or meant to follow what is last."""
    matcher = _matcher(backbone)
    if not isinstance(matcher, Mapping):
        return set()
    patterns: list[str] = []
    for spec in matcher.values():
        if isinstance(spec, (tuple, list)):
            patterns += [pattern for pattern, suffix in spec if not suffix or suffix[0] != 99999]
        elif spec is not None:
            patterns.append(spec)
    return {name for name in names if not any(re.match(p, name) for p in patterns)}


def _pull_back(names: Sequence[str], groups: dict[str, int], unplaced: set[str]) -> dict[str, int]:
    """Moves unplaced layers that are defined before lower groups down to what precedes them.

    CLIP's `norm_pre` is the case in point: its matcher puts all `norm…` behind the last block,
    yet it stands before the first one.
    """
    placed = dict(groups)
    lowest_after = len(names)
    for name in reversed(names):
        if name in unplaced:
            placed[name] = min(groups[name], lowest_after)
        else:
            lowest_after = min(lowest_after, groups[name])
    previous = min(placed.values(), default=0)
    for name in names:
        if name in unplaced and placed[name] < groups[name]:
            placed[name] = min(previous, placed[name])
        previous = placed[name]
    return placed


def _with_bare_modules(layers: Sequence[str], groups: dict[str, int]) -> dict[str, int]:
    """Adds modules without tensors (activations, pools, dropouts): each joins what precedes it."""
    last_inside: dict[str, int] = {}
    for name, group in groups.items():
        owner = name.rpartition(".")[0]
        last_inside[owner] = max(group, last_inside.get(owner, 0))
    full: dict[str, int] = {}
    previous = 0
    for path in layers:
        previous = groups.get(path, last_inside.get(path, previous))
        full[path] = previous
    return full


def _merge(backbone: nn.Module, layers: Sequence[str], groups: dict[str, int]) -> list[int]:
    """Stage of each group."""
    count = max(groups.values(), default=-1) + 1
    sizes = _group_sizes(backbone, groups, count)
    ends = _ends_by_reduction(backbone, groups, count)
    if len(ends) < FEWEST_STAGES:
        ends = list(range(count)) if count <= MOST_STAGES else _equal_parts(count)
    if ends and ends[-1] < count - 1:
        if sum(sizes[ends[-1] + 1 :]) > OWN_STAGE_SHARE * sum(sizes):
            ends.append(count - 1)
        else:
            ends[-1] = count - 1
    return [sum(group > end for end in ends) for group in range(count)]


def _group_sizes(backbone: nn.Module, groups: Mapping[str, int], count: int) -> list[int]:
    sizes = [0] * count
    for name, parameter in backbone.named_parameters():
        sizes[groups[name]] += parameter.numel()
    return sizes


def _ends_by_reduction(backbone: nn.Module, groups: Mapping[str, int], count: int) -> list[int]:
    """Last group at each resolution that `feature_info` names, ascending."""
    info = getattr(backbone, "feature_info", None)
    entries = getattr(info, "info", info) or []
    ends: dict[int, int] = {}
    for entry in entries:
        module = str(entry.get("module", ""))
        inside = [g for path, g in groups.items() if f"{path}.".startswith(f"{module}.")]
        if inside and "reduction" in entry:
            ends[int(entry["reduction"])] = max(inside)
    ascending: list[int] = []
    for _, end in sorted(ends.items()):
        if end < count and (not ascending or end > ascending[-1]):
            ascending.append(end)
    return ascending if len(ascending) <= MOST_STAGES else []


def _equal_parts(count: int, parts: int = 4) -> list[int]:
    """The stem by itself, then the rest in equal parts."""
    rest = count - 1
    return [0, *(round(rest * part / parts) for part in range(1, parts + 1))]


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
    found: dict[int, list[str]] = {}
    for path, _ in backbone.named_modules():
        if path and len(content.get(path, ())) == 1:
            found.setdefault(next(iter(content[path])), []).append(path)
    return {index: tuple(paths) for index, paths in found.items()}
