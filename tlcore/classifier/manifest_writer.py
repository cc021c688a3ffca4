"""The one way to write the manifest of a classifier folder. No torch here.

The server sets a threshold, the workers a temperature and new weights, and all of them write the
same small file. So each reads it, changes it and writes it while it holds the folder's lock.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from filelock import FileLock
from pydantic import ValidationError

from tlcore.classifier.manifest import (
    MANIFEST_NAME,
    Manifest,
    has_classifier,
    read_manifest,
    unusable,
)
from tlcore.errors import ClassifierInvalid
from tlcore.workspace.files import write_text

LOCK_NAME = ".manifest.lock"


def change_manifest(
    folder: Path, *, temperature: float | None = None, threshold: float | None = None
) -> Manifest:
    """Set how sure a classifier has to be in its folder; what is None stays as it is.

    Raises ClassifierInvalid (no classifier there, or a value that none can have) and OSError.
    """
    changes = {"temperature": temperature, "threshold": threshold}
    changes = {name: value for name, value in changes.items() if value is not None}
    if not has_classifier(folder):
        read_manifest(folder)  # says so, before a lock makes the folder

    def changed(earlier: Manifest | None) -> Manifest:
        manifest = earlier or read_manifest(folder)
        return Manifest.model_validate({**manifest.to_json(), **changes})

    try:
        return rewrite_manifest(folder, changed)
    except ValidationError as error:
        raise unusable(folder, str(error.errors()[0]["msg"])) from error


def rewrite_manifest(folder: Path, new: Callable[[Manifest | None], Manifest]) -> Manifest:
    """Write the manifest that `new` makes of the present one (None if there is no sound one).

    Nobody else writes it meanwhile, in whatever process. Raises OSError, and what `new` raises.
    """
    with FileLock(folder / LOCK_NAME):
        try:
            earlier = read_manifest(folder)
        except ClassifierInvalid:
            earlier = None
        manifest = new(earlier)
        write_text(folder / MANIFEST_NAME, manifest.to_text())
        return manifest
