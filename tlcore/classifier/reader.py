"""Reads the network and the preprocessing of a classifier folder, which it does not trust.

Nothing in the folder is run, and every name, size, shape and number is checked.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import timm
import torch
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import load as read_tensors
from torch import Tensor, nn

from tlcore.backbones.preprocessing import Preprocessing
from tlcore.classifier.manifest import Manifest, WeightsFile, unusable
from tlcore.classifier.network import Head, Network

LARGEST_SIDE = 2048  # pixels of a picture
MOST_BUFFERS = 256_000_000  # bytes of what a network computes for itself when it is built


def read_preprocessing(folder: Path, manifest: Manifest) -> Preprocessing:
    """The manifest's preprocessing, tried on a black picture. Raises ClassifierInvalid."""
    try:
        preprocessing = Preprocessing.model_validate(manifest.preprocessing)
        if not all(1 <= side <= LARGEST_SIDE for side in preprocessing.input_size):
            raise unusable(folder, "its picture size is out of range")
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
        raise unusable(folder, "its preprocessing is not sound") from error
    if not sound:
        raise unusable(folder, "its normalisation divides by nothing")
    return preprocessing


def read_network(folder: Path, manifest: Manifest) -> Network:
    """The manifest's network with the weights of its files.

    Raises ClassifierInvalid, and FileNotFoundError where a weights file is gone.
    """
    _check_shapes(folder, manifest)
    tensors: dict[str, Tensor] = {}
    for file in manifest.weights:
        tensors.update(_read_weights(folder, file))
    return _build(folder, manifest, tensors)


def _read_weights(folder: Path, file: WeightsFile) -> dict[str, Tensor]:
    """The tensors of one file, if it is still what the manifest says. Raises ClassifierInvalid."""
    path = folder / file.name
    if path.stat().st_size != file.bytes:
        raise unusable(folder, f"{file.name} has not the size that the manifest says")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise unusable(folder, f"{file.name} was changed after it was written")
    try:
        return dict(read_tensors(data))
    except SafetensorError as error:
        raise unusable(folder, f"{file.name} is no safetensors file") from error


def _check_shapes(folder: Path, manifest: Manifest) -> None:
    """Refuse a manifest whose network is not the one of its weight files.

    Compared without any numbers: the network stands on torch's meta device, and of the files only
    the headers are read. So what is built afterwards takes no more memory than the files suggest.
    """
    stored: dict[str, list[int]] = {}
    for file in manifest.weights:
        stored |= _stored_shapes(folder, file)
    with torch.device("meta"):
        outline = _network(folder, manifest)
    shapes = {name: list(tensor.shape) for name, tensor in outline.state_dict().items()}
    if shapes != stored:
        raise unusable(folder, "its weights do not fit its backbone and labels")
    # what is computed when it is built, such as tables of positions, is in no file
    beside = sum(b.numel() * b.element_size() for b in outline.buffers())
    if beside > MOST_BUFFERS + sum(file.bytes for file in manifest.weights):
        raise unusable(folder, "its backbone takes far more memory than its weights")


def _stored_shapes(folder: Path, file: WeightsFile) -> dict[str, list[int]]:
    """The shape of each tensor in a safetensors file, from its header."""
    path = folder / file.name
    if path.stat().st_size != file.bytes:
        raise unusable(folder, f"{file.name} has not the size that the manifest says")
    try:
        with safe_open(path, framework="numpy") as tensors:
            return {name: tensors.get_slice(name).get_shape() for name in tensors.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise unusable(folder, f"{file.name} is no safetensors file") from error


def _build(folder: Path, manifest: Manifest, tensors: dict[str, Tensor]) -> Network:
    """The manifest's network with these tensors, which must be all of its own and no other."""
    network = _network(folder, manifest)
    try:
        network.load_state_dict(tensors, strict=True)
    except RuntimeError as error:
        raise unusable(folder, "its weights do not fit its backbone and labels") from error
    if not all(bool(torch.isfinite(tensor).all()) for tensor in tensors.values()):
        raise unusable(folder, "its weights hold values that are no numbers")
    return network


def _network(folder: Path, manifest: Manifest) -> Network:
    """The manifest's network with random weights, on torch's present device."""
    head = manifest.head
    return Network(
        _architecture(folder, manifest),
        Head(
            head.features,
            len(manifest.labels),
            hidden=head.hidden,
            dropout=head.dropout,
            kind=head.kind,
        ),
    )


def _architecture(folder: Path, manifest: Manifest) -> nn.Module:
    """The backbone of the manifest with random weights: (N, 3, H, W) → features (N, F)."""
    name = manifest.backbone.architecture
    if not timm.is_model(name):
        raise unusable(folder, f"“{name}” is no architecture that timm knows")
    try:
        module: nn.Module = timm.create_model(
            name, pretrained=False, num_classes=0, **manifest.backbone.model_args
        )
    # Hundreds of architectures refuse what they cannot be built with in ways of their own.
    except Exception as error:
        raise unusable(folder, f"its backbone cannot be built ({error})") from error
    return module
