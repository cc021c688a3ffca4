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


def predict_copy(classifier: Classifier, picture: CheckPicture) -> Probabilities:
    """What the app predicts for a working copy, in float32: (labels,)."""
    return classifier.classify([classifier.prepare_copy(picture.copy)]).probabilities[0]


def predict_bytes(classifier: Classifier, data: bytes) -> Probabilities:
    """What the app predicts for the bytes of any picture, in float32: (labels,)."""
    return classifier.classify([classifier.prepare(data)]).probabilities[0]


def bytes_of(source: Path | bytes) -> bytes:
    """The bytes of a picture that is given as such or as a file. Raises OSError."""
    return source if isinstance(source, bytes) else source.read_bytes()


def load_script(path: Path) -> Any:
    """Run one of our own scripts from where it was written, as a module that nobody else sees."""
    name = f"graft_exported_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module
