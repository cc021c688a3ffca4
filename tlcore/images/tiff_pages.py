"""The pages of a TIFF from its directories alone: how many, which is the picture, is it camera raw.

It follows TIFF 6.0, BigTIFF and, for raw files, TIFF/EP and Adobe's DNG 1.6. Pixels are not read.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

WIDTH, HEIGHT, COMPRESSION, PHOTOMETRIC = 256, 257, 259, 262
SUBFILE, SUB_DIRECTORIES, DNG_VERSION = 254, 330, 50706
STRIP_OFFSETS, STRIP_BYTES, TILE_OFFSETS, TILE_BYTES = 273, 279, 324, 325
POSITIONS = (STRIP_OFFSETS, STRIP_BYTES, TILE_OFFSETS, TILE_BYTES)
SMALL_TAGS = (WIDTH, HEIGHT, COMPRESSION, PHOTOMETRIC, SUBFILE, SUB_DIRECTORIES, DNG_VERSION)
REDUCED = 1 | 4  # bits of SUBFILE: a smaller version of another page, or its transparency mask
MOSAIC_PHOTOMETRICS = (32803, 34892)  # colour filter array, linear raw
# Of Sony, Nikon, Samsung, Kodak and Pentax; no other program writes pictures so.
RAW_COMPRESSIONS = (262, 32767, 32769, 32770, 34713, 65000, 65535)
# ThunderScan, SGI, LZMA, Zstandard, WebP: read where Pillow's libtiff was built with them.
RARE_COMPRESSIONS = (32809, 34676, 34677, 34925, 50000, 50001)
FORMATS_OF_NUMBERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}  # TIFF type → struct
MOST_PAGES = 10_000
MOST_ENTRIES = 200_000  # of all directories together: a file may not hold the reader up
MOST_POSITIONS = 100_000
BEGINNINGS = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")

Directory = dict[int, tuple[int, ...]]  # tag → its whole numbers


@dataclass(frozen=True)
class TiffPages:
    """The directories in their order, and those below the first one (its other sizes)."""

    pages: list[Directory] = field(default_factory=list)
    below: list[Directory] = field(default_factory=list)
    has_canon_mark: bool = False

    @property
    def full(self) -> list[int]:
        """The numbers of the pages that are no smaller version of another, from 0."""
        return [i for i, page in enumerate(self.pages) if not _first(page, SUBFILE) & REDUCED]

    @property
    def is_camera_raw(self) -> bool:
        """True where the picture is a sensor's, and what other programs see is a preview of it."""
        if not self.pages:
            return False
        if self.has_canon_mark or DNG_VERSION in self.pages[0]:
            return True
        return any(_is_mosaic(page) for page in (*self.pages, *self.below)) or (
            bool(self.below) and not self.full
        )

    @property
    def is_rarely_compressed(self) -> bool:
        """True where the first page is compressed in a way that not every Pillow reads."""
        return bool(self.pages) and _first(self.pages[0], COMPRESSION) in RARE_COMPRESSIONS


def read_pages(data: bytes) -> TiffPages:
    """Read the directories of a TIFF; what is no TIFF or is damaged has none or fewer of them."""
    if not data.startswith(BEGINNINGS):
        return TiffPages()
    try:
        reader = _Reader(data)
        pages = reader.chain(reader.first)
        below = []
        for offset in pages[0].get(SUB_DIRECTORIES, ())[:16] if pages else ():
            below += reader.chain(offset, most=1)
    except (struct.error, OverflowError):
        return TiffPages()
    return TiffPages(pages, below, data[8:10] == b"CR")


def is_whole(data: bytes, page: Directory) -> bool:
    """True where a page says its size, and all of its pixels lie within the file."""
    if not _first(page, WIDTH) or not _first(page, HEIGHT):
        return False
    for offsets, lengths in ((STRIP_OFFSETS, STRIP_BYTES), (TILE_OFFSETS, TILE_BYTES)):
        places = list(zip(page.get(offsets, ()), page.get(lengths, ()), strict=False))
        if places:
            return all(offset > 0 and offset + length <= len(data) for offset, length in places)
    return False


def _first(page: Directory, tag: int) -> int:
    return page.get(tag, (0,))[0]


def _is_mosaic(page: Directory) -> bool:
    return (
        _first(page, PHOTOMETRIC) in MOSAIC_PHOTOMETRICS
        or _first(page, COMPRESSION) in RAW_COMPRESSIONS
    )


class _Reader:
    """Walks the directories of one file; `first` is the offset in bytes of the first one."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._order = "<" if data.startswith(b"II") else ">"
        self._is_big = 43 in data[2:4]
        self._entries_left = MOST_ENTRIES
        self.first = self._number("Q", 8) if self._is_big else self._number("I", 4)

    def chain(self, offset: int, most: int = MOST_PAGES) -> list[Directory]:
        """The directory at `offset` and those that follow it, until one is broken or known."""
        pages: list[Directory] = []
        visited: set[int] = set()
        while offset and offset not in visited and len(pages) < most:
            visited.add(offset)
            try:
                page, offset = self._directory(offset, is_first=not pages)
            except struct.error:
                break
            pages.append(page)
        return pages

    def _directory(self, offset: int, *, is_first: bool) -> tuple[Directory, int]:
        """One directory and the offset of the next. Raises struct.error where it is cut short."""
        head, length, place = (8, 20, "Q") if self._is_big else (2, 12, "I")
        count = self._number("Q" if self._is_big else "H", offset)
        self._entries_left -= count
        if self._entries_left < 0:
            raise struct.error("too many entries")
        start = offset + head
        wanted = (*SMALL_TAGS, *POSITIONS) if is_first else SMALL_TAGS
        page: Directory = {}
        for entry in range(start, start + count * length, length):
            tag = self._number("H", entry)
            if tag in wanted and tag not in page:
                page[tag] = self._values(entry, MOST_POSITIONS if tag in POSITIONS else 16)
        return {tag: values for tag, values in page.items() if values}, self._number(
            place, start + count * length
        )

    def _values(self, entry: int, most: int) -> tuple[int, ...]:
        kind = FORMATS_OF_NUMBERS.get(self._number("H", entry + 2))
        if kind is None:
            return ()
        wide = "Q" if self._is_big else "I"
        count, at = self._number(wide, entry + 4), entry + (12 if self._is_big else 8)
        if struct.calcsize(kind) * count > (8 if self._is_big else 4):
            at = self._number(wide, at)
        pattern = f"{self._order}{min(count, most)}{kind}"
        if at + struct.calcsize(pattern) > len(self._data):
            return ()
        return struct.unpack_from(pattern, self._data, at)

    def _number(self, kind: str, at: int) -> int:
        return int(struct.unpack_from(self._order + kind, self._data, at)[0])
