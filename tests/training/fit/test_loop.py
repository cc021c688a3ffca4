"""Training from pictures to a classifier folder: events, freezing, sameness, stopping, failing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.backbones.cut.stages import stages
from tlcore.backbones.weights import load_backbone
from tlcore.classifier.classifier import Classifier
from tlcore.classifier.manifest import has_classifier, read_manifest
from tlcore.errors import RecipeRefused, TrainingFailed
from tlcore.jobs.events import Event
from tlcore.training.data.training_set import TrainingSet
from tlcore.training.fit.loop import Training, train
from tlcore.training.inputs.start import TrainingStart
from tlcore.training.recipe.phases import phases_of
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace.records import Split


def recipe(**settings: Any) -> Recipe:
    return Recipe.read({"backbone": DEFAULT_BACKBONE, "epochs": 3, "batch_size": 8, **settings})


def collect(events: Iterator[Event]) -> dict[str, list[dict[str, Any]]]:
    collected: dict[str, list[dict[str, Any]]] = {
        kind: [] for kind in ("phase", "progress", "note", "step", "epoch", "finished")
    }
    for event in events:
        collected[event.kind].append(event.data)
    return collected


Run = Callable[..., dict[str, list[dict[str, Any]]]]


@pytest.fixture
def run(pictures: TrainingSet, kept_home: Path, tmp_path: Path) -> Run:
    """Train into tmp_path / "classifier" and collect the events; features are kept for all."""

    def run_it(chosen: Recipe, **changes: Any) -> dict[str, list[dict[str, Any]]]:
        settings = {
            "examples": pictures, "folder": tmp_path / "classifier", "home": kept_home, **changes
        }  # fmt: skip
        return collect(train(chosen, settings.pop("examples"), **settings))

    return run_it


def curves(events: dict[str, list[dict[str, Any]]]) -> list[Any]:
    timeless = [
        {k: v for k, v in row.items() if not k.startswith("seconds")} for row in events["epoch"]
    ]
    return [events["step"], timeless]


def test_the_head_alone_learns_and_tells_everything(run: Run, tmp_path: Path) -> None:
    events = run(recipe(epochs=8, head_rate=0.003))
    summary = events["finished"][0]
    assert events["phase"][0]["stages_learning"] == []
    assert [row["epoch"] for row in events["epoch"]] == list(range(1, 9))
    assert summary["validation_accuracy"] > 0.6
    backbone = load_backbone(DEFAULT_BACKBONE)
    assert summary["trainable_parameters"] == 3 * backbone.features + 3
    assert summary["frozen_parameters"] == backbone.card.parameters
    assert summary["examples"] == {"train": 24, "validation": 12, "test": 12}
    assert not summary["stopped"] and summary["classifier"]
    best = min(events["epoch"], key=lambda row: row["validation_loss"])
    assert summary["best_epoch"] == best["epoch"] and best["best"]
    assert read_manifest(tmp_path / "classifier").metrics["epoch"] == best["epoch"]
    assert events["step"][-1]["position"] == 8.0


def test_features_are_computed_once_and_give_the_same_curves(run: Run, tmp_path: Path) -> None:
    home = tmp_path / "fresh"
    first = run(recipe(dropout=0.3), home=home)
    again = run(recipe(dropout=0.3), home=home)
    assert max(row["done"] for row in first["progress"]) == 24
    assert not again["progress"]
    assert curves(first) == curves(again)
    other = run(recipe(dropout=0.3, seed=1), home=home)
    assert curves(other) != curves(first)


def test_a_new_picture_is_the_only_one_computed(
    run: Run, pictures: TrainingSet, tmp_path: Path
) -> None:
    home = tmp_path / "fresh"
    fewer = replace(pictures, examples=pictures.examples[1:])
    run(recipe(epochs=1), home=home, examples=fewer)
    events = run(recipe(epochs=1), home=home)
    assert {row["total"] for row in events["progress"]} == {1}


@pytest.mark.parametrize("learning", ["last", "all", "second"])
def test_what_is_frozen_stays_bit_for_bit_and_what_learns_moves(
    learning: Any, pictures: TrainingSet, kept_home: Path, tmp_path: Path
) -> None:
    names = [stage.name for stage in stages(load_backbone(DEFAULT_BACKBONE).module)]
    if learning == "second":
        learning = tuple(index == 1 for index in range(len(names)))
    chosen = recipe(learning=learning, epochs=1, moving_statistics=True)
    training = Training(chosen, pictures, tmp_path / "c", kept_home)
    before = {k: v.clone() for k, v in training.assembly.backbone.module.state_dict().items()}
    list(training.events())
    after = training.assembly.backbone.module.state_dict()
    learns = phases_of(chosen, names)[-1].learning
    for stage in training.assembly.stages:
        moved = [n for n in (*stage.parameter_names, *stage.buffer_names)
                 if not torch.equal(before[n], after[n])]  # fmt: skip
        assert bool(moved) == learns[stage.index], stage.name


def test_statistics_of_learning_stages_stay_fixed_unless_asked(
    pictures: TrainingSet, kept_home: Path, tmp_path: Path
) -> None:
    training = Training(recipe(learning="last", epochs=1), pictures, tmp_path / "c", kept_home)
    before = {k: v.clone() for k, v in training.assembly.backbone.module.named_buffers()}
    list(training.events())
    after = dict(training.assembly.backbone.module.named_buffers())
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_two_phases_with_views_go_on_from_the_best_head(run: Run, tmp_path: Path) -> None:
    events = run(recipe(learning="last", epochs=5, head_epochs=2, flips=True, crops=True, views=2))
    assert [row["name"] for row in events["phase"]] == ["head", "stages"]
    assert [row["phase"] for row in events["epoch"]] == ["head"] * 2 + ["stages"] * 3
    assert events["epoch"][2]["train_loss"] < events["epoch"][0]["train_loss"]
    assert has_classifier(tmp_path / "classifier")


def test_stopping_keeps_the_best_so_far(run: Run, tmp_path: Path) -> None:
    calls = iter(range(10**6))
    events = run(recipe(epochs=50), stop=lambda: next(calls) > 40)
    summary = events["finished"][0]
    assert summary["stopped"] and 1 <= summary["epochs"] < 50
    assert Classifier.load(tmp_path / "classifier").labels == ("dots", "plain", "stripes")


def test_stopping_at_once_leaves_nothing(run: Run, tmp_path: Path) -> None:
    events = run(recipe(), stop=lambda: True)
    assert events["finished"][0]["stopped"] and not events["finished"][0]["classifier"]
    assert not has_classifier(tmp_path / "classifier")


# Values of this network are unbounded: rates break it in its first epoch, or after several.
AT_ONCE = {"optimizer": "adamw", "head_rate": 100, "backbone_rate": 100}
LATER = {"optimizer": "sgd", "warm_up": 0.5}
# Which rate breaks it only after a good epoch depends on how this machine rounds.
LATER_RATES = (0.12, 0.2, 0.3, 0.5, 0.8)


def too_high(
    rates: dict[str, Any], examples: TrainingSet, folder: Path, home: Path
) -> tuple[TrainingFailed | None, list[dict[str, torch.Tensor]]]:
    """How a training at these rates fails (None: it does not), and its best weights on the way."""
    network = {"backbone": "test_resnet.r160_in1k", "pretrained": False, "average": False}
    chosen = recipe(learning="all", epochs=16, **network, **rates)
    begin = TrainingStart(checkpoint=folder / "checkpoint.safetensors")
    training = Training(chosen, examples, folder / "c", home, start=begin)
    good: list[dict[str, torch.Tensor]] = []
    try:
        for event in training.events():
            if event.kind == "epoch":
                training.checkpoints.save()
                if event.data["best"]:
                    state = training.assembly.network.state_dict()
                    good.append({name: tensor.clone() for name, tensor in state.items()})
    except TrainingFailed as failed:
        return failed, good
    return None, good


def assert_explained(
    failed: TrainingFailed, good: list[dict[str, torch.Tensor]], folder: Path
) -> None:
    assert "learning rate" in failed.message and "lower" in failed.remedy
    assert ("are kept" in failed.remedy) == bool(good) == has_classifier(folder / "c")
    assert not (folder / "checkpoint.safetensors").exists()  # going on would fail again
    if good:
        kept = Classifier.load(folder / "c").network.state_dict()
        assert all(torch.equal(kept[name], tensor) for name, tensor in good[-1].items())


def test_a_rate_that_breaks_the_first_epoch_is_explained(
    pictures: TrainingSet, kept_home: Path, tmp_path: Path
) -> None:
    failed, good = too_high(AT_ONCE, pictures, tmp_path, kept_home)
    assert failed is not None and not good
    assert_explained(failed, good, tmp_path)


@pytest.mark.parametrize("validated", [True, False])
def test_a_rate_that_is_far_too_high_is_explained_and_what_was_good_is_kept(
    validated: bool, pictures: TrainingSet, kept_home: Path, tmp_path: Path
) -> None:
    examples = pictures if validated else replace(pictures, examples=pictures.of(Split.TRAIN))
    broken_later = 0
    for rate in LATER_RATES:
        folder = tmp_path / str(rate)
        folder.mkdir()
        rates = {**LATER, "head_rate": rate, "backbone_rate": rate}
        failed, good = too_high(rates, examples, folder, kept_home)
        if failed is not None:
            assert_explained(failed, good, folder)
            broken_later += bool(good)
        if broken_later:
            break
    assert broken_later, "none of these rates breaks after an epoch that is good"


@pytest.mark.parametrize(
    ("words", "explained"),
    [("[enforce fail] DefaultCPUAllocator: can't allocate memory", True),
     ("required rank 4 tensor to use channels_last memory format", False)],
)  # fmt: skip
def test_only_a_lack_of_memory_is_called_one(
    words: str, explained: bool, pictures: TrainingSet, kept_home: Path, tmp_path: Path
) -> None:
    def stop() -> bool:  # asked at every step, so this is an error from within
        raise RuntimeError(words)

    with pytest.raises(TrainingFailed if explained else RuntimeError) as raised:
        list(train(recipe(), pictures, folder=tmp_path / "c", home=kept_home, stop=stop))
    assert isinstance(raised.value, TrainingFailed) == explained
    assert ("not enough memory" in str(raised.value)) == explained


def test_without_validation_the_last_epoch_is_kept_and_said_so(
    run: Run, pictures: TrainingSet
) -> None:
    only = replace(pictures, examples=pictures.of(Split.TRAIN))
    events = run(recipe(), examples=only)
    assert any("no validation" in note["words"] for note in events["note"])
    assert [row["best"] for row in events["epoch"]] == [True] * 3
    assert events["finished"][0]["validation_accuracy"] is None
    assert events["finished"][0]["best_epoch"] == 3


def test_early_stopping(run: Run) -> None:
    events = run(recipe(epochs=60, patience=2, head_rate=1.0))
    rows = events["epoch"]
    assert len(rows) < 60
    assert [row["best"] for row in rows[-2:]] == [False, False]
    assert any("early" in note["words"] for note in events["note"])


def test_features_that_may_not_be_kept_are_computed_again(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = recipe(learning="last", epochs=2)
    kept = run(chosen)
    monkeypatch.setattr("tlcore.training.inputs.feature_cache.FeatureCache.fits", lambda *_: False)
    anew = run(chosen)
    assert any("again in each epoch" in note["words"] for note in anew["note"])
    for before, after in zip(kept["epoch"], anew["epoch"], strict=True):
        assert abs(before["train_loss"] - after["train_loss"]) < 0.02


def test_from_nothing_is_marked_as_random(run: Run, tmp_path: Path) -> None:
    run(recipe(learning="all", epochs=1, pretrained=False))
    backbone = read_manifest(tmp_path / "classifier").backbone
    assert not backbone.pretrained and backbone.source == "random"


def test_a_stage_that_is_not_there_is_refused(run: Run) -> None:
    with pytest.raises(RecipeRefused, match="whiskers"):
        run(recipe(learning="from:whiskers"))
