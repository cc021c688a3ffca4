"""A training that is interrupted and resumed equals one that is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tlcore.backbones.engines.precision import FILE_NAME
from tlcore.classifier.classifier import Classifier
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import never
from tlcore.training.data.training_set import TrainingSet
from tlcore.training.fit.epoch_score import EpochScore
from tlcore.training.fit.loop import Training, train
from tlcore.training.fit.resuming.run_folder import has_checkpoint, read_examples, write_examples
from tlcore.training.inputs.start import TrainingStart
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace.paths import Layout
from tlcore.workspace.records import Split

BACKBONE = "test_resnet"
FORMER = Path(__file__).with_name("former_checkpoint.safetensors")
FORMER_KEY = b"a2a9d1538f4febc464ee1d28b4a7fc0b"


def recipe(**settings: Any) -> Recipe:
    plain = {"backbone": BACKBONE, "epochs": 4, "batch_size": 8, "pretrained": False}
    return Recipe.read({**plain, **settings})


GRADUAL = recipe(
    learning=(False, False, False, True, True), unfreezing="gradual", epochs=6, head_epochs=2,
    dropout=0.3, mixup=0.3, flips=True, views=2, head_rate=0.01, backbone_rate=0.003,
)  # fmt: skip


def last_words(events: list[Event]) -> dict[int, Any]:
    """The last word on each step and epoch, without times."""
    latest: dict[Any, Any] = {}
    for event in events:
        if event.kind in ("step", "epoch"):
            data = {k: v for k, v in event.data.items() if not k.startswith("seconds")}
            latest[event.kind, data["step" if event.kind == "step" else "epoch"]] = data
    return latest


def learned(folder: Path) -> dict[str, torch.Tensor]:
    return Classifier.load(folder).network.state_dict()


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return first.keys() == second.keys() and all(
        torch.equal(first[name], second[name]) for name in first
    )


# Nothing is kept at a cut, and rates at which the best epoch is not the last: the mean is kept.
WHOLE = recipe(
    learning="all", epochs=4, flips=True, dropout=0.3, head_rate=0.1, backbone_rate=0.003,
    schedule="constant", patience=0,
)  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def whole(pictures: TrainingSet, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An uninterrupted training: its events, its classifier, and the precisions it measured."""
    folder = tmp_path_factory.mktemp("whole") / "classifier"
    events = list(train(GRADUAL, pictures, folder=folder, home=home))
    return events, folder, json.loads((Layout(home).cache / FILE_NAME).read_text())


def after(calls: int) -> Callable[[], bool]:
    """Stops when it has been called so many times."""
    count = iter(range(10**6))
    return lambda: next(count) >= calls


@pytest.mark.parametrize("every", [4, 11])
def test_resumed_equals_uninterrupted(
    every: int, whole: Any, pictures: TrainingSet, home: Path, tmp_path: Path
) -> None:
    """Broken off again and again, within epochs, between them, between phases, while scoring."""
    events: list[Event] = []
    begin = TrainingStart(checkpoint=tmp_path / "checkpoint.safetensors")
    for _attempt in range(60):
        part = list(train(GRADUAL, pictures, folder=tmp_path / "classifier", home=home,
                          stop=after(every), start=begin))  # fmt: skip
        events += part
        if not part[-1].data["stopped"]:
            break
        begin = replace(begin, resumed=True)
    assert sum(event.kind == "resumed" for event in events) > 1
    assert last_words(events) == last_words(whole[0])
    assert same(learned(tmp_path / "classifier"), learned(whole[1]))
    assert events[-1].data["best_epoch"] == whole[0][-1].data["best_epoch"]
    assert not has_checkpoint(tmp_path)


@pytest.mark.slow
def test_resumed_equals_uninterrupted_where_nothing_is_kept_and_epochs_are_averaged(
    pictures: TrainingSet, home: Path, tmp_path: Path
) -> None:
    chosen = WHOLE
    for seed in range(20):
        chosen = WHOLE.with_changes(seed=seed)
        whole = list(train(chosen, pictures, folder=tmp_path / "whole", home=home))
        if whole[-1].data["averaged"]:
            break
    begin = TrainingStart(checkpoint=tmp_path / "checkpoint.safetensors")
    events: list[Event] = []
    for _attempt in range(20):
        part = list(train(chosen, pictures, folder=tmp_path / "classifier", home=home,
                          stop=after(5), start=begin))  # fmt: skip
        events += part
        if not part[-1].data["stopped"]:
            break
        begin = replace(begin, resumed=True)
    assert sum(event.kind == "resumed" for event in events) > 2
    assert events[-1].data["averaged"] == whole[-1].data["averaged"] is not None
    assert last_words(events) == last_words(whole)
    assert same(learned(tmp_path / "classifier"), learned(tmp_path / "whole"))


def test_a_killed_training_goes_on_from_its_last_checkpoint(
    whole: Any, pictures: TrainingSet, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tlcore.training.fit.resuming.resume.EVERY_SECONDS", 0.0)
    monkeypatch.setattr("tlcore.training.fit.resuming.resume.SHARE", 0)
    begin = TrainingStart(checkpoint=tmp_path / "checkpoint.safetensors")
    killed = Training(GRADUAL, pictures, tmp_path / "classifier", home, start=begin)
    events = []
    for event in killed.events():
        events.append(event)
        if event.kind == "step" and event.data["epoch"] == 4:
            break
    killed.close()
    assert has_checkpoint(tmp_path)
    rest = list(train(GRADUAL, pictures, folder=tmp_path / "classifier", home=home,
                      start=replace(begin, resumed=True)))  # fmt: skip
    gone_on = rest[0]
    assert (gone_on.kind, gone_on.data["epochs"], gone_on.data["position"]) == ("resumed", 3, 3.0)
    assert min(event.data["epoch"] for event in rest if event.kind == "epoch") == 4
    assert 0 < gone_on.data["seconds"] < rest[-1].data["seconds"]["total"]
    assert last_words(events + rest) == last_words(whole[0])
    assert same(learned(tmp_path / "classifier"), learned(whole[1]))


def test_stopped_again_before_anything_was_learned_it_still_goes_on_from_the_same_point(
    whole: Any, pictures: TrainingSet, tmp_path: Path
) -> None:
    """In the middle of an epoch, with features that have to be computed anew."""
    start = TrainingStart(checkpoint=tmp_path / "checkpoint.safetensors")

    def go_on(stop: Callable[[], bool], home: str, *, resumed: bool = True) -> list[Event]:
        return list(train(GRADUAL, pictures, folder=tmp_path / "classifier", home=tmp_path / home,
                          stop=stop, start=replace(start, resumed=resumed)))  # fmt: skip

    for home in ("first", "second"):
        cache = Layout(tmp_path / home).cache
        cache.mkdir(parents=True)
        cache.joinpath(FILE_NAME).write_text(json.dumps(whole[2]))
    events = go_on(after(13), "first", resumed=False)
    stood = (tmp_path / "checkpoint.safetensors").read_bytes()
    assert read_progress(stood) > 0
    go_on(lambda: True, "second")
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == stood
    events += go_on(never, "first")
    assert last_words(events) == last_words(whole[0])
    assert same(learned(tmp_path / "classifier"), learned(whole[1]))


def read_progress(checkpoint: bytes) -> int:
    """How many batches of an epoch a checkpoint file says are done."""
    length = int.from_bytes(checkpoint[:8], "little")
    plain = json.loads(json.loads(checkpoint[8 : 8 + length])["__metadata__"]["graft"])
    return int((plain["progress"] or {"done": 0})["done"])


def test_a_full_disk_costs_the_checkpoint_but_not_the_training(
    pictures: TrainingSet, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tlcore.training.fit.resuming.resume.EVERY_SECONDS", 0.0)
    (tmp_path / "full").write_text("no folder, so that nothing can be written in it")
    begin = TrainingStart(checkpoint=tmp_path / "full" / "checkpoint.safetensors")
    events = list(train(recipe(), pictures, folder=tmp_path / "c", home=home, start=begin))
    assert events[-1].data["epochs"] == 4


def test_a_checkpoint_of_a_former_version_is_gone_on_from(
    pictures: TrainingSet, home: Path, tmp_path: Path
) -> None:
    """Written before training had states and objectives: after two epochs, of which one is best."""
    chosen = recipe(epochs=6, dropout=0.3, head_rate=0.05)
    training = Training(chosen, pictures, tmp_path / "c", home)
    stored = FORMER.read_bytes()
    own_key = training.checkpoints.key.encode()
    training.close()
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes(stored.replace(FORMER_KEY, own_key))
    begin = TrainingStart(checkpoint=path, resumed=True)
    training = Training(chosen, pictures, tmp_path / "c", home, start=begin)
    state = training.state
    assert (state.epochs, state.steps, state.position.waited) == (2, 6, 1)
    assert state.best.best == EpochScore(
        1, None, 1.2426321109135945, 1 / 3, 1.6168216069539387, 0.4166666666666667
    )
    assert state.best.mean.count == 2 and training.point.memory and training.point.random
    events = list(training.events())
    assert (events[0].kind, events[0].data["steps"]) == ("resumed", 6)
    assert [event.data["epoch"] for event in events if event.kind == "epoch"] == [3, 4, 5, 6]
    training.close()


@pytest.mark.parametrize("damage", ["other recipe", "other pictures", "cut short", "nothing"])
def test_a_checkpoint_that_does_not_fit_is_no_checkpoint(
    damage: str, pictures: TrainingSet, home: Path, tmp_path: Path
) -> None:
    path = tmp_path / "checkpoint.safetensors"
    begin = TrainingStart(checkpoint=path)
    chosen, examples = recipe(epochs=3), pictures
    list(train(chosen, examples, folder=tmp_path / "c", home=home, stop=after(8), start=begin))
    if damage == "other recipe":
        chosen = chosen.with_changes(seed=1)
    elif damage == "other pictures":
        examples = replace(pictures, examples=pictures.examples[1:])
    elif damage == "cut short":
        path.write_bytes(path.read_bytes()[:100])
    else:
        path.unlink()
    events = list(train(chosen, examples, folder=tmp_path / "c", home=home,
                        start=replace(begin, resumed=True)))  # fmt: skip
    nothing = {"epochs": 0, "position": 0.0, "steps": 0, "phase": 0, "seconds": 0.0}
    assert events[0].data == nothing
    assert [event.data["epoch"] for event in events if event.kind == "epoch"] == [1, 2, 3]


def test_what_a_run_learns_from_is_written_down(pictures: TrainingSet, tmp_path: Path) -> None:
    assert read_examples(tmp_path, Path) is None
    write_examples(tmp_path, replace(pictures, notes=("a note",)))
    places = {item.picture: item.path for item in pictures.examples}
    assert read_examples(tmp_path, places.__getitem__) == replace(pictures, notes=("a note",))


def test_a_training_without_validation_can_rest_too(
    pictures: TrainingSet, home: Path, tmp_path: Path
) -> None:
    only = replace(pictures, examples=pictures.of(Split.TRAIN))
    begin = TrainingStart(checkpoint=tmp_path / "checkpoint.safetensors")
    list(train(recipe(), only, folder=tmp_path / "c", home=home, stop=after(9), start=begin))
    events = list(train(recipe(), only, folder=tmp_path / "c", home=home,
                        start=replace(begin, resumed=True)))  # fmt: skip
    assert events[-1].data["epochs"] == 4 and not events[-1].data["stopped"]
