"""What a run leaves behind: a folder with weights and manifest that answers for new pictures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import timm
import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load as read_tensors
from safetensors.torch import save as tensors_to_bytes
from torch import Tensor, nn

from tlcore.backbones.preprocessing import Preprocessing
from tlcore.classifier.manifest import MANIFEST_NAME, Manifest, WeightsFile, read_manifest
from tlcore.classifier.network import Head, Network
from tlcore.errors import ClassifierInvalid
from tlcore.images.decode import decode_with_size
from tlcore.images.pixels import load_rgb
from tlcore.images.reduction import WORKING_SIDE, encode, reduce

BATCH = 32
LARGEST_SIDE = 2048


@dataclass(frozen=True)
class Prediction:
    """Probabilities (pictures, labels) that sum to 1 in each row, and the labels' names."""

    labels: tuple[str, ...]
    probabilities: tuple[tuple[float, ...], ...]

    def top(self, row: int) -> tuple[str, float]:
        """The likeliest label of one picture, and its probability."""
        best = max(range(len(self.labels)), key=self.probabilities[row].__getitem__)
        return self.labels[best], self.probabilities[row][best]


class Classifier:
    """A trained network with its labels and preprocessing. Answers in float32, in order."""

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

        Raises ClassifierInvalid. While a run still writes better weights into the folder, the
        file just read about may be gone: then it is read again.
        """
        try:
            return cls._load(folder)
        except FileNotFoundError:
            pass
        try:
            return cls._load(folder)
        except FileNotFoundError as error:
            raise _invalid(folder, "one of its weight files is missing") from error

    @classmethod
    def _load(cls, folder: Path) -> Classifier:
        manifest = read_manifest(folder)
        preprocessing = _preprocessing(folder, manifest)
        tensors: dict[str, Tensor] = {}
        for file in manifest.weights:
            tensors.update(_read_weights(folder, file))
        return cls(manifest, _build(folder, manifest, tensors), preprocessing)

    def look(self, source: bytes | Path) -> Tensor:
        """Any picture file, reduced and prepared as in training: uint8 (3, H, W).

        Raises PictureRefused.
        """
        data = source if isinstance(source, bytes) else source.read_bytes()
        decoded = decode_with_size(data, at_least=WORKING_SIDE)
        return self.look_at_copy(encode(reduce(decoded.image)))

    def look_at_copy(self, copy: bytes | Path) -> Tensor:
        """A working copy (already reduced), prepared as in training: uint8 (3, H, W)."""
        return torch.from_numpy(self.preprocessing.picture(load_rgb(copy)))

    @torch.inference_mode()
    def answer(self, pictures: Sequence[Tensor]) -> Prediction:
        """Probabilities for pictures that `look` prepared, with the manifest's temperature."""
        rows: list[tuple[float, ...]] = []
        for start in range(0, len(pictures), BATCH):
            batch = torch.stack(list(pictures[start : start + BATCH]))
            logits = self.network(self.preprocessing.normalise(batch)).double()
            logits = logits / self.manifest.temperature
            rows += [tuple(row) for row in logits.softmax(1).tolist()]
        return Prediction(self.labels, tuple(rows))

    def predict(self, sources: Iterable[bytes | Path]) -> Prediction:
        """Look at pictures and answer. Raises PictureRefused for the first that is none."""
        return self.answer([self.look(source) for source in sources])


class ClassifierWriter:
    """Writes a classifier folder again and again while a run finds better weights.

    `learning` names the tensors that any phase may change; all others are written once. Whoever
    opens the folder meanwhile, or after a kill, finds the last complete classifier.
    """

    def __init__(self, folder: Path, network: Network, learning: Iterable[str]):
        self.folder = folder
        self.network = network
        self.learning = frozenset(learning)
        self._frozen: WeightsFile | None = None

    def write(self, manifest: dict[str, Any]) -> None:
        """Write the weights as they are now, with a manifest of everything but `weights`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        state = self.network.state_dict()
        if self._frozen is None:
            self._frozen = self._save("frozen", {k: v for k, v in state.items()
                                                 if k not in self.learning})  # fmt: skip
        learned = self._save("learned", {k: v for k, v in state.items() if k in self.learning})
        complete = Manifest(**manifest, weights=(self._frozen, learned))
        _replace(self.folder / MANIFEST_NAME, complete.to_text().encode())
        self._tidy({self._frozen.name, learned.name})

    def _save(self, kind: str, tensors: dict[str, Tensor]) -> WeightsFile:
        plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        data = tensors_to_bytes(plain)
        digest = hashlib.sha256(data).hexdigest()
        name = f"{kind}-{digest[:16]}.safetensors"
        _replace(self.folder / name, data)
        return WeightsFile(name=name, bytes=len(data), sha256=digest)

    def _tidy(self, wanted: set[str]) -> None:
        for path in self.folder.glob("*-*.safetensors"):
            if path.name not in wanted and path.name.startswith(("frozen-", "learned-")):
                try:
                    path.unlink()
                except OSError:  # Windows: somebody is reading it; the next write tidies it away
                    continue


def versions() -> dict[str, str]:
    """Versions of what computes, for a manifest."""
    import platform

    from tlcore import __version__

    return {
        "graft": __version__,
        "torch": str(torch.__version__),
        "timm": timm.__version__,
        "python": platform.python_version(),
    }


def _replace(path: Path, data: bytes) -> None:
    """Write all or nothing: beside it first, then in its place."""
    beside = path.with_name(path.name + ".part")
    beside.write_bytes(data)
    beside.replace(path)


def _preprocessing(folder: Path, manifest: Manifest) -> Preprocessing:
    """The manifest's preprocessing, tried on a black picture."""
    try:
        preprocessing = Preprocessing.model_validate(manifest.preprocessing)
        if not all(1 <= side <= LARGEST_SIDE for side in preprocessing.input_size):
            raise _invalid(folder, "its picture size is out of range")
        pixels = torch.from_numpy(preprocessing.picture(np.zeros((8, 8, 3), np.uint8)))
        sound = bool(preprocessing.normalise(pixels[None]).isfinite().all())
    except (
        ValidationError,
        KeyError,
        TypeError,
        ValueError,
        RuntimeError,
        AssertionError,
    ) as error:
        raise _invalid(folder, "its preprocessing is not sound") from error
    if not sound:
        raise _invalid(folder, "its normalisation divides by nothing")
    return preprocessing


def _read_weights(folder: Path, file: WeightsFile) -> dict[str, Tensor]:
    path = folder / file.name
    if path.stat().st_size != file.bytes:
        raise _invalid(folder, f"{file.name} has not the size that the manifest says")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise _invalid(folder, f"{file.name} was changed after it was written")
    try:
        return dict(read_tensors(data))
    except SafetensorError as error:
        raise _invalid(folder, f"{file.name} is no safetensors file") from error


def _build(folder: Path, manifest: Manifest, tensors: dict[str, Tensor]) -> Network:
    """The network of the manifest with these tensors: all of its own, and no other."""
    backbone = _architecture(folder, manifest)
    head = Head(
        manifest.head.features,
        len(manifest.labels),
        hidden=manifest.head.hidden,
        dropout=manifest.head.dropout,
        kind=manifest.head.kind,
    )
    network = Network(backbone, head)
    try:
        network.load_state_dict(tensors, strict=True)
    except RuntimeError as error:
        raise _invalid(folder, "its weights do not fit its backbone and labels") from error
    if not all(bool(torch.isfinite(one).all()) for one in tensors.values()):
        raise _invalid(folder, "its weights hold values that are no numbers")
    return network


def _architecture(folder: Path, manifest: Manifest) -> nn.Module:
    name = manifest.backbone.architecture
    if not timm.is_model(name):
        raise _invalid(folder, f"“{name}” is no architecture that timm knows")
    try:
        module: nn.Module = timm.create_model(
            name, pretrained=False, num_classes=0, **manifest.backbone.model_args
        )
    except (TypeError, ValueError, RuntimeError, AssertionError) as error:
        raise _invalid(folder, f"its backbone cannot be built ({error})") from error
    return module


def _invalid(folder: Path, why: str) -> ClassifierInvalid:
    return ClassifierInvalid(
        f"The classifier in “{folder}” cannot be used: {why}.",
        "Copy or unpack it again, or train it again.",
    )


def read_summary(folder: Path) -> dict[str, Any]:
    """The manifest as plain data. Raises ClassifierInvalid."""
    summary: dict[str, Any] = json.loads(read_manifest(folder).to_text())
    return summary
