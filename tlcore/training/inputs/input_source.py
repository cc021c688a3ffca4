"""Supplies a training with what enters its tail: kept features where they fit, else pictures."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from functools import cache
from pathlib import Path

import psutil
import torch
from torch import Tensor

from tlcore.backbones.cut.cut import Cut
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop
from tlcore.training.data.augmentation import PLAIN, Augmentation
from tlcore.training.data.training_set import TrainingExample, TrainingSet
from tlcore.training.inputs.assembly import Assembly
from tlcore.training.inputs.batches import Inputs, KeptInputs, PictureInputs, ReadInputs
from tlcore.training.inputs.feature_cache import Keeping
from tlcore.training.inputs.planned_cuts import Rung, seen_before, view_of
from tlcore.training.recipe.phases import Phase
from tlcore.workspace.records import Split

BYTES_PER_VALUE = 2
LOOKING = "Looking at your pictures once"
LOOKING_AGAIN = "Looking at changed views of your pictures"
CHECKING = "Checking it on pictures it has not learned from"
MOST_MEMORY = 1024**3
SHARE_OF_MEMORY = 0.25
TOO_LARGE = (
    "What the frozen stages say about your pictures would need {needed:.1f} GB, more than may be "
    "kept here, so it is computed again in each epoch. Freezing more stages makes it smaller."
)
FEWER_VIEWS = (
    "There is room to keep {fit} of {wanted} views of each picture ({bytes:.1f} GB), so each is "
    "seen in {fit}."
)


class Supply:
    """One training's source of inputs. `enter` a cut first, then ask for splits and views."""

    def __init__(self, assembly: Assembly, examples: TrainingSet, home: Path, stop: Stop):
        self.assembly = assembly
        self.examples = examples
        self.keeping = Keeping(assembly, home, stop)
        recipe = assembly.recipe
        self.augmentation = Augmentation.of(recipe)
        self.keeps = False
        self.views = 1
        self._precisions: set[str] = set()
        self._chosen: dict[str, str] = {}
        self._memory: dict[tuple[Split, int], Inputs] = {}
        self._held = 0
        self._cut: Cut
        self._rungs: tuple[Rung, ...] = ()

    def enter(
        self, cut: Cut, views: int, rungs: Sequence[Rung] = ()
    ) -> Generator[Event, None, None]:
        """Work at this cut from now on, with so many views of each training picture.

        `rungs` are lower cuts that later phases will want: they are kept on the way where there is
        room for them too, so that no stage looks at a picture twice.
        """
        self._cut = cut
        self._rungs = ()
        self.keeping.new_phase()
        self._memory.clear()
        self._chosen.clear()
        self._held = 0
        self.views = self._kept_views(cut, views) or views
        needed = self.bytes_kept(cut, self.views)
        self.keeps = cut.stage_index > 0 and self.keeping.fits(needed)
        if self.keeps and self.views < views:
            told = {"fit": self.views, "wanted": views, "bytes": needed / 1e9}
            yield Event("note", {"words": FEWER_VIEWS.format(**told)})
        if cut.stage_index > 0 and not self.keeps:
            yield Event("note", {"words": TOO_LARGE.format(needed=needed / 1e9)})
        if self.keeps:
            self._rungs = self._fitting(rungs, needed)

    def _fitting(self, rungs: Sequence[Rung], needed: int) -> tuple[Rung, ...]:
        """Those of `rungs` (the next phase's first) that fit beside `needed` bytes."""
        chosen: list[Rung] = []
        for rung in rungs:
            needed += self.bytes_kept(rung.cut, len(rung.views))
            if not self.keeping.fits(needed):
                break
            chosen.append(rung)
        return tuple(sorted(chosen, key=lambda one: one.cut.stage_index))

    def bytes_kept(self, cut: Cut, views: int) -> int:
        """What so many views of the training pictures take on disk, and one of the others."""
        train, validation = (len(self.examples.of(s)) for s in (Split.TRAIN, Split.VALIDATION))
        return self.keeping.bytes_on_disk(cut, train * views + validation)

    def _kept_views(self, cut: Cut, views: int) -> int:
        """How many of these views there is room for; 0 if not even two, where more are wanted."""
        if cut.stage_index == 0:
            return 0
        fewer = range(views, min(2, views) - 1, -1)
        return next((n for n in fewer if self.keeping.fits(self.bytes_kept(cut, n))), 0)

    def view(self, phase: Phase, epoch: int) -> int:
        """Which view epoch `epoch` (from 1) of a phase sees: the plain pictures, then the others.

        So kept views grow by one in each of the first epochs, up to `views`, and then come again.
        Where nothing is kept, seeing a view again saves nothing, so every epoch sees a new one.
        """
        if phase.views > 1 and not self.keeps:
            return seen_before(self.assembly.phases, phase) + epoch - 1
        return view_of(self.assembly.phases, phase, epoch) % min(phase.views, self.views)

    def training(self, view: int) -> Generator[Event, None, Inputs]:
        """Inputs for the training examples in one view; `progress` events while it is computed."""
        return (yield from self._inputs(Split.TRAIN, view))

    def validation(self) -> Generator[Event, None, Inputs | None]:
        """Inputs for the validation examples as they are; None without any."""
        if not self.examples.of(Split.VALIDATION):
            return None
        return (yield from self._inputs(Split.VALIDATION, PLAIN))

    def answering(self, cut: Cut, split: Split) -> Generator[Event, None, Inputs | None]:
        """Inputs in float32 for a split's answers after training; None if it is empty."""
        examples = self.examples.of(split)
        if not examples:
            return None
        needed = self.keeping.bytes_on_disk(cut, len(examples))
        if cut.stage_index == 0 or not self.keeping.fits(needed):
            return self._pictures(cut, examples, PLAIN, "float32")
        return (yield from self._kept(cut, examples, PLAIN, "float32", CHECKING))

    @property
    def precision_words(self) -> str:
        """float32, bfloat16, or both if stages differ: how this training computed."""
        return " and ".join(sorted(self._precisions)) or "float32"

    def precision(self, direction: str) -> str:
        """The precision measured to be fastest here, forward or in training."""
        if direction not in self._chosen:
            self._chosen[direction] = self.keeping.precision(direction)
            self._precisions.add(self._chosen[direction])
        return self._chosen[direction]

    def _inputs(self, split: Split, view: int) -> Generator[Event, None, Inputs]:
        if (split, view) in self._memory:
            return self._memory[split, view]
        examples = self.examples.of(split)
        precision = self.precision("forward")
        if self.keeps:
            doing = LOOKING_AGAIN if view != PLAIN else LOOKING
            lower = self._lower(split, view)
            inputs = yield from self._kept(self._cut, examples, view, precision, doing, lower)
        else:
            inputs = self._pictures(self._cut, examples, view, precision)
        if self.keeps or view == PLAIN:  # changed views that are computed anew come but once
            self._memory[split, view] = inputs
        return inputs

    def _lower(self, split: Split, view: int) -> list[Cut]:
        """Lower cuts at which these pictures will be wanted in this view."""
        return [rung.cut for rung in self._rungs if view in rung.views or split is Split.VALIDATION]

    def _kept(
        self,
        cut: Cut,
        examples: Sequence[TrainingExample],
        view: int,
        precision: str,
        doing: str,
        lower: Sequence[Cut] = (),
    ) -> Generator[Event, None, Inputs]:
        """Compute what is missing, then hold it in memory if there is room, else read by batch."""
        shelf = self.keeping.shelf(cut, self.augmentation.view_name(view), precision)
        yield from self.keeping.fill(
            shelf, cut, examples, self.augmentation, view, precision, doing, lower
        )
        pictures = [one.picture for one in examples]
        size = BYTES_PER_VALUE * cut.kept_values * len(examples)
        device = self.assembly.device
        if self._held + size <= self._room():
            self._held += size
            return KeptInputs(shelf.read(pictures), device)
        return ReadInputs(lambda chosen: shelf.read([pictures[i] for i in chosen]), device)

    def _pictures(
        self, cut: Cut, examples: Sequence[TrainingExample], view: int, precision: str
    ) -> Inputs:
        def read(index: int) -> Tensor:
            return torch.from_numpy(self.keeping.pixels(examples[index], self.augmentation, view))

        size = len(examples) * math.prod(self.assembly.preprocessing.input_size)
        if view == PLAIN and self._held + size <= self._room():
            self._held += size
            read = cache(read)
        return PictureInputs(
            read,
            self.assembly.preprocessing.normalise,
            cut.prefix if cut.stage_index else None,
            self.assembly.device,
            precision,
        )

    def _room(self) -> float:
        free = float(psutil.virtual_memory().available)
        return min(MOST_MEMORY, SHARE_OF_MEMORY * free + self._held)
