"""How an exported file is compared with the app: for each picture the predictions of both.

No torch here.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from tlcore.classifier.classifier import Classifier

Probabilities = Sequence[float]  # (labels,)


@dataclass(frozen=True)
class CheckPicture:
    """One picture to check with: its working copy, what it was made from, its label if known.

    `target` is a position in the classifier's labels.
    """

    copy: Path | bytes
    original: Path | bytes
    target: int | None = None


@dataclass(frozen=True)
class PredictionPair:
    """What the app predicts for a picture, and what the exported file does: (labels,) each."""

    app: Probabilities
    file: Probabilities


# One pair for each way in which a file can be used; always the same ways in the same order.
Comparison = Callable[[CheckPicture], list[PredictionPair]]

# The bytes of any picture file → the RGB pixels (H, W, 3) that the network is then prepared from.
PixelReader = Callable[[bytes], npt.NDArray[np.uint8]]


def predict_copy(classifier: Classifier, picture: CheckPicture) -> Probabilities:
    """What the app predicts for a working copy, in float32: (labels,)."""
    return classifier.classify([classifier.prepare_copy(picture.copy)]).probabilities[0]


def predict_bytes(classifier: Classifier, data: bytes) -> Probabilities:
    """What the app predicts for the bytes of any picture, in float32: (labels,)."""
    return classifier.classify([classifier.prepare(data)]).probabilities[0]


def bytes_of(source: Path | bytes) -> bytes:
    """The bytes of a picture that is given as such or as a file. Raises OSError."""
    return source if isinstance(source, bytes) else source.read_bytes()


def script_reader(path: Path) -> PixelReader:
    """How one of our own scripts reads a picture file, by its `reduced`."""
    script = load_script(path)
    return lambda data: np.asarray(script.reduced(data))


def load_script(path: Path) -> Any:
    """Run one of our own scripts from where it was written, as a module that nobody else sees.

    It may import those that lie beside it.
    """
    name = f"graft_exported_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    beside = {file.stem for file in path.parent.glob("*.py")}
    hidden = {name: sys.modules.pop(name) for name in beside & set(sys.modules)}
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
        sys.path.remove(str(path.parent))
        for name in beside & set(sys.modules):
            del sys.modules[name]
        sys.modules.update(hidden)
    return module
