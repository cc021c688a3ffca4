"""The classifier folder as it is taken away: weights, manifest and what runs it. No torch here."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tlcore.backbones.catalog.curated import full_title
from tlcore.classifier.manifest import MANIFEST_NAME, Manifest, read_manifest

TEMPLATES = Path(__file__).parent / "takeaway"
FIRST_DATE = (2000, 1, 1, 0, 0, 0)
SCRIPTS = ("predict.py", "requirements.txt")


def classifier_zip(folder: Path, examples: Mapping[str, bytes] | None = None) -> bytes:
    """Weights, manifest.json, predict.py and what it needs of a classifier folder, zipped.

    `examples` are small pictures to put beside them, by their names; without, no picture of the
    user's leaves. The same classifier gives the same bytes. Raises ClassifierInvalid.
    """
    buffer = io.BytesIO()
    more = {f"examples/{name}": data for name, data in (examples or {}).items()}
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in [*contents(folder), *more.items()]:
            entry = zipfile.ZipInfo(f"classifier/{name}", FIRST_DATE)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return buffer.getvalue()


def write_folder(folder: Path, out: Path, templates: Sequence[str] = SCRIPTS) -> None:
    """The same as files in `out`, which is there and empty. Raises ClassifierInvalid."""
    for name, data in contents(folder, templates):
        (out / name).write_bytes(data)


def contents(folder: Path, templates: Sequence[str] = SCRIPTS) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every file that leaves with a classifier, and of no other."""
    manifest = read_manifest(folder)
    for file in manifest.weights:
        yield file.name, (folder / file.name).read_bytes()
    yield MANIFEST_NAME, (folder / MANIFEST_NAME).read_bytes()
    for name in templates:
        yield name, (TEMPLATES / name).read_bytes()
    yield "README.txt", readme(manifest).encode()


def readme(manifest: Manifest) -> str:
    """What lies in the folder and how to use it, as plain text."""
    template = (TEMPLATES / "README.txt").read_text(encoding="utf-8")
    accuracy = manifest.metrics.get("validation_accuracy")
    return template.format(
        labels=", ".join(manifest.labels),
        backbone=full_title(manifest.backbone.name),
        licence=manifest.backbone.licence or "not stated",
        trained_on=manifest.backbone.trained_on or "not stated",
        accuracy=f"{100 * accuracy:.0f} %" if isinstance(accuracy, float) else "not measured",
        torch=manifest.versions.get("torch", "2.10").split("+")[0],
        timm=manifest.versions.get("timm", "1.0.20"),
        unsure=(
            f"Below {100 * manifest.threshold:.0f} % it answers “I don't know”."
            if manifest.threshold
            else "It always answers with one of these labels, even for a picture that shows none "
            "of them."
        ),
    )
