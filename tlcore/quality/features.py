"""Pooled features of pictures, through the same kept shelf that a training of the head alone uses.

What a check-up computes here, a later training finds, and the other way round.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Generator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from tlcore.backbones.cut.cut import cut
from tlcore.backbones.cut.stages import stages
from tlcore.backbones.engines.device import device
from tlcore.backbones.engines.precision import choose_precision
from tlcore.backbones.features.extract import Picture, compute_features, extract
from tlcore.backbones.features.store import FeatureKey, FeatureStore
from tlcore.backbones.features.view import PLAIN_VIEW
from tlcore.backbones.sources.registry import find
from tlcore.backbones.weights import Backbone, load_backbone
from tlcore.images.pixels import load_rgb
from tlcore.images.reduction import working_copy
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop, check, never
from tlcore.workspace.paths import Layout
from tlcore.workspace.pictures import Pictures
from tlcore.workspace.records import Example

Features = npt.NDArray[np.float32]
LOOKING = "Looking at your pictures once"
MOST_OPEN = 2


def pooled_features(
    home: Path, pictures: Sequence[Picture], backbone: str, stop: Stop = never
) -> Generator[Event, None, Features]:
    """Pooled features (N, F), float32, of N pictures; what is kept already is not computed.

    Yields `progress` events while it computes. Raises UnknownModel or WeightsUnavailable,
    PictureRefused for a working copy that cannot be read, WorkspaceError on a full disk, and
    Stopped.
    """
    opened, precision = open_backbone(home, backbone)
    return (yield from stored_features(home, pictures, opened, precision, LOOKING, stop))


def stored_features(
    home: Path,
    pictures: Sequence[Picture],
    backbone: Backbone,
    precision: str,
    doing: str,
    stop: Stop = never,
) -> Generator[Event, None, Features]:
    """`pooled_features` of a backbone that is on its device, in a precision of the caller's.

    `doing` are the words of its `progress` events. Raises PictureRefused, WorkspaceError, Stopped.
    """
    module, size = backbone.module, backbone.preprocessing.input_size
    whole = cut(module, len(stages(module)), size)
    key = FeatureKey(backbone.fingerprint, whole.stage_index, PLAIN_VIEW, size, precision)
    with FeatureStore(Layout(home).features).open(key) as shelf:
        shas = [picture.sha for picture in pictures]
        if shelf.missing(shas):
            looked = extract(
                whole.prefix,
                pictures,
                backbone.preprocessing,
                shelf,
                precision=precision,
                stop=stop,
            )
            for done, total in looked:
                yield Event("progress", {"doing": doing, "done": done, "total": total})
        check(stop)
        if not shas:
            return np.zeros((0, backbone.features), np.float32)
        (rows,) = shelf.read(shas)
    return rows.float().numpy()


def example_features(
    home: Path,
    examples: Sequence[Example],
    backbone: str,
    stop: Stop = never,
    kept: Path | None = None,
) -> Generator[Event, None, Features]:
    """`pooled_features` for examples of the workspace in `home`: (N, F) in their order.

    `kept` is the home that keeps the features, by default the same.
    """
    stored = Pictures(Layout(home).pictures)
    pictures = [Picture(example.picture, stored.copy(example.picture)) for example in examples]
    return (yield from pooled_features(kept or home, pictures, backbone, stop))


def picture_features(home: Path, data: bytes, backbone: str) -> Features:
    """Features (1, F) of a picture that is not in the workspace, reduced as import would do it.

    Nothing is kept. Raises PictureRefused.
    """
    return copy_features(home, working_copy(data).jpeg, backbone)


def copy_features(home: Path, copy: bytes, backbone: str) -> Features:
    """Features (1, F) of a working copy's bytes, as a training would see it; nothing is kept.

    In the precision of kept features: they are compared with each other.
    """
    known, precision = open_backbone(home, backbone)
    pixels = known.preprocessing.picture(load_rgb(copy))[None]
    whole = cut(known.module, len(stages(known.module)), known.preprocessing.input_size)
    (rows,) = compute_features(
        whole.prefix, torch.from_numpy(pixels), known.preprocessing, precision
    )
    return rows.cpu().numpy().astype(np.float32)


def open_backbone(home: Path, name: str) -> tuple[Backbone, str]:
    """A backbone on the device that computes, and the faster precision for its answers there.

    The last two stay open. Raises as `load_backbone`.
    """
    return _open.get(home, name)


class _Open:
    """The backbones used last. Safe for many threads: precision is measured before anyone has it,

    since measuring changes a module for a while.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: OrderedDict[tuple[str, ...], tuple[Backbone, str]] = OrderedDict()

    def get(self, home: Path, name: str) -> tuple[Backbone, str]:
        path = find(name).path
        written = path.stat().st_mtime_ns if path else 0
        key = (str(home), name, str(path or ""), str(written))
        with self._lock:
            if key not in self._found:
                self._found[key] = _load(home, name)
            self._found.move_to_end(key)
            while len(self._found) > MOST_OPEN:
                self._found.popitem(last=False)
            return self._found[key]


def _load(home: Path, name: str) -> tuple[Backbone, str]:
    backbone = load_backbone(name)
    backbone.module.to(device()).to(memory_format=torch.channels_last)
    size = backbone.preprocessing.input_size
    return backbone, choose_precision(backbone.module, size, "forward", Layout(home).cache)


_open = _Open()
