"""How many views of each picture are kept: as many as asked, as many as there is room for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tlcore.backbones.cut.cut import Cut
from tlcore.jobs.stopping import never
from tlcore.training.data.training_set import TrainingSet
from tlcore.training.inputs.assembly import Assembly, assemble
from tlcore.training.inputs.batches import PictureInputs
from tlcore.training.inputs.feature_cache import FeatureCache
from tlcore.training.inputs.input_source import InputSource
from tlcore.training.inputs.storage_plan import StoragePlan, bytes_kept, plan_storage
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace.records import Split

VIEWS = 5


@pytest.fixture(scope="module")
def assembly(pictures: TrainingSet) -> Assembly:
    recipe = Recipe(
        backbone="test_resnet", pretrained=False, learning="last", flips=True, views=VIEWS
    )
    return assemble(recipe, pictures)


@pytest.fixture
def cache(assembly: Assembly, tmp_path: Path) -> Iterator[FeatureCache]:
    with FeatureCache(assembly, tmp_path, never) as opened:
        yield opened


@pytest.fixture(scope="module")
def cut(assembly: Assembly) -> Cut:
    return assembly.cuts.of(assembly.phases[-1])


def planned(cache: FeatureCache, cut: Cut, room: int | None = None) -> StoragePlan:
    """The plan for the cut, with room for so many bytes on disk."""
    if room is not None:
        cache._store.budget = room
    return plan_storage(cache, cache.assembly.examples, cut, VIEWS)


def source_of(cache: FeatureCache, cut: Cut, plan: StoragePlan) -> InputSource:
    return InputSource(cache, cache.assembly.examples, cut, plan)


def test_kept_views_grow_by_one_an_epoch_and_come_again(cache: FeatureCache, cut: Cut) -> None:
    plan = planned(cache, cut)
    assert not plan.notes
    source, phase = source_of(cache, cut, plan), cache.assembly.phases[-1]
    seen = [source.view(phase, epoch) for epoch in range(1, 13)]
    assert seen == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]


def test_they_stay_within_the_room_and_say_so(cache: FeatureCache, cut: Cut) -> None:
    plan = planned(cache, cut, bytes_kept(cache, cache.assembly.examples, cut, 3))
    (note,) = plan.notes
    assert "3 of 5 views" in note
    source, phase = source_of(cache, cut, plan), cache.assembly.phases[-1]
    assert plan.keeps and plan.views == 3
    assert {source.view(phase, epoch) for epoch in range(1, 30)} == {0, 1, 2}


def test_without_room_for_two_every_epoch_sees_a_new_view(cache: FeatureCache, cut: Cut) -> None:
    plan = planned(cache, cut, bytes_kept(cache, cache.assembly.examples, cut, 2) - 1)
    (note,) = plan.notes
    assert "computed again in each epoch" in note
    source, phase = source_of(cache, cut, plan), cache.assembly.phases[-1]
    assert not plan.keeps
    assert [source.view(phase, epoch) for epoch in (1, 2, 9)] == [0, 1, 8]


def test_what_is_kept_is_what_the_plan_says(cache: FeatureCache, cut: Cut) -> None:
    """The bytes on the page are the bytes on the disk, within what headers take."""
    plan = planned(cache, cut)
    source, examples = source_of(cache, cut, plan), cache.assembly.examples
    for view in range(VIEWS):
        for _ in source.training(view):
            pass
    for _ in source.validation():
        pass
    held = cache._store.bytes()
    assert plan.needed == bytes_kept(cache, examples, cut, VIEWS)
    assert len(examples.of(Split.TRAIN)) == 24
    assert plan.needed <= held < 1.1 * plan.needed + 20_000


def test_a_source_is_ready_when_it_is_made_and_others_leave_it_alone(
    cache: FeatureCache, cut: Cut
) -> None:
    """Two sources of one cache, made at once, with plans of their own."""
    keeping = planned(cache, cut)
    computing = replace(keeping, keeps=False)
    first, second = source_of(cache, cut, keeping), source_of(cache, cut, computing)
    with pytest.raises(StopIteration) as made:
        next(second.training(0))
    assert isinstance(made.value.value, PictureInputs)
    assert [event.kind for event in first.training(0)][:1] == ["progress"]
    assert first.plan.keeps and not second.plan.keeps


def test_a_closed_cache_lets_its_shelves_go(assembly: Assembly, cut: Cut, tmp_path: Path) -> None:
    with FeatureCache(assembly, tmp_path, never) as cache:
        for _ in source_of(cache, cut, planned(cache, cut)).training(0):
            pass
        pinned = cache._shelves.copy()
        assert pinned
    assert not cache._shelves
