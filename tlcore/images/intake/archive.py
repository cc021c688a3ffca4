"""A zip of a folder of labels, read entry by entry. Nothing is ever unpacked onto the disk.

The archive is gone through twice. First every entry is inflated, counted and thrown away: if its
sum is too large, or anything about it is not as it should be, the archive is refused whole before
anything is written. Headers are not believed, since they may say what they like. Only then are
entries read again, one at a time, into memory.
"""

from __future__ import annotations

import re
import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from lzma import LZMAError
from pathlib import Path
from typing import IO

from tlcore.errors import ArchiveRefused, PictureRefused
from tlcore.images.intake.layout.arrangement import Arrangement, arrangement_of
from tlcore.images.intake.sources import (
    MAX_FILE_BYTES,
    Placed,
    Source,
    file_too_large,
    place,
    source_of,
)
from tlcore.images.intake.teachable import place_teachable
from tlcore.images.intake.zip_names import STANDARD, looks_garbled, open_zip

MAX_ENTRIES = 100_000
MAX_BYTES = 20_000_000_000
CHUNK = 1 << 20
TABLES = (".csv", ".tsv", ".xlsx", ".json")
MAX_TABLE_BYTES = 100_000_000
DAMAGE = (zipfile.BadZipFile, struct.error, zlib.error, LZMAError, EOFError, OSError, ValueError)
DRIVE = re.compile(r"[A-Za-z]:")


class Archive:
    """The pictures of a checked zip, each a Source. Close it (or use `with`) when all are read.

    `arrangement` is what was understood of its folders; None where names say the labels.
    """

    def __init__(
        self,
        file: zipfile.ZipFile,
        entries: list[zipfile.ZipInfo],
        name: str = "",
        level: int | None = None,
    ) -> None:
        self._file = file
        self._entries = entries
        paths = [entry.filename for entry in entries]
        by_name = place_teachable(paths, lambda n: self._read(entries[n]), name)
        self.arrangement: Arrangement | None = None
        if by_name is None or level is not None:
            arrangement = arrangement_of(paths)
            self.arrangement = arrangement if level is None else arrangement.at_level(level)
            by_name = place(paths, self.arrangement)
        self._placed = by_name

    def __len__(self) -> int:
        return len(self._placed)

    @property
    def garbled(self) -> list[str]:
        """Names that were written in another encoding than the one they were read in."""
        return [entry.filename for entry in self._entries if looks_garbled(entry.filename)]

    def __iter__(self) -> Iterator[Source]:
        return (self._source(item) for item in self._placed)

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; its sources cannot be read any more."""
        self._file.close()

    def _source(self, item: Placed) -> Source:
        entry = self._entries[item.position]
        return source_of(item, lambda: self._read(entry))

    def _read(self, entry: zipfile.ZipInfo) -> bytes:
        try:
            with self._file.open(entry) as stream:
                data = stream.read(MAX_FILE_BYTES + 1)
        except DAMAGE as error:
            raise PictureRefused(
                "The file is damaged inside the zip.", "Make the zip again.", "truncated"
            ) from error
        if len(data) > MAX_FILE_BYTES:
            raise file_too_large(len(data))
        return data


def from_zip(
    file: Path | str | IO[bytes],
    *,
    name: str = "",
    encoding: str = STANDARD,
    level: int | None = None,
    disk: Path | None = None,
    max_bytes: int = MAX_BYTES,
    max_entries: int = MAX_ENTRIES,
) -> Archive:
    """Check a zip and hand out its pictures; labels and splits are read from its folders.

    Zips of Teachable Machine are understood too.

    Args:
        file: a path or an open binary file that can seek.
        name: that of an open file, as the visitor has it; some tools put the label there.
        encoding: that of names which are neither marked as UTF-8 nor valid UTF-8.
        level: which level of folders is the label, from 1 as people count; None to find out.
        disk: a folder on the disk that will hold the pictures (default: the temporary folder);
            at most half of what is free there may come out of the zip.

    Raises:
        ArchiveRefused: no zip, damaged, encrypted, with links or with names that lead out of
            itself, too many entries, or too much in it. Nothing has been written then.
        GraftError: it has no such level.
    """
    free = shutil.disk_usage(disk or tempfile.gettempdir()).free
    archive = _open(file, encoding)
    try:
        entries = _checked_entries(archive, max_entries)
        _inflate_and_count(archive, entries, min(max_bytes, free // 2))
        given = name or (str(file) if isinstance(file, str | Path) else "")
        return Archive(archive, entries, given, level)
    except BaseException:
        archive.close()
        raise


def _open(file: Path | str | IO[bytes], encoding: str) -> zipfile.ZipFile:
    try:
        return open_zip(file, encoding)
    except NotImplementedError as error:
        raise _packed_oddly() from error
    except DAMAGE as error:
        raise ArchiveRefused(
            "This is not a zip file, or it is damaged.",
            "Make the zip again (a folder with one subfolder per label), or add the folder itself.",
        ) from error


def _checked_entries(archive: zipfile.ZipFile, max_entries: int) -> list[zipfile.ZipInfo]:
    """The entries that are files. Raises ArchiveRefused as `from_zip` says."""
    count = len(archive.infolist())
    if count > max_entries:
        raise ArchiveRefused(
            f"The zip holds {count:,} files; the limit is {max_entries:,}.",
            "Divide it into several zips.",
        )
    return [entry for entry in archive.infolist() if _is_file(entry)]


def names_in_zip(file: Path | str | IO[bytes]) -> list[str]:
    """The names of what a zip would give, without looking into it: for a preview.

    Raises:
        ArchiveRefused: no zip, too many entries, or names that lead out of it.
    """
    try:
        archive = open_zip(file)
    except (NotImplementedError, *DAMAGE) as error:
        raise ArchiveRefused(
            "This is not a zip file, or it is damaged.", "Make it again."
        ) from error
    with archive:
        entries = archive.infolist()[:MAX_ENTRIES]
        return [item.name for item in place([e.filename for e in entries if _is_file(e)])]


def _is_file(entry: zipfile.ZipInfo) -> bool:
    """False for a folder. Raises ArchiveRefused for what has no business in a zip of pictures."""
    name = entry.filename.replace("\\", "/")
    if name.startswith("/") or DRIVE.match(name) or ".." in name.split("/"):
        raise ArchiveRefused(
            f"The zip holds a name that leads out of it: {entry.filename[:80]!r}.",
            "Do not trust this zip. Make one yourself from a folder of pictures.",
        )
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ArchiveRefused(
            f"The zip holds a link instead of a file: {entry.filename[:80]!r}.",
            "Make the zip again from the pictures themselves.",
        )
    if entry.flag_bits & 0x1:
        raise ArchiveRefused(
            "The zip is protected by a password.", "Make it again without a password."
        )
    return bool(name) and not name.endswith("/")


def _inflate_and_count(
    archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], limit: int
) -> None:
    """Go through every entry; one damaged entry is not the archive's fault and is refused later."""
    total = 0
    for entry in entries:
        try:
            with archive.open(entry) as stream:
                while chunk := stream.read(CHUNK):
                    total += len(chunk)
                    if total > limit:
                        raise ArchiveRefused(
                            f"The zip unpacks to more than {limit / 1e9:,.1f} GB, "
                            "which is the limit or half of the free disk space.",
                            "Divide it into smaller zips, or free some disk space.",
                        )
        except (NotImplementedError, RuntimeError) as error:
            raise _packed_oddly() from error
        except DAMAGE:
            continue


def _packed_oddly() -> ArchiveRefused:
    return ArchiveRefused(
        "The zip is packed in a way that cannot be read here.",
        "Make it again with ordinary (deflate) compression.",
    )


def table_in_zip(file: Path | str | IO[bytes]) -> tuple[str, bytes] | None:
    """Name and bytes of the table that lies in a zip beside its pictures; None without one.

    Of several, CSV comes before Excel and JSON, and what lies higher before what lies deeper. The
    manifest of a teaching tool, whose file names say the labels, is no table.

    Raises:
        ArchiveRefused: no zip, or the table is damaged or too large.
    """
    names = names_in_zip(file)
    if not names:
        return None
    try:
        with open_zip(file) as archive:
            entries = [entry for entry in archive.infolist()[:MAX_ENTRIES] if _is_file(entry)]
            tables = [entry for entry in entries if entry.filename.lower().endswith(TABLES)]
            if not tables or _is_teachable(archive, entries):
                return None
            order = min(tables, key=lambda e: (_table_rank(e.filename), e.filename.count("/")))
            with archive.open(order) as stream:
                data = stream.read(MAX_TABLE_BYTES + 1)
    except (NotImplementedError, RuntimeError, *DAMAGE) as error:
        raise ArchiveRefused(
            "The table in the zip cannot be read.", "Give the table beside the zip."
        ) from error
    if len(data) > MAX_TABLE_BYTES:
        raise ArchiveRefused("The table in the zip is too large.", "Divide it into several.")
    return order.filename.rsplit("/", 1)[-1], data


def _is_teachable(archive: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo]) -> bool:
    def read(place: int) -> bytes:
        with archive.open(entries[place]) as stream:
            return stream.read(MAX_TABLE_BYTES)

    return place_teachable([entry.filename for entry in entries], read) is not None


def _table_rank(name: str) -> int:
    return next(n for n, ending in enumerate(TABLES) if name.lower().endswith(ending))
