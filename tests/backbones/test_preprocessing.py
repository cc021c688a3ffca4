"""Pictures are prepared as timm's own evaluation prepares them, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from pydantic import ValidationError
from timm.data import create_transform

from tlcore.backbones.preprocessing import Preprocessing

NAMES = [
    "test_resnet.r160_in1k",
    "resnet18.a1_in1k",
    "vgg16.tv_in1k",
    "inception_v3.tv_in1k",
    "vit_tiny_patch16_224.augreg_in21k_ft_in1k",
    "convnext_small.fb_in22k_ft_in1k_384",
]


def of(name: str) -> Preprocessing:
    with torch.device("meta"):
        return Preprocessing.of(timm.create_model(name))


def picture(width: int, height: int) -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(640, 427), (90, 300), (33, 33), (1, 1)])
def test_pixels_equal_those_of_timm(name: str, size: tuple[int, int]) -> None:
    preprocessing = of(name)
    image = picture(*size)
    expected = create_transform(**preprocessing.model_dump(), is_training=False)(image)
    pixels = preprocessing.picture(np.asarray(image))
    assert pixels.dtype == np.uint8 and pixels.shape == preprocessing.input_size
    assert torch.equal(preprocessing.normalise(torch.from_numpy(pixels)[None])[0], expected)


def test_the_crop_mode_is_kept() -> None:
    assert of("convnext_small.fb_in22k_ft_in1k_384").crop_mode == "squash"


@pytest.mark.parametrize("name", NAMES)
def test_it_survives_json(name: str) -> None:
    preprocessing = of(name)
    assert Preprocessing.model_validate_json(preprocessing.model_dump_json()) == preprocessing


def test_normalising_leaves_its_input_as_it_was() -> None:
    batch = torch.full((1, 3, 2, 2), 255.0)
    Preprocessing().normalise(batch)
    assert torch.equal(batch, torch.full((1, 3, 2, 2), 255.0))


def test_another_size() -> None:
    assert Preprocessing().with_size(96).picture(picture(50, 70)).shape == (3, 96, 96)


def test_unsound_values_are_refused() -> None:
    with pytest.raises(ValidationError):
        Preprocessing.model_validate({"crop_pct": 0.0})
    with pytest.raises(ValidationError):
        Preprocessing.model_validate({"surprise": 1})
