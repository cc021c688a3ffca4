"""The scored pictures of a run as pixels, batch by batch, for whoever examines a run further.

Importing this imports torch.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from tlcore.classifier.classifier import Classifier
from tlcore.classifier.manifest import CLASSIFIER_FOLDER
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop, Stopped, check
from tlcore.results.score.evaluate import Prediction
from tlcore.results.score.predictions import Predictions, read_predictions
from tlcore.results.score.result_cache import details_key, read_result, write_result
from tlcore.training.inputs.batches import ahead
from tlcore.workspace.paths import Layout
from tlcore.workspace.pictures import Pictures

T = TypeVar("T")
CHUNK = 128
Find = Callable[[Path, Predictions, Pictures, Stop], Generator[Event, None, dict[str, Any]]]


def stored_or_computed(
    payload: dict[str, Any], name: str, find: Find, stop: Stop
) -> Iterator[Event]:
    """What was kept under this name for a run ({"home", "run"}), or what `find` finds now."""
    layout = Layout(Path(payload["home"]))
    folder = layout.run(payload["run"])
    key = details_key(folder)
    data = read_result(folder, name, key)
    if data is None:
        predictions = read_predictions(folder)
        pictures = Pictures(layout.pictures)
        try:
            data = yield from find(folder / CLASSIFIER_FOLDER, predictions, pictures, stop)
        except Stopped:
            return
        write_result(folder, name, key, data)
    yield Event("result", data)


def spread(examples: Sequence[T], most: int) -> list[T]:
    """At most so many of these, evenly over all; examples stand sorted by label."""
    if len(examples) <= most:
        return list(examples)
    places = np.linspace(0, len(examples) - 1, most).round().astype(int)
    return [examples[place] for place in places]


def read_pixels(
    classifier: Classifier,
    chosen: Sequence[Prediction],
    pictures: Pictures,
    stop: Stop,
    size: int = CHUNK,
) -> Iterator[tuple[list[Prediction], Tensor]]:
    """Batches of examples with their prepared pixels (N, 3, H, W). Raises Stopped."""
    copies = [pictures.copy(prediction.picture) for prediction in chosen]
    readers = (partial(classifier.prepare_copy, copy) for copy in copies)
    waiting: list[tuple[Prediction, Tensor]] = []
    for prediction, pixels in zip(chosen, ahead(readers, threads=2), strict=True):
        check(stop)
        waiting.append((prediction, pixels))
        if len(waiting) == size or prediction is chosen[-1]:
            yield [each for each, _ in waiting], torch.stack([part for _, part in waiting])
            waiting = []


def pixels_address(pixels: Tensor) -> str:
    """Prepared pixels, uint8 (3, H, W), as a data address."""
    return jpeg_address(Image.fromarray(pixels.permute(1, 2, 0).contiguous().numpy()))


def jpeg_address(picture: Image.Image) -> str:
    """A picture as a data address that an <img> can show."""
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "JPEG", quality=88)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def progress(doing: str, done: int, total: int) -> Event:
    """How far something is."""
    return Event("progress", {"doing": doing, "done": done, "total": total})
