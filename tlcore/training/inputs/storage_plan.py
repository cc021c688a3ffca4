"""Decides what of the features of one phase is kept on disk, before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tlcore.backbones.cut.cut import Cut
from tlcore.training.data.training_set import TrainingSet
from tlcore.training.inputs.feature_cache import FeatureCache
from tlcore.training.inputs.planned_cuts import PlannedCut
from tlcore.workspace.records import Split

TOO_LARGE = (
    "What the frozen stages say about your pictures would need {needed:.1f} GB, more than may be "
    "kept here, so it is computed again in each epoch. Freezing more stages makes it smaller."
)
FEWER_VIEWS = (
    "There is room to keep {fit} of {wanted} views of each picture ({bytes:.1f} GB), so each is "
    "seen in {fit}."
)


@dataclass(frozen=True)
class StoragePlan:
    """What is kept of the features at one cut: so many `views` of each training picture.

    Where `keeps` is false, nothing is: features are computed anew in each epoch. `lower` are the
    cuts, in rising order, whose features are kept on the way. `notes` tell a person what did not
    fit. `needed` is what the views take on disk, in bytes, whether they are kept or not.
    """

    keeps: bool
    views: int
    needed: int = 0
    lower: tuple[PlannedCut, ...] = ()
    notes: tuple[str, ...] = ()


def plan_storage(
    cache: FeatureCache,
    examples: TrainingSet,
    cut: Cut,
    views: int,
    planned: Sequence[PlannedCut] = (),
) -> StoragePlan:
    """Keep as many of these views as there is room for, at least two where more are wanted.

    `planned` are lower cuts that later phases will want, the next phase's first: they are kept too
    as far as there is room, so that no stage looks at a picture twice.
    """
    room = _views_with_room(cache, examples, cut, views)
    kept = room or views
    needed = bytes_kept(cache, examples, cut, kept)
    if not (cut.stage_index > 0 and cache.fits(needed)):
        notes = (TOO_LARGE.format(needed=needed / 1e9),) if cut.stage_index > 0 else ()
        return StoragePlan(False, kept, needed, notes=notes)
    notes = ()
    if kept < views:
        notes = (FEWER_VIEWS.format(fit=kept, wanted=views, bytes=needed / 1e9),)
    return StoragePlan(True, kept, needed, _fitting(cache, examples, planned, needed), notes)


def bytes_kept(cache: FeatureCache, examples: TrainingSet, cut: Cut, views: int) -> int:
    """Bytes on disk of so many views of the training pictures, and one of the validation ones."""
    train, validation = (len(examples.of(split)) for split in (Split.TRAIN, Split.VALIDATION))
    return cache.bytes_on_disk(cut, train * views + validation)


def _views_with_room(cache: FeatureCache, examples: TrainingSet, cut: Cut, views: int) -> int:
    """How many of these views there is room for; 0 if not even two, where more are wanted."""
    if cut.stage_index == 0:
        return 0
    fewer = range(views, min(2, views) - 1, -1)
    return next((n for n in fewer if cache.fits(bytes_kept(cache, examples, cut, n))), 0)


def _fitting(
    cache: FeatureCache, examples: TrainingSet, planned: Sequence[PlannedCut], needed: int
) -> tuple[PlannedCut, ...]:
    """Those of the planned cuts that fit beside `needed` bytes, in rising order."""
    chosen: list[PlannedCut] = []
    for plan in planned:
        needed += bytes_kept(cache, examples, plan.cut, len(plan.views))
        if not cache.fits(needed):
            break
        chosen.append(plan)
    return tuple(sorted(chosen, key=lambda plan: plan.cut.stage_index))
