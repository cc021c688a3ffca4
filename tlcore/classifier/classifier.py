"""A classifier: a folder with weights and manifest, loaded and used on new pictures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from tlcore.backbones.preprocessing import Preprocessing
from tlcore.classifier.manifest import Manifest, read_manifest, unusable
from tlcore.classifier.network import Network
from tlcore.classifier.reader import read_network, read_preprocessing
from tlcore.images.decode import decode_with_size
from tlcore.images.pixels import load_rgb
from tlcore.images.reduction import WORKING_SIDE, encode, reduce

BATCH = 32  # pictures that are classified together


@dataclass(frozen=True)
class Prediction:
    """What a classifier says of N pictures: probabilities (N, labels), each row sums to 1."""

    labels: tuple[str, ...]
    probabilities: tuple[tuple[float, ...], ...]

    def top(self, row: int) -> tuple[str, float]:
        """The likeliest label of one picture, and its probability."""
        best = max(range(len(self.labels)), key=self.probabilities[row].__getitem__)
        return self.labels[best], self.probabilities[row][best]


class Classifier:
    """A trained network with its labels and preprocessing. It computes in float32."""

    def __init__(self, manifest: Manifest, network: Network, preprocessing: Preprocessing):
        self.manifest = manifest
        self.network = network.eval().requires_grad_(False)
        self.preprocessing = preprocessing

    @property
    def labels(self) -> tuple[str, ...]:
        return self.manifest.labels

    @classmethod
    def load(cls, folder: Path) -> Classifier:
        """Read a classifier folder; nothing in it is run, and every name and shape is checked.

        Raises ClassifierInvalid. While a run still writes better weights into the folder, a file
        that the manifest names may be gone by now: then the manifest is read again.
        """
        try:
            return cls._load(folder)
        except FileNotFoundError:
            pass
        try:
            return cls._load(folder)
        except FileNotFoundError as error:
            raise unusable(folder, "one of its weight files is missing") from error

    @classmethod
    def _load(cls, folder: Path) -> Classifier:
        manifest = read_manifest(folder)
        preprocessing = read_preprocessing(folder, manifest)
        return cls(manifest, read_network(folder, manifest), preprocessing)

    def prepare(self, source: bytes | Path) -> Tensor:
        """Any picture file, reduced and prepared as in training: uint8 (3, H, W), values 0–255.

        Raises PictureRefused.
        """
        data = source if isinstance(source, bytes) else source.read_bytes()
        decoded = decode_with_size(data, at_least=WORKING_SIDE)
        return self.prepare_copy(encode(reduce(decoded.image)))

    def prepare_copy(self, copy: bytes | Path) -> Tensor:
        """A working copy (already reduced), prepared as in training: uint8 (3, H, W)."""
        return torch.from_numpy(self.preprocessing.picture(load_rgb(copy)))

    @torch.inference_mode()
    def classify(self, pictures: Sequence[Tensor]) -> Prediction:
        """Predict pictures that `prepare` made, each uint8 (3, H, W), in their order.

        Logits are divided by the manifest's temperature before the softmax (Guo et al. 2017).
        """
        rows: list[tuple[float, ...]] = []
        for start in range(0, len(pictures), BATCH):
            batch = torch.stack(list(pictures[start : start + BATCH]))
            logits = self.network(self.preprocessing.normalise(batch)).double()
            logits = logits / self.manifest.temperature
            rows += [tuple(row) for row in logits.softmax(1).tolist()]
        return Prediction(self.labels, tuple(rows))

    def predict(self, sources: Iterable[bytes | Path]) -> Prediction:
        """Prepare and classify picture files. Raises PictureRefused for the first that is none."""
        return self.classify([self.prepare(source) for source in sources])
