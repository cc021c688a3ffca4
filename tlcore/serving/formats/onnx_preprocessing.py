"""Preparing a picture inside an ONNX graph, bit for bit as timm does it with Pillow.

ONNX's Resize (operator set 18) with `antialias`, on uint8 and with `exclude_outside`, is in
onnxruntime a port of Pillow's own resampling (fixed point, horizontal first, rounded in between).
Measured against Pillow: equal but for one level of 255 in under 1 % of the values, where a scale
has no exact form in 32 bits. On float input it is not: up to 1 level everywhere, since nothing is
rounded.
"""

from __future__ import annotations

import math

import onnx
from onnx import helper, parser

from tlcore.backbones.preprocessing import Preprocessing
from tlcore.errors import ExportRefused

OPSET = 18
PICTURE, PREPARED = "picture", "prepared"
PREFIX = "looking/"  # of the names of all that prepares the picture, within the whole graph
# Pillow's filters that ONNX knows. Pillow's bicubic has a = -0.5.
RESIZE = {
    "bicubic": 'mode = "cubic", cubic_coeff_a = -0.5',
    "bilinear": 'mode = "linear"',
}


def preprocessing_graph(preprocessing: Preprocessing) -> onnx.ModelProto:
    """A graph: `picture`, uint8 (1, H, W, 3) of any size, RGB → `prepared`, float (1, 3, h, w).

    The output is not normalised: 0–255. The steps are those of timm
    (`timm.data.transforms_factory.transforms_imagenet_eval`): resize, then crop or pad.

    Raises:
        ExportRefused: the network wants pictures scaled in a way that ONNX does not know.
    """
    if preprocessing.interpolation not in RESIZE:
        raise ExportRefused(
            f"ONNX cannot scale pictures by “{preprocessing.interpolation}”, as this network "
            "wants it.",
            "Take the Python folder instead, or train on another model.",
        )
    channels, height, width = preprocessing.input_size
    if channels != 3:
        raise ExportRefused(
            f"This network looks at {channels} colours, not at three.",
            "Take the Python folder instead.",
        )
    text = "\n".join([*_to_planes(), *_resize(preprocessing), *_fit(preprocessing, height, width)])
    graph = parser.parse_graph(
        f"looking (uint8[1, H, W, 3] {PICTURE}) => (float[1, 3, {height}, {width}] {PREPARED})"
        f" {{\n{text}\n}}"
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)


def _to_planes() -> list[str]:
    """(1, H, W, 3) → (1, 3, H, W), and its height and width as tensors of one number."""
    return [
        f"planes = Transpose <perm = [0, 3, 1, 2]> ({PICTURE})",
        f"shape = Shape ({PICTURE})",
        "one = Constant <value = int64[1] {1}> ()",
        "two = Constant <value = int64[1] {2}> ()",
        "three = Constant <value = int64[1] {3}> ()",
        "high = Slice (shape, one, two)",
        "wide = Slice (shape, two, three)",
        "lead = Constant <value = int64[2] {1, 3}> ()",
    ]


def _resize(preprocessing: Preprocessing) -> list[str]:
    """The size that timm's first step gives, and scaling to it."""
    _, height, width = preprocessing.input_size
    tall, broad = (math.floor(side / preprocessing.crop_pct) for side in (height, width))
    if preprocessing.crop_mode == "squash":
        size = [_numbers("new", tall, broad)]
    elif preprocessing.crop_mode == "border":
        size = _keeping_ratio(tall, broad, longest=True)
    elif tall == broad:
        size = _shorter_side(tall)
    else:
        size = _keeping_ratio(tall, broad, longest=False)
    return [
        *size,
        "sizes = Concat <axis = 0> (lead, new)",
        f"scaled = Resize <antialias = 1, exclude_outside = 1, "
        f'coordinate_transformation_mode = "half_pixel", {RESIZE[preprocessing.interpolation]}> '
        "(planes, , , sizes)",
    ]


def _shorter_side(side: int) -> list[str]:
    """torchvision's Resize(int): the shorter side exactly, the longer one rounded down."""
    return [
        _numbers("side", side),
        "shorter = Min (high, wide)",
        "high_times = Mul (high, side)",
        "wide_times = Mul (wide, side)",
        "new_high = Div (high_times, shorter)",
        "new_wide = Div (wide_times, shorter)",
        "new = Concat <axis = 0> (new_high, new_wide)",
    ]


def _keeping_ratio(tall: int, broad: int, *, longest: bool) -> list[str]:
    """timm's ResizeKeepRatio: both sides by one ratio, rounded to the nearest, halves to even."""
    return [
        f"tall = Constant <value = double[1] {{{float(tall)}}}> ()",
        f"broad = Constant <value = double[1] {{{float(broad)}}}> ()",
        "high_d = Cast <to = 11> (high)",
        "wide_d = Cast <to = 11> (wide)",
        "ratio_high = Div (high_d, tall)",
        "ratio_wide = Div (wide_d, broad)",
        f"ratio = {'Max' if longest else 'Min'} (ratio_high, ratio_wide)",
        "new_high_d = Div (high_d, ratio)",
        "new_wide_d = Div (wide_d, ratio)",
        "new_d = Concat <axis = 0> (new_high_d, new_wide_d)",
        "new_r = Round (new_d)",
        "new = Cast <to = 7> (new_r)",
    ]


def _fit(preprocessing: Preprocessing, height: int, width: int) -> list[str]:
    """Crop the middle; where the picture is smaller than that, pad first."""
    border = preprocessing.crop_mode == "border"
    levels = [round(255 * mean) for mean in preprocessing.mean] if border else [0, 0, 0]
    fill = ", ".join(map(str, levels))
    return [
        _numbers("zero_zero", 0, 0),
        _numbers("two_two", 2, 2),
        _numbers("wanted", height, width),
        # pad: half before, rounded down as torchvision does, and the rest after
        "gap = Sub (wanted, new)",
        "missing = Max (gap, zero_zero)",
        "before = Div (missing, two_two)",
        "after = Sub (missing, before)",
        "pads = Concat <axis = 0> (zero_zero, before, zero_zero, after)",
        f"fill = Constant <value = float[1, 3, 1, 1] {{{fill}}}> ()",
        "floats = Cast <to = 1> (scaled)",
        "shifted = Sub (floats, fill)",
        "padded = Pad (shifted, pads)",
        "full = Add (padded, fill)",
        # crop: the middle, Python's round (halves to even) of half of what is too much
        "grown = Max (new, wanted)",
        "surplus = Sub (grown, wanted)",
        "surplus_f = Cast <to = 1> (surplus)",
        "half = Constant <value = float[1] {0.5}> ()",
        "half_surplus = Mul (surplus_f, half)",
        "even = Round (half_surplus)",
        "start = Cast <to = 7> (even)",
        "end = Add (start, wanted)",
        _numbers("axes", 2, 3),
        "cropped = Slice (full, start, end, axes)",
        _numbers("shape_out", 1, 3, height, width),
        f"{PREPARED} = Reshape (cropped, shape_out)",
    ]


def _numbers(name: str, *values: int) -> str:
    """A constant int64 tensor (len(values),)."""
    inner = ", ".join(str(value) for value in values)
    return f"{name} = Constant <value = int64[{len(values)}] {{{inner}}}> ()"
