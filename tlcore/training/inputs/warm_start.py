"""Begins a training with what an earlier classifier has learned."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from tlcore.backbones.cut.stages import Stage
from tlcore.classifier.classifier import Classifier
from tlcore.classifier.manifest import has_classifier
from tlcore.classifier.network import Head, Network
from tlcore.errors import RecipeRefused


@dataclass(frozen=True)
class WarmStart:
    """What was taken over: `labels` by name, and digests of the `stages` that had learned.

    Without labels the head starts anew, because the earlier one has another shape.
    """

    labels: tuple[str, ...]
    stages: dict[int, str]

    @property
    def words(self) -> str:
        """A note for people."""
        stages = "one stage" if len(self.stages) == 1 else f"{len(self.stages)} stages"
        if self.labels:
            learned = f" and {stages} that had learned" if self.stages else ""
            return f"It goes on from what was learned before: {len(self.labels)} labels{learned}."
        anew = "The head starts anew, because the earlier one has another shape or other labels."
        return f"{anew} What {stages} had learned is taken over." if self.stages else anew


def warm_start(
    network: Network,
    stages: tuple[Stage, ...],
    backbone: str,
    labels: tuple[str, ...],
    folder: Path,
) -> WarmStart:
    """Take over all learned stages, and the head's rows of labels with the same name.

    `backbone` is the name of the network's backbone, `labels` are those of its head. New labels
    start at zero. Raises RecipeRefused: no classifier there, or another backbone;
    ClassifierInvalid: it cannot be read.
    """
    if not has_classifier(folder):
        raise RecipeRefused(
            "The run to start from has left no classifier.",
            "Choose another run, or start from the beginning.",
        )
    earlier = Classifier.load(folder)
    name = earlier.manifest.backbone.name
    if name != backbone:
        raise RecipeRefused(
            f"What was learned stands on {name}, but this training on {backbone}.",
            "Choose the same backbone, or start from the beginning.",
        )
    changed = _copy_stages(network.backbone, stages, earlier.network.backbone)
    common = _copy_head(network.head, labels, earlier)
    return WarmStart(common, changed)


def _copy_stages(
    backbone: nn.Module, stages: tuple[Stage, ...], earlier: nn.Module
) -> dict[int, str]:
    """Copy what differs; a digest of its tensors for each stage in which something does."""
    now, before = backbone.state_dict(), earlier.state_dict()
    digests = {}
    for stage in stages:
        names = [n for n in (*stage.parameter_names, *stage.buffer_names) if n in before]
        if any(not torch.equal(now[n].cpu(), before[n]) for n in names):
            digests[stage.index] = _digest([before[n] for n in names])
    backbone.load_state_dict(before)
    return digests


def _digest(tensors: list[Tensor]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for tensor in tensors:
        digest.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


@torch.no_grad()
def _copy_head(head: Head, labels: tuple[str, ...], earlier: Classifier) -> tuple[str, ...]:
    """Copy what fits; the names of the labels that were taken over."""
    now, before = head.state_dict(), earlier.network.head.state_dict()
    row_names = {"linear.weight", "linear.bias"} & set(now)
    alike = now.keys() == before.keys() and all(
        now[n].shape[1:] == before[n].shape[1:]
        if n in row_names
        else now[n].shape == before[n].shape
        for n in now
    )
    common = tuple(label for label in labels if label in earlier.labels)
    if not alike or not common:
        return ()
    for name in now:
        if name not in row_names:
            now[name].copy_(before[name])
            continue
        for label in common:
            now[name][labels.index(label)].copy_(before[name][earlier.labels.index(label)])
    return common
