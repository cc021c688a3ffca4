"""The drawn kinds are what their words say, and whole-file formats read them as the app does."""

from __future__ import annotations

import io
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from tlcore.images.decode import decode
from tlcore.images.pixels import load_rgb
from tlcore.images.reduction import working_copy
from tlcore.serving.export.kinds_of_pictures import kinds_of_pictures
from tlcore.serving.formats.classifier_folder import TEMPLATES
from tlcore.serving.formats.comparison import load_script

KINDS = kinds_of_pictures()
UNDONE = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # turn → the transposition that stores it so


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return load_script(TEMPLATES / "predict.py")


def mean_apart(image: Image.Image, other: Image.Image) -> float:
    return float(np.abs(np.asarray(image, np.float32) - np.asarray(other, np.float32)).mean())


@pytest.mark.parametrize("kind", KINDS)
def test_the_python_folder_sees_the_pixels_that_the_app_sees(kind: str, script: ModuleType) -> None:
    app = load_rgb(working_copy(KINDS[kind]).jpeg)
    assert np.array_equal(app, np.asarray(script.reduced(KINDS[kind])))


@pytest.mark.parametrize("turn", range(2, 9))
@pytest.mark.parametrize("name", ["JPEG", "WebP", "PNG"])
def test_turned_kinds_are_turned(name: str, turn: int) -> None:
    data = KINDS[f"a {name} turned by its EXIF ({turn})"]
    with Image.open(io.BytesIO(data)) as file:
        stored = file.convert("RGB")
    again = decode(data).transpose(Image.Transpose(UNDONE[turn]))
    assert mean_apart(again, stored) < 2
    assert again.size != stored.size or mean_apart(decode(data).resize((60, 44)), stored) > 10


def test_white_is_zero_where_the_file_says_so() -> None:
    grey = decode(KINDS["a grey JPEG"])
    for kind in ("an 8-bit TIFF in which white is zero", "a 12-bit TIFF", "a TIFF of floats"):
        assert mean_apart(decode(KINDS[kind]), grey) < 2, kind
    negative = Image.fromarray(255 - np.asarray(grey))
    assert mean_apart(decode(KINDS["a 16-bit TIFF in which white is zero"]), negative) < 2
