"""What a classifier looks at: heat maps, and whether the border is enough for it. Tasks.

Importing this imports torch. What the detective finds is kept in the run's folder.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from tlcore.backbones.preprocessing import Preprocessing
from tlcore.classifier.classifier import Classifier
from tlcore.classifier.manifest import MANIFEST_NAME
from tlcore.images.decode import decode
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop, check
from tlcore.results.explain.border_test import MIDDLE, BorderTest, hide
from tlcore.results.explain.heat import Explainer, outside_share
from tlcore.results.explain.scored_pixels import (
    jpeg_address,
    pixels_address,
    progress,
    read_pixels,
    spread,
    stored_or_computed,
)
from tlcore.results.score.evaluate import Prediction
from tlcore.results.score.predictions import Predictions
from tlcore.results.score.result_cache import DETECTIVE_NAME
from tlcore.workspace.pictures import Pictures

MOST_HIDDEN = 500  # pictures of which the detective hides parts
MOST_HEATED = 60  # pictures whose heat the detective measures
SHOWN_SIDE = 384  # pixels of a picture under a heat map


def heat_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """{"classifier": folder, "copies": [paths], "labels": [number or null]} → {"method",
    "labels", "maps": [{"picture", "heat", "label", "probabilities"}]}.

    Heat is a grid of rows, 0 to 1, for the label asked for, or for the answer. `picture` is a data
    address of just the part that the network sees. Raises ClassifierInvalid, PictureRefused.
    """
    with _explaining:
        explainer = _explainer(Path(payload["classifier"]))
        classifier = explainer.classifier
        maps = []
        for path, wanted in zip(payload["copies"], payload["labels"], strict=True):
            check(stop)
            pixels = classifier.prepare_copy(Path(path))
            [row] = classifier.classify([pixels]).probabilities
            label = int(np.argmax(row)) if wanted is None else int(wanted)
            [heat] = explainer.maps(pixels[None], [label])
            maps.append({
                "picture": seen_part(Path(path), classifier.preprocessing, pixels),
                "heat": [[round(float(value), 3) for value in line] for line in heat],
                "label": label,
                "probabilities": list(row),
            })  # fmt: skip
        method = explainer.method
    yield Event("result", {"method": method, "labels": list(classifier.labels), "maps": maps})


def detective_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """{"home", "run"} → the data of a `BorderTest`: whether the border alone is enough."""
    yield from stored_or_computed(payload, DETECTIVE_NAME, _detect, stop)


def _detect(
    folder: Path, predictions: Predictions, pictures: Pictures, stop: Stop
) -> Generator[Event, None, dict[str, Any]]:
    chosen = spread(predictions.of(predictions.judged), MOST_HIDDEN)
    classifier = Classifier.load(folder)
    right: dict[str, list[bool]] = {"whole": [], "middle": [], "border": []}
    for batch, pixels in read_pixels(classifier, chosen, pictures, stop):
        plain = classifier.preprocessing.normalise(pixels)
        targets = torch.tensor([prediction.target for prediction in batch])
        with torch.inference_mode():
            for name, changed in (
                ("whole", plain),
                ("middle", hide(plain, middle=True)),
                ("border", hide(plain, middle=False)),
            ):
                answers = classifier.network(changed).argmax(1)
                right[name] += (answers == targets).tolist()
        yield progress("Hiding parts of the pictures", len(right["whole"]), len(chosen))
    heat = yield from _heat_outside(folder, spread(chosen, MOST_HEATED), pictures, stop)
    counts = np.bincount([prediction.target for prediction in chosen])
    pairs = list(zip(right["middle"], right["border"], strict=True))
    border_test = BorderTest(
        total=len(chosen),
        whole=sum(right["whole"]),
        middle_hidden=sum(right["middle"]),
        border_hidden=sum(right["border"]),
        chance=float(counts.max() / max(1, len(chosen))),
        only_border=sum(border and not middle for border, middle in pairs),
        only_middle=sum(middle and not border for border, middle in pairs),
        heat_outside=heat,
    )
    return border_test.to_data() | {"middle_area": MIDDLE * MIDDLE}


def _heat_outside(
    folder: Path, chosen: Sequence[Prediction], pictures: Pictures, stop: Stop
) -> Generator[Event, None, float | None]:
    shares: list[float] = []
    with _explaining:
        explainer = _explainer(folder)
        for batch, pixels in read_pixels(explainer.classifier, chosen, pictures, stop, size=16):
            maps = explainer.maps(pixels, [prediction.predicted for prediction in batch])
            shares += outside_share(maps, MIDDLE).tolist()
            yield progress("Looking at what it looks at", len(shares), len(chosen))
    known = [share for share in shares if np.isfinite(share)]
    return float(np.mean(known)) if known else None


def seen_part(path: Path, preprocessing: Preprocessing, pixels: Tensor) -> str:
    """A data address of the part of a working copy that the network sees, at a size to look at.

    `pixels` are the prepared ones, uint8 (3, H, W).

    Where the crop is not a plain one in the middle, the prepared pixels themselves.
    """
    side = preprocessing.input_size[1]
    square = preprocessing.input_size[1] == preprocessing.input_size[2]
    if preprocessing.crop_mode != "center" or not square:
        return pixels_address(pixels)
    picture = decode(path.read_bytes())
    shorter = min(picture.size)
    crop = min(shorter, round(shorter * preprocessing.crop_pct))
    left, top = (picture.width - crop) // 2, (picture.height - crop) // 2
    part = picture.crop((left, top, left + crop, top + crop))
    shown = max(side, min(SHOWN_SIDE, crop))
    return jpeg_address(part.resize((shown, shown), Image.Resampling.BICUBIC))


# Hooks on layers see every picture that passes, so whoever explains has a network of its own.
_explaining = threading.Lock()
_explainers: dict[tuple[Path, int], Explainer] = {}


def _explainer(folder: Path) -> Explainer:
    """The explainer of a classifier folder, the last one kept. Call it with the lock held."""
    manifest = folder / MANIFEST_NAME
    key = (folder, manifest.stat().st_mtime_ns if manifest.is_file() else 0)
    if key not in _explainers:
        made = Explainer(Classifier.load(folder))
        _explainers.clear()
        _explainers[key] = made
    return _explainers[key]
