"""Orders a network's layers from the input up and groups them: timm's groups, merged to a few.

timm says in which order a model's layers come (`group_matcher`) and where it halves its resolution
(`feature_info`); what lies between two such halvings goes together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from timm.models._manipulate import group_with_matcher
from torch import nn

MOST_STAGES = 7
FEWEST_STAGES = 3
# Layers after the last halving (a wide layer after pooling, say) join the last stage unless they
# hold more than this share of all parameters, as the two great layers of VGG do.
OWN_STAGE_SHARE = 2 / 3


def leaves(backbone: nn.Module) -> list[str]:
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


def groups_of(backbone: nn.Module, layers: Sequence[str]) -> dict[str, int]:
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
        groups: Mapping[str, int] = group_with_matcher(pairs, matcher, reverse=True)
    except TypeError:  # a matcher function that leaves some name without a place
        return {}
    return dict(groups) if len(groups) == len(names) else {}


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


def merged(backbone: nn.Module, groups: dict[str, int]) -> list[int]:
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
