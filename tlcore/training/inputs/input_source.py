"""Gives a phase of a training what enters its tail: kept features where they fit, else pictures."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from functools import cache as remembered

import psutil
import torch
from torch import Tensor

from tlcore.backbones.cut.cut import Cut
from tlcore.jobs.events import Event
from tlcore.training.data.augmentation import PLAIN
from tlcore.training.data.training_set import TrainingExample, TrainingSet
from tlcore.training.inputs.batches import Inputs, KeptInputs, PictureInputs, ReadInputs
from tlcore.training.inputs.feature_cache import FeatureCache
from tlcore.training.inputs.planned_cuts import planned_cuts, seen_before, view_of
from tlcore.training.inputs.storage_plan import StoragePlan, plan_storage
from tlcore.training.recipe.phases import Phase
from tlcore.workspace.records import Split

BYTES_PER_VALUE = 2
LOOKING = "Looking at your pictures once"
LOOKING_AGAIN = "Looking at changed views of your pictures"
CHECKING = "Checking it on pictures it has not learned from"
MOST_MEMORY = 1024**3
SHARE_OF_MEMORY = 0.25


class InputSource:
    """What enters the tail of one cut, for the splits of a training set, as a plan keeps it.

    It is ready as soon as it is made, and nothing of it changes afterwards but what it holds in
    memory. The files belong to the `cache`: closing that is all there is to close. `precision`
    replaces the one that was measured to be fastest.
    """

    def __init__(
        self,
        cache: FeatureCache,
        examples: TrainingSet,
        cut: Cut,
        plan: StoragePlan,
        precision: str | None = None,
    ):
        self.cache = cache
        self.examples = examples
        self.cut = cut
        self.plan = plan
        self._precision = precision
        self._made: dict[tuple[Split, int], Inputs] = {}
        self._held = 0  # bytes of kept features and pixels in memory

    @property
    def precision(self) -> str:
        """In which frozen stages are computed; measured when it is first needed."""
        return self._precision or self.cache.precisions.forward()

    def view(self, phase: Phase, epoch: int) -> int:
        """Which view epoch `epoch` (from 1) of a phase sees: the plain pictures, then the others.

        So kept views grow by one in each of the first epochs, up to those of the plan, and then
        come again. Where nothing is kept, seeing a view again saves nothing, so every epoch sees a
        new one.
        """
        phases = self.cache.assembly.phases
        if phase.views > 1 and not self.plan.keeps:
            return seen_before(phases, phase) + epoch - 1
        return view_of(phases, phase, epoch) % min(phase.views, self.plan.views)

    def training(self, view: int) -> Generator[Event, None, Inputs]:
        """Inputs for the training examples in one view; `progress` events while it is computed.

        Raises Stopped.
        """
        doing = LOOKING_AGAIN if view != PLAIN else LOOKING
        return (yield from self._inputs(Split.TRAIN, view, doing))

    def validation(self) -> Generator[Event, None, Inputs | None]:
        """Inputs for the validation examples as they are; None without any. Raises Stopped."""
        return (yield from self.plain(Split.VALIDATION))

    def plain(self, split: Split, doing: str = LOOKING) -> Generator[Event, None, Inputs | None]:
        """Inputs for a split's pictures as they are; None if it is empty. Raises Stopped."""
        if not self.examples.of(split):
            return None
        return (yield from self._inputs(split, PLAIN, doing))

    def others(
        self, splits: Sequence[Split]
    ) -> Generator[Event, None, dict[Split, tuple[Inputs, int]]]:
        """Inputs of further splits with their numbers of examples, without the empty ones."""
        sized = {}
        for split in splits:
            inputs = yield from self.plain(split)
            if inputs is not None:
                sized[split] = inputs, len(self.examples.of(split))
        return sized

    def _inputs(self, split: Split, view: int, doing: str) -> Generator[Event, None, Inputs]:
        if (split, view) in self._made:
            return self._made[split, view]
        examples = self.examples.of(split)
        if self.plan.keeps:
            inputs = yield from self._kept(examples, view, doing, self._lower(split, view))
        else:
            inputs = self._pictures(examples, view)
        if self.plan.keeps or view == PLAIN:  # changed views that are computed anew come but once
            self._made[split, view] = inputs
        return inputs

    def _lower(self, split: Split, view: int) -> list[Cut]:
        """Lower cuts at which these pictures will be wanted in this view."""
        validation = split is Split.VALIDATION
        return [plan.cut for plan in self.plan.lower if view in plan.views or validation]

    def _kept(
        self, examples: Sequence[TrainingExample], view: int, doing: str, lower: Sequence[Cut]
    ) -> Generator[Event, None, Inputs]:
        """Compute what is missing, then hold it in memory if there is room, else read by batch."""
        shelf = yield from self.cache.fill(self.cut, examples, view, self.precision, doing, lower)
        pictures = [example.picture for example in examples]
        device = self.cache.assembly.device
        if self._hold(BYTES_PER_VALUE * self.cut.kept_values * len(examples)):
            return KeptInputs(shelf.read(pictures), device)
        return ReadInputs(lambda chosen: shelf.read([pictures[i] for i in chosen]), device)

    def _pictures(self, examples: Sequence[TrainingExample], view: int) -> Inputs:
        assembly = self.cache.assembly

        def read(index: int) -> Tensor:
            return torch.from_numpy(self.cache.pixels(examples[index], view))

        hold = view == PLAIN and self._hold(len(examples) * math.prod(assembly.size))
        return PictureInputs(
            remembered(read) if hold else read,
            assembly.preprocessing.normalise,
            self.cut.prefix if self.cut.stage_index else None,
            assembly.device,
            self.precision,
        )

    def _hold(self, size: int) -> bool:
        """Whether so many bytes more may be held in memory; if so, they are counted."""
        free = float(psutil.virtual_memory().available)
        if self._held + size > min(MOST_MEMORY, SHARE_OF_MEMORY * free + self._held):
            return False
        self._held += size
        return True


def phase_source(cache: FeatureCache, phase: Phase, cut: Cut) -> InputSource:
    """The source of a phase at its cut; features for later phases are computed on the way."""
    assembly = cache.assembly
    planned = planned_cuts(assembly.phases, phase, assembly.cuts)
    plan = plan_storage(cache, assembly.examples, cut, phase.views, planned)
    return InputSource(cache, assembly.examples, cut, plan)


def float32_source(cache: FeatureCache, examples: TrainingSet, split: Split) -> InputSource:
    """A source of one split for predictions: in float32, at the cut below which nothing learns.

    Features are kept, as in training, where there is room.
    """
    cut = cache.assembly.common_cut
    needed = cache.bytes_on_disk(cut, len(examples.of(split)))
    plan = StoragePlan(cut.stage_index > 0 and cache.fits(needed), 1, needed)
    return InputSource(cache, examples, cut, plan, precision="float32")
