"""How many views of each picture are kept: as many as asked, as many as there is room for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tlcore.backbones.cut.cut import Cut
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import never
from tlcore.training.data.training_set import TrainingSet
from tlcore.training.inputs.assembly import Assembly, assemble
from tlcore.training.inputs.input_source import Supply
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
def supply(assembly: Assembly, tmp_path: Path) -> Iterator[Supply]:
    made = Supply(assembly, assembly.examples, tmp_path, never)
    with closing(made.keeping):
        yield made


@pytest.fixture(scope="module")
def cut(assembly: Assembly) -> Cut:
    return assembly.cut(assembly.phases[-1])


def entered(supply: Supply, cut: Cut, room: int | None = None) -> list[Event]:
    """Enter the cut with room for so many bytes on disk."""
    if room is not None:
        supply.keeping._store.budget = room
    return list(supply.enter(cut, VIEWS))


def test_kept_views_grow_by_one_an_epoch_and_come_again(
    supply: Supply, cut: Cut, assembly: Assembly
) -> None:
    assert entered(supply, cut) == []
    phase = assembly.phases[-1]
    seen = [supply.view(phase, epoch) for epoch in range(1, 13)]
    assert seen == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]


def test_they_stay_within_the_room_and_say_so(supply: Supply, cut: Cut, assembly: Assembly) -> None:
    room = supply.bytes_kept(cut, 3)
    (note,) = entered(supply, cut, room)
    assert "3 of 5 views" in note.data["words"]
    phase = assembly.phases[-1]
    assert supply.keeps and supply.views == 3
    assert {supply.view(phase, epoch) for epoch in range(1, 30)} == {0, 1, 2}


def test_without_room_for_two_every_epoch_sees_a_new_view(
    supply: Supply, cut: Cut, assembly: Assembly
) -> None:
    (note,) = entered(supply, cut, supply.bytes_kept(cut, 2) - 1)
    assert "computed again in each epoch" in note.data["words"]
    phase = assembly.phases[-1]
    assert not supply.keeps
    assert [supply.view(phase, epoch) for epoch in (1, 2, 9)] == [0, 1, 8]


def test_what_is_kept_is_what_was_told(supply: Supply, cut: Cut, assembly: Assembly) -> None:
    """The bytes on the page are the bytes on the disk, within what headers take."""
    assert entered(supply, cut) == []
    for view in range(VIEWS):
        for _ in supply.training(view):
            pass
    for _ in supply.validation():
        pass
    told = supply.bytes_kept(cut, VIEWS)
    held = supply.keeping._store.bytes()
    assert len(assembly.examples.of(Split.TRAIN)) == 24
    assert told <= held < 1.1 * told + 20_000
