"""What a network says about pictures: its features and its logits, in one float32 pass."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from tlcore.backbones.cut.cut import WholeBackbone
from tlcore.backbones.features.extract import compute_features
from tlcore.classifier.classifier import Classifier
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop, check, never
from tlcore.training.fit.loop import Training
from tlcore.training.fit.weights.split_logits import split_logits
from tlcore.training.inputs.batches import ahead
from tlcore.workspace.records import Split

BATCH = 32
READERS = 2


@dataclass(frozen=True)
class NetworkOutputs:
    """Features (N, features) as float32 and logits (N, labels) as float64, row by row."""

    features: npt.NDArray[np.float32]
    logits: npt.NDArray[np.float64]


def split_outputs(training: Training, split: Split) -> Generator[Event, None, NetworkOutputs]:
    """What the kept network of a training says about one of its splits, in their order.

    What no phase changed is computed once per picture and kept, as in training, but in float32.
    Its value has no rows for an empty split; it yields `progress` events. Raises Stopped.
    """
    training.best.restore()
    logits = yield from split_logits(training.cache, training.examples, split, training.stop)
    return _joined(list(logits.batches()), len(training.examples.labels))


def copy_outputs(
    classifier: Classifier, copies: Sequence[Path], doing: str, stop: Stop = never
) -> Generator[Event, None, NetworkOutputs]:
    """What a classifier says about working copies, in their order; tells `progress` with `doing`.

    Raises PictureRefused and Stopped.
    """
    readers = (_reader(classifier, path) for path in copies)
    return (
        yield from pixel_outputs(classifier, ahead(readers, threads=READERS), len(copies),
                                    doing, stop)
    )  # fmt: skip


def pixel_outputs(
    classifier: Classifier, pixels: Iterable[Tensor], total: int, doing: str, stop: Stop = never
) -> Generator[Event, None, NetworkOutputs]:
    """The same for prepared pixels, uint8 (3, H, W) each. Raises Stopped."""
    parts: list[tuple[Tensor, Tensor]] = []
    waiting: list[Tensor] = []
    done = 0
    for picture in pixels:
        waiting.append(picture)
        if len(waiting) == BATCH or done + len(waiting) == total:
            check(stop)
            parts.append(_say(classifier, torch.stack(waiting)))
            done += len(waiting)
            waiting.clear()
            yield Event("progress", {"doing": doing, "done": done, "total": total})
    return _joined(parts, len(classifier.labels))


def _reader(classifier: Classifier, path: Path) -> Callable[[], Tensor]:
    return lambda: classifier.prepare_copy(path)


@torch.inference_mode()
def _say(classifier: Classifier, pixels: Tensor) -> tuple[Tensor, Tensor]:
    [features] = compute_features(
        WholeBackbone(classifier.network.backbone), pixels, classifier.preprocessing
    )
    return features, classifier.network.head(features).double()


def _joined(parts: Sequence[tuple[Tensor, Tensor]], labels: int) -> NetworkOutputs:
    if not parts:
        return NetworkOutputs(np.zeros((0, 0), np.float32), np.zeros((0, labels), np.float64))
    features, logits = (torch.cat([part[i] for part in parts]).numpy() for i in (0, 1))
    return NetworkOutputs(features.astype(np.float32), logits.astype(np.float64))
