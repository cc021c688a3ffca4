"""The graph prepares pictures as timm and Pillow do."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
from PIL import Image

from tlcore.backbones.preprocessing import Preprocessing
from tlcore.errors import ExportRefused
from tlcore.serving.formats.onnx_preprocessing import PICTURE, preprocessing_graph

SIZES = [(480, 640), (301, 450), (60, 81), (96, 96), (640, 37), (33, 500)]
WAYS = [
    Preprocessing(input_size=(3, 96, 96), crop_pct=1.0),
    Preprocessing(input_size=(3, 96, 96), crop_pct=0.875, interpolation="bilinear"),
    Preprocessing(input_size=(3, 64, 64), crop_pct=0.9, crop_mode="squash"),
    Preprocessing(input_size=(3, 64, 64), crop_pct=1.0, crop_mode="border"),
    Preprocessing(input_size=(3, 65, 65), crop_pct=1.15),
    Preprocessing(input_size=(3, 48, 96), crop_pct=0.9),
]


@pytest.mark.parametrize("preprocessing", WAYS, ids=str)
def test_a_prepared_picture_is_that_of_timm(preprocessing: Preprocessing) -> None:
    session = onnxruntime.InferenceSession(
        preprocessing_graph(preprocessing).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    random = np.random.default_rng(5)
    for height, width in SIZES:
        small = random.integers(0, 256, (7, 9, 3), np.uint8)
        smooth = Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)
        noise = random.integers(0, 256, (height, width, 3), np.uint8)
        for picture in (np.asarray(smooth), noise):
            [ours] = session.run(None, {PICTURE: picture[None]})
            timms = preprocessing.picture(picture).astype(np.float32)
            apart = np.abs(ours[0] - timms)
            assert ours[0].shape == timms.shape
            # a scale without an exact form in 32 bits: a level here and there, more when enlarged
            most = 0.5 if min(height, width) < min(preprocessing.input_size[1:]) else 0.01
            assert apart.max() <= 3 and (apart > 0).mean() < most, (height, width)


@pytest.mark.parametrize(
    "change", [{"interpolation": "lanczos"}, {"input_size": (1, 64, 64)}], ids=str
)
def test_what_onnx_cannot_do_is_said(change: dict[str, object]) -> None:
    with pytest.raises(ExportRefused) as refused:
        preprocessing_graph(Preprocessing().model_copy(update=change))
    assert refused.value.remedy
