"""Puts a training together: backbone, new head, stages, phases, and what the manifest will say."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tlcore.backbones.batchnorm import BatchNormKind, batch_norm_kind
from tlcore.backbones.cut.cut import Cut, cut_or_whole
from tlcore.backbones.cut.stages import Stage, freeze, stages
from tlcore.backbones.engines.device import device as best_device
from tlcore.backbones.preprocessing import Preprocessing
from tlcore.backbones.weights import Backbone, load_backbone
from tlcore.classifier.network import Head, Network, label_weights
from tlcore.classifier.writer import ClassifierWriter, versions
from tlcore.training.data.training_set import TrainingSet
from tlcore.training.fit.best_weights import Keeper
from tlcore.training.fit.learner import Learner
from tlcore.training.fit.optim import ParameterGroup
from tlcore.training.inputs.warm_start import WarmStart, warm_start
from tlcore.training.recipe.batchnorm_mode import BatchNormMode, choose_batchnorm_mode
from tlcore.training.recipe.phases import Phase, phases_of
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace.records import Split


@dataclass(frozen=True)
class Assembly:
    """A network before its first step, on the device where it will learn."""

    recipe: Recipe
    examples: TrainingSet
    backbone: Backbone
    network: Network
    stages: tuple[Stage, ...]
    phases: tuple[Phase, ...]
    manifest: dict[str, Any]
    targets: Tensor
    label_weights: Tensor
    device: torch.device
    batch_norm: BatchNormKind
    warm: WarmStart | None = None
    _frozen_cuts: dict[int, Cut] = field(default_factory=dict)

    @property
    def preprocessing(self) -> Preprocessing:
        return self.backbone.preprocessing

    @property
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
    def head_taken(self) -> bool:
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

    def cut(self, phase: Phase) -> Cut:
        """Freeze the backbone as the phase says, then divide it at the freeze line."""
        freeze(self.backbone.module, phase.learning)
        return cut_or_whole(self.backbone.module, phase.cut, self.size)

    def common_cut(self) -> Cut:
        """Everything frozen, divided where no phase has changed what is below."""
        return self.frozen_cut(min(phase.cut for phase in self.phases))

    def frozen_cut(self, stage_index: int) -> Cut:
        """Everything frozen, divided below this stage."""
        freeze(self.backbone.module, (False,) * len(self.stages))
        if stage_index not in self._frozen_cuts:
            made = cut_or_whole(self.backbone.module, stage_index, self.size)
            self._frozen_cuts[stage_index] = made
        return self._frozen_cuts[stage_index]

    @property
    def validation_targets(self) -> Tensor:
        """Targets (N,) of the validation examples."""
        examples = self.examples.of(Split.VALIDATION)
        return torch.tensor([one.target for one in examples], device=self.device)

    @property
    def parameter_counts(self) -> tuple[int, int]:
        """(those that learn in some phase, those that stay frozen)."""
        learning = set(self.learning)
        sizes = {name: one.numel() for name, one in self.network.named_parameters()}
        changed = sum(size for name, size in sizes.items() if name in learning)
        return changed, sum(sizes.values()) - changed

    @property
    def statistics(self) -> BatchNormMode:
        """Whether BatchNorm statistics of learning stages move, and why."""
        return choose_batchnorm_mode(self.recipe, self.batch_norm)

    def learner(
        self,
        cut: Cut,
        phase: Phase,
        *,
        steps: int,
        precision: str,
        first_step: int = 0,
        share: Callable[[int], float] | None = None,
    ) -> Learner:
        """What learns above this cut in this phase, for so many steps.

        `first_step` is how many steps the run has behind it; `share` replaces the schedule. A head
        alone is computed in float32, whatever the precision.
        """
        return Learner(
            cut.tail,
            self.network.head,
            self.recipe,
            self._groups(phase),
            steps=steps,
            weights=self.label_weights,
            precision="float32" if cut.stage_index == len(self.stages) else precision,
            moving=self.statistics.moving,
            first_step=first_step,
            share=share,
        )

    def _groups(self, phase: Phase) -> list[ParameterGroup]:
        """The head and each learning stage, with its rate in this phase."""
        known = dict(self.network.named_parameters())
        head = [(name, one) for name, one in known.items() if name.startswith("head.")]
        groups = [ParameterGroup.of("head", phase.head_rate, head)]
        # What timm says should not decay: the embeddings of positions and classes, say.
        says = getattr(self.backbone.module, "no_weight_decay", set)
        spared = [f"backbone.{name}" for name in says()]
        for stage, rate in zip(self.stages, phase.stage_rates, strict=True):
            names = [f"backbone.{name}" for name in stage.parameter_names]
            if rate:
                own = [(name, known[name]) for name in names]
                groups.append(ParameterGroup.of(stage.name, rate, own, spared))
        return groups

    def keeper(self, folder: Path) -> Keeper:
        """Keeps what is best of this network in a classifier folder."""
        writer = ClassifierWriter(folder, self.network, self.learning)
        return Keeper(self.network, writer, self.manifest, self.learning, self.recipe.average)


def assemble(
    recipe: Recipe,
    examples: TrainingSet,
    device: torch.device | None = None,
    *,
    start: Path | None = None,
    origin: Mapping[str, Any] | None = None,
) -> Assembly:
    """Load the backbone and put a new head on it, initialised by the recipe's seed.

    With `start`, what that classifier folder has learned is taken over; `origin` goes into the
    manifest. Raises UnknownModel, WeightsUnavailable, RecipeRefused, ClassifierInvalid.
    """
    device = device or best_device()
    torch.manual_seed(recipe.seed)  # for a backbone with random weights
    backbone = load_backbone(recipe.backbone, pretrained=recipe.pretrained)
    found = tuple(stages(backbone.module))
    phases = phases_of(recipe, [stage.name for stage in found])
    torch.manual_seed(recipe.seed)
    head = Head(
        backbone.features,
        len(examples.labels),
        hidden=recipe.hidden,
        dropout=recipe.dropout,
        kind=recipe.head,
    )
    network = Network(backbone.module, head)
    warm = warm_start(network, found, backbone.card.name, examples.labels, start) if start else None
    network = network.to(device).to(memory_format=torch.channels_last)
    targets = torch.tensor([one.target for one in examples.of(Split.TRAIN)], device=device)
    count = len(examples.labels)
    weights = label_weights(targets.tolist(), count) if recipe.label_weights else torch.ones(count)
    return Assembly(
        recipe=recipe,
        examples=examples,
        backbone=backbone,
        network=network,
        stages=found,
        phases=phases,
        manifest=_manifest(recipe, examples, backbone, head) | _note_of(warm, origin),
        targets=targets,
        label_weights=weights.to(device),
        device=device,
        batch_norm=batch_norm_kind(backbone.module),
        warm=warm,
    )


def _note_of(warm: WarmStart | None, origin: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a manifest says about a warm start."""
    if warm is None:
        return {}
    taken = {"labels": list(warm.labels), "stages": sorted(warm.stages)}
    return {"start": {**(origin or {}), **taken}}


def _manifest(
    recipe: Recipe, examples: TrainingSet, backbone: Backbone, head: Head
) -> dict[str, Any]:
    """All of a manifest but weights and metrics."""
    card = backbone.card
    return {
        "labels": examples.labels,
        "backbone": {
            "name": card.name,
            "architecture": card.architecture,
            "model_args": card.model_args,
            "source": card.source if recipe.pretrained else "random",
            "licence": card.licence or "",
            "trained_on": (card.trained_on or "")
            if recipe.pretrained
            else "nothing: random weights",
            "pretrained": recipe.pretrained,
        },
        "head": {
            "features": head.shift.numel(),
            "hidden": recipe.hidden,
            "kind": recipe.head,
            "dropout": recipe.dropout,
        },
        "preprocessing": backbone.preprocessing.model_dump(mode="json"),
        "recipe": recipe.to_json(),
        "examples": examples.counts,
        "frequent": examples.frequent,
        "versions": versions(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
