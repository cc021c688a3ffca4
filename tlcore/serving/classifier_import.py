"""A classifier from elsewhere, a folder or a zip, becomes a run of a project. No torch here.

Nothing of it is ever unpickled or run: a manifest that is checked field by field, and safetensors
whose sizes and hashes it names. Only the files that the manifest names are taken, by those names.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import IO, Any

from tlcore.classifier.manifest import (
    CLASSIFIER_FOLDER,
    MANIFEST_NAME,
    MOST_MANIFEST_BYTES,
    Manifest,
    read_manifest,
)
from tlcore.errors import ClassifierInvalid
from tlcore.workspace import Workspace
from tlcore.workspace.records import IMPORTED, Run

MOST_BYTES = 6_000_000_000  # of all weights together
MOST_ENTRIES = 1_000
DAMAGE = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError,
    RuntimeError,  # a password
)  # fmt: skip
Check = Callable[[Path], object]  # opens the folder for good, or raises ClassifierInvalid


def import_classifier(
    workspace: Workspace, project_id: str, source: Path | IO[bytes], check: Check
) -> Run:
    """Take a classifier folder, or a zip with one in it, into a project as a finished run.

    Args:
        check: opens the folder as it will be used, where torch is; it raises what is wrong.

    Raises:
        ClassifierInvalid: there is none in it, or it is not sound. Nothing is left behind then.
        NotFound: there is no such project.
    """
    workspace.projects.get(project_id)
    with tempfile.TemporaryDirectory(
        prefix=".import-", dir=workspace.layout.runs, ignore_cleanup_errors=True
    ) as staging:
        folder = Path(staging) / CLASSIFIER_FOLDER
        folder.mkdir()
        if isinstance(source, Path) and source.is_dir():
            manifest = _take(folder, _beside(source))
        else:
            manifest = _from_zip(source, folder)
        check(folder)
        run_id = secrets.token_hex(6)
        shutil.move(folder, workspace.layout.run(run_id) / CLASSIFIER_FOLDER)
    try:
        return workspace.runs.adopt(
            project_id, run_id, IMPORTED, dict(manifest.recipe), _summary(manifest)
        )
    except BaseException:
        shutil.rmtree(workspace.layout.run(run_id), ignore_errors=True)
        raise


Opened = Callable[[str], IO[bytes]]


def _from_zip(source: Path | IO[bytes], folder: Path) -> Manifest:
    try:
        with zipfile.ZipFile(source) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_ENTRIES:
                raise _invalid("it holds far too many files")
            names = [entry.filename for entry in entries]
            manifests = [name for name in names if PurePosixPath(name).name == MANIFEST_NAME]
            if not manifests:
                raise _invalid(f"it holds no {MANIFEST_NAME}")
            top = min(manifests, key=len)
            above = top[: -len(MANIFEST_NAME)]
            return _take(folder, lambda name: archive.open(above + name))
    except KeyError as error:
        raise _invalid("a file that its manifest names is not in it") from error
    except DAMAGE as error:
        if isinstance(error, ClassifierInvalid):
            raise
        raise _invalid("it is no zip that can be read") from error


def _beside(source: Path) -> Opened:
    def opened(name: str) -> IO[bytes]:
        file = source / name
        if file.is_symlink() or not file.is_file():
            raise _invalid(f"“{name}” is missing or a link")
        return file.open("rb")

    return opened


def _take(folder: Path, opened: Opened) -> Manifest:
    """Copy the manifest, then what it names and nothing else, each no longer than it says."""
    with opened(MANIFEST_NAME) as file:
        data = file.read(MOST_MANIFEST_BYTES + 1)
    if len(data) > MOST_MANIFEST_BYTES:
        raise _invalid("its manifest is far too long")
    (folder / MANIFEST_NAME).write_bytes(data)
    manifest = read_manifest(folder)  # names of weights are checked here: no path can be one
    if sum(file.bytes for file in manifest.weights) > MOST_BYTES:
        raise _invalid("its weights are far too large")
    for weights in manifest.weights:
        with opened(weights.name) as source, (folder / weights.name).open("wb") as out:
            left = weights.bytes + 1
            while left and (chunk := source.read(min(left, 1 << 20))):
                out.write(chunk)
                left -= len(chunk)
        if left != 1:
            raise _invalid(f"“{weights.name}” has not the size that the manifest says")
    return manifest


def _summary(manifest: Manifest) -> dict[str, Any]:
    accuracy = manifest.metrics.get("validation_accuracy")
    known = accuracy if isinstance(accuracy, float) else None
    return {"validation_accuracy": known}


def _invalid(why: str) -> ClassifierInvalid:
    return ClassifierInvalid(
        f"This classifier cannot be taken in: {why}.",
        "Take it away again where it was made, as “A Python folder”, and bring that zip.",
    )
