"""Puts a network together for a training: backbone, new head, stages and phases."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from tlcore.backbones.batchnorm import BatchNormKind, batch_norm_kind
from tlcore.backbones.cut.cut import Cut
from tlcore.backbones.cut.stages import Stage, stages
from tlcore.backbones.engines.device import device as best_device
from tlcore.backbones.preprocessing import Preprocessing
from tlcore.backbones.weights import Backbone, load_backbone
from tlcore.classifier.network import Head, Network, label_weights
from tlcore.training.data.training_set import TrainingSet
from tlcore.training.inputs.cuts import Cuts
from tlcore.training.inputs.warm_start import WarmStart, warm_start
from tlcore.training.recipe.batchnorm_mode import BatchNormMode, choose_batchnorm_mode
from tlcore.training.recipe.phases import Phase, phases_of
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace.records import Split


@dataclass(frozen=True)
class Assembly:
    """A network before its first step, on the device where it will learn.

    What is frozen in it is not part of it: a learner freezes it for its phase, and nothing here
    depends on that. `targets` (N,) are those of the training examples, `label_weights` (labels,)
    what an example of each label counts.
    """

    recipe: Recipe
    examples: TrainingSet
    backbone: Backbone
    network: Network
    stages: tuple[Stage, ...]
    phases: tuple[Phase, ...]
    cuts: Cuts
    targets: Tensor
    label_weights: Tensor
    device: torch.device
    batch_norm: BatchNormKind
    warm: WarmStart | None = None

    @property
    def preprocessing(self) -> Preprocessing:
        """How pictures are prepared for the backbone."""
        return self.backbone.preprocessing

    @cached_property
    def learning(self) -> tuple[str, ...]:
        """Names in the network's state of all tensors that some phase may change."""
        ever = [any(phase.learning[stage.index] for phase in self.phases) for stage in self.stages]
        names = [f"head.{name}" for name in self.network.head.state_dict()]
        for stage in self.stages:
            if ever[stage.index]:
                names += [f"backbone.{name}" for name in stage.parameter_names]
                names += [f"backbone.{name}" for name in stage.buffer_names]
        known = self.network.state_dict()
        return tuple(name for name in names if name in known)

    @property
    def warm_head(self) -> bool:
        """Whether the head begins with what an earlier one has learned."""
        return self.warm is not None and bool(self.warm.labels)

    @property
    def size(self) -> tuple[int, int, int]:
        """(C, H, W) of the pictures that enter the backbone."""
        return self.preprocessing.input_size

    def fingerprint(self, stage_index: int) -> str:
        """Names the weights of all stages below this one: equal names, equal features."""
        changed = self.warm.stages if self.warm else {}
        below = [digest for index, digest in sorted(changed.items()) if index < stage_index]
        if not below:
            return self.backbone.fingerprint
        text = " ".join([self.backbone.fingerprint, *below])
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def pooled(self, cut: Cut) -> bool:
        """Whether the whole backbone lies below a cut, so that only the head learns above it."""
        return cut.stage_index == len(self.stages)

    @property
    def common_cut(self) -> Cut:
        """Everything frozen, divided where no phase changes what is below."""
        return self.cuts.frozen(min(phase.cut for phase in self.phases))

    @cached_property
    def validation_targets(self) -> Tensor:
        """Targets (N,) of the validation examples."""
        return torch.tensor(self.examples.targets(Split.VALIDATION), device=self.device)

    @property
    def parameter_counts(self) -> tuple[int, int]:
        """(those that learn in some phase, those that stay frozen)."""
        learning = set(self.learning)
        sizes = {name: tensor.numel() for name, tensor in self.network.named_parameters()}
        changed = sum(size for name, size in sizes.items() if name in learning)
        return changed, sum(sizes.values()) - changed

    @property
    def statistics(self) -> BatchNormMode:
        """Whether BatchNorm statistics of learning stages move, and why."""
        return choose_batchnorm_mode(self.recipe, self.batch_norm)


def assemble(
    recipe: Recipe,
    examples: TrainingSet,
    device: torch.device | None = None,
    *,
    start: Path | None = None,
) -> Assembly:
    """Load the backbone and put a new head on it, initialised by the recipe's seed.

    With `start`, what that classifier folder has learned is taken over.
    Raises UnknownModel, WeightsUnavailable, RecipeRefused, ClassifierInvalid.
    """
    device = device or best_device()
    torch.manual_seed(recipe.seed)  # for a backbone with random weights
    backbone = load_backbone(recipe.backbone, pretrained=recipe.pretrained)
    backbone_stages = tuple(stages(backbone.module))
    phases = phases_of(recipe, [stage.name for stage in backbone_stages])
    torch.manual_seed(recipe.seed)
    kind, hidden, dropout = recipe.head, recipe.hidden, recipe.dropout
    labels = len(examples.labels)
    head = Head(backbone.features, labels, hidden=hidden, dropout=dropout, kind=kind)
    network = Network(backbone.module, head)
    warm = _warm(network, backbone, backbone_stages, examples, start)
    network = network.to(device).to(memory_format=torch.channels_last)
    targets = examples.targets(Split.TRAIN)
    return Assembly(
        recipe=recipe,
        examples=examples,
        backbone=backbone,
        network=network,
        stages=backbone_stages,
        phases=phases,
        cuts=Cuts(backbone.module, backbone.preprocessing.input_size, len(backbone_stages)),
        targets=torch.tensor(targets, device=device),
        label_weights=_label_weights(recipe, targets, labels).to(device),
        device=device,
        batch_norm=batch_norm_kind(backbone.module),
        warm=warm,
    )


def _warm(
    network: Network,
    backbone: Backbone,
    backbone_stages: tuple[Stage, ...],
    examples: TrainingSet,
    start: Path | None,
) -> WarmStart | None:
    """Take over what the classifier folder `start` has learned, where one is given."""
    if start is None:
        return None
    return warm_start(network, backbone_stages, backbone.card.name, examples.labels, start)


def _label_weights(recipe: Recipe, targets: list[int], labels: int) -> Tensor:
    """What an example of each label counts, (labels,): the same, or balanced by their numbers."""
    return label_weights(targets, labels) if recipe.label_weights else torch.ones(labels)
