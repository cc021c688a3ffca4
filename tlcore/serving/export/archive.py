"""Putting an export where it is wanted: one file, a zip or a folder, as its name says."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from tlcore.errors import ExportRefused
from tlcore.workspace.files import put_in_place

FIRST_DATE = (2000, 1, 1, 0, 0, 0)  # so that the same classifier gives the same zip
COMPRESSION = 6


def place(folder: Path, out: Path, *, single_file: bool) -> int:
    """Put what was written into `folder` at `out`; its size in bytes.

    A name that ends in .zip gets a zip, any other a folder; a `single_file` is itself.

    Raises:
        ExportRefused: `out` is a folder that is there already and not empty.
        OSError: it cannot be written.
    """
    if single_file:
        [file] = folder.iterdir()
        return _move(file, out)
    if out.suffix.lower() == ".zip":
        archive = folder.with_suffix(".zip")
        pack(folder, archive)
        return _move(archive, out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ExportRefused(
            f"“{out}” is already there and not an empty folder.", "Give another name after --out."
        )
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    shutil.copytree(folder, out, dirs_exist_ok=True)
    return size


def pack(folder: Path, out: Path) -> None:
    """A folder as one zip, its name as the folder inside; the same files give the same bytes."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION) as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = f"{folder.name}/{file.relative_to(folder).as_posix()}"
            entry = zipfile.ZipInfo(name, FIRST_DATE)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())


def _move(file: Path, out: Path) -> int:
    size = file.stat().st_size
    put_in_place(file, out)
    return size
