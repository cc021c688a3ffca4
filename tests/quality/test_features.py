"""Features are computed once: what a check-up kept, a training finds, and the other way round."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.quality.drawn import draw, jpeg
from tests.quality.test_forecast import value_of
from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.images.reduction import working_copy
from tlcore.jobs.stopping import Stopped
from tlcore.quality import features
from tlcore.quality.features import example_features, open_backbone, picture_features
from tlcore.training.data.training_set import from_workspace
from tlcore.training.fit.loop import train
from tlcore.training.recipe.recipe import Recipe

if TYPE_CHECKING:
    from tests.quality.conftest import Clinic


def test_a_training_of_the_head_looks_at_no_picture_again(clinic: Clinic, tmp_path: Path) -> None:
    examples = from_workspace(clinic.workspace, clinic.pictures.project)
    recipe = Recipe(backbone=DEFAULT_BACKBONE, learning="head", epochs=2)
    events = list(train(recipe, examples, folder=tmp_path, home=clinic.workspace.home))
    looked = [e.data for e in events if e.kind == "progress" and e.data["total"]]
    assert looked == []
    assert events[-1].kind == "finished"


def test_features_come_in_the_order_of_the_examples(clinic: Clinic) -> None:
    home, examples = clinic.workspace.home, clinic.pictures.examples
    there = value_of(example_features(home, examples, DEFAULT_BACKBONE))
    back = value_of(example_features(home, examples[::-1], DEFAULT_BACKBONE))
    assert np.array_equal(there, back[::-1])
    assert there.shape == (len(examples), open_backbone(home, DEFAULT_BACKBONE)[0].features)
    assert value_of(example_features(home, (), DEFAULT_BACKBONE)).shape == (0, there.shape[1])


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_new_picture_has_the_features_that_import_would_give_it(
    clinic: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, precision: str
) -> None:
    """Whichever precision is the faster one here: both sides are computed in the same."""
    monkeypatch.setattr(features, "choose_precision", lambda *_: precision)
    home = clinic.workspace.home
    example = next(e for e in clinic.pictures.examples if e.source_name == "stripes3.jpg")
    data = jpeg(draw("stripes", 3))
    assert clinic.workspace.pictures.copy(example.picture).read_bytes() == working_copy(data).jpeg
    kept = value_of(example_features(home, [example], DEFAULT_BACKBONE, kept=tmp_path))
    new = picture_features(tmp_path, data, DEFAULT_BACKBONE)
    half = 2**-10  # features are kept in half precision: eleven bits
    assert new == pytest.approx(kept, rel=half, abs=half)


def test_a_stop_is_heard(clinic: Clinic, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        value_of(
            example_features(
                clinic.workspace.home,
                clinic.pictures.examples,
                DEFAULT_BACKBONE,
                lambda: True,
                tmp_path,
            )
        )
