"""Changes the manifest of a classifier folder that is already there. No torch here."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from tlcore.classifier.manifest import (
    MANIFEST_NAME,
    Manifest,
    read_manifest,
    unusable,
)


def change_manifest(
    folder: Path, *, temperature: float | None = None, threshold: float | None = None
) -> Manifest:
    """Write how sure a classifier may be into its folder; what is None stays as it is.

    Raises ClassifierInvalid: no classifier there, or a value that none can have.
    """
    changes = {"temperature": temperature, "threshold": threshold}
    data = read_manifest(folder).to_json()
    data |= {name: value for name, value in changes.items() if value is not None}
    try:
        manifest = Manifest.model_validate(data)
    except ValidationError as error:
        raise unusable(folder, str(error.errors()[0]["msg"])) from error
    path = folder / MANIFEST_NAME
    beside = path.with_name(path.name + ".part")
    beside.write_text(manifest.to_text(), encoding="utf-8", newline="\n")
    beside.replace(path)
    return manifest
