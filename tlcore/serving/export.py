"""The take-away: a classifier folder as one zip, with a script that runs it. No torch here."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from tlcore.training.manifest import MANIFEST_NAME, Manifest, read_manifest

TEMPLATES = Path(__file__).parent / "takeaway"
FIRST_DATE = (2000, 1, 1, 0, 0, 0)


def classifier_zip(folder: Path) -> bytes:
    """Weights, manifest.json, predict.py and a README.txt of a classifier folder, zipped.

    The same classifier gives the same bytes. Raises ClassifierInvalid.
    """
    manifest = read_manifest(folder)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for file in manifest.weights:
            _add(archive, file.name, (folder / file.name).read_bytes())
        _add(archive, MANIFEST_NAME, (folder / MANIFEST_NAME).read_bytes())
        _add(archive, "predict.py", (TEMPLATES / "predict.py").read_bytes())
        _add(archive, "README.txt", readme(manifest).encode())
    return buffer.getvalue()


def readme(manifest: Manifest) -> str:
    """What lies in the zip and how to use it, as plain text."""
    template = (TEMPLATES / "README.txt").read_text(encoding="utf-8")
    accuracy = manifest.metrics.get("validation_accuracy")
    return template.format(
        labels=", ".join(manifest.labels),
        backbone=manifest.backbone.name,
        licence=manifest.backbone.licence or "not stated",
        trained_on=manifest.backbone.trained_on or "not stated",
        accuracy=f"{100 * accuracy:.0f} %" if isinstance(accuracy, float) else "not measured",
        torch=manifest.versions.get("torch", "2.10").split("+")[0],
        timm=manifest.versions.get("timm", "1.0.20"),
    )


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(f"classifier/{name}", FIRST_DATE)
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, data)
