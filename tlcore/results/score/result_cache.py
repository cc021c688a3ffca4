"""What was derived for a run, kept in its folder: each answer with what it depends on. No torch.

A kept answer is only given back for the same key, so a classifier that was written anew, or other
pictures, never show old figures.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tlcore.classifier.manifest import CLASSIFIER_FOLDER, read_manifest
from tlcore.jobs.events import plain
from tlcore.results.score.predictions import PREDICTIONS_NAME
from tlcore.workspace.files import read_json, replacing, write_json

FEATURES_NAME = "features.npz"  # of the scored pictures, by split
KNOWN_NAME = "known.npz"  # of the training pictures, and of those that the score is about
DETAILS_NAME = "details"
DETECTIVE_NAME = "detective"
STRESS_NAME = "stress"
MAP_NAME = "map"
FORM = 3  # of what is kept; another number makes everything anew
Floats = npt.NDArray[np.float32]


def classifier_version(folder: Path) -> str:
    """A digest of a classifier's weights. Raises ClassifierInvalid."""
    return "".join(file.sha256 for file in read_manifest(folder).weights)


def key_of(*parts: object) -> str:
    """A digest of anything that JSON can hold, for `write_result` and `read_result`."""
    text = json.dumps([plain(part) for part in parts], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def details_key(run_folder: Path) -> str:
    """What everything derived for a run depends on: its weights and its scores.

    Raises ClassifierInvalid, and OSError where the run was not scored.
    """
    stored = (run_folder / PREDICTIONS_NAME).stat()
    version = classifier_version(run_folder / CLASSIFIER_FOLDER)
    return key_of(FORM, version, stored.st_mtime_ns, stored.st_size)


def write_result(folder: Path, name: str, key: str, data: Mapping[str, Any]) -> None:
    """Keep `data` as `name`.json, all or nothing. Numbers that are not finite become null."""
    write_json(folder / f"{name}.json", {"key": key, "data": plain(dict(data))})


def read_result(folder: Path, name: str, key: str) -> dict[str, Any] | None:
    """What was kept as `name` for this key; None where there is nothing, or for another key."""
    kept = read_json(folder / f"{name}.json")
    data = kept.get("data") if kept.get("key") == key else None
    return data if isinstance(data, dict) else None


def write_features(path: Path, features: Mapping[str, Floats]) -> None:
    """Keep features (N, F) by name, in half precision where they fit it; all or nothing."""
    small = {name: _halved(rows) for name, rows in features.items()}
    with replacing(path) as unfinished, unfinished.open("wb") as file:
        np.savez(file, **small)  # type: ignore[arg-type]  # its stub mistakes arrays for a flag


def read_features(path: Path, name: str, rows: int) -> Floats | None:
    """Kept features as float32 (rows, F); None if there are none, or not for so many rows."""
    try:
        with np.load(path, allow_pickle=False) as file:
            features: Floats = file[name].astype(np.float32)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return None
    return features if features.ndim == 2 and len(features) == rows and rows else None


def _halved(rows: Floats) -> npt.NDArray[Any]:
    largest = float(np.abs(rows).max(initial=0.0))
    return rows.astype(np.float16) if largest < 6e4 else rows
