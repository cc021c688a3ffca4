"""Freely licensed pictures from packages of the Debian distribution, unpacked into a folder.

    python -m pretraining.free_pictures --to FOLDER [--packages NAME …]

Wallpapers, photographs of educational programs, cut-out stamps, textures of games: thousands of
sharp pictures under free licences (each package says which in `usr/share/doc/NAME/copyright`).
Runs where `apt-get` and `dpkg-deb` are, about 4 GB on disk. Pictures inside of archives (`.pk3`)
and Qt resources (`.rcc`) are unpacked beside them.
"""

import argparse
import re
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from pretraining.photographs import SUFFIXES

PACKAGES = (
    "tuxpaint-stamps-default",
    "gcompris-qt-data",
    "plasma-workspace-wallpapers",
    "gnome-backgrounds",
    "mate-backgrounds",
    "lomiri-wallpapers-16.04",
    "lomiri-wallpapers-20.04",
    "ukui-wallpapers",
    "openarena-081-textures",
    "ufoai-textures",
    "nexuiz-textures",
    "opencv-doc",
    "torcs-data",
    "stellarium-data",
    "supertuxkart-data",
    "flightgear-data-base",
)
# Heights, directions and glow of surfaces: numbers kept as pictures.
NO_PICTURE = re.compile(r"_(norm|nm|bump|gloss|local|height|luma|glow|shirt|pants|reflect)\.")
BEGINNINGS = {
    b"RIFF": ".webp",
    b"\xff\xd8\xff": ".jpg",
    b"\x89PNG": ".png",
}
LARGEST = 20_000_000  # bytes


def fetch(package: str, folder: Path) -> None:
    """Download and unpack one package into `folder`.

    Raises:
        subprocess.CalledProcessError: the package is not there, or could not be unpacked.
    """
    with tempfile.TemporaryDirectory() as place:
        subprocess.run(["apt-get", "download", package], cwd=place, check=True)
        for file in Path(place).glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", str(file), str(folder)], check=True)


def unpack_archive(archive: Path) -> int:
    """Write the pictures of a zip archive beside it; return their number."""
    folder = archive.with_name(f"{archive.stem}_unpacked")
    with zipfile.ZipFile(archive) as opened:
        infos = [
            info
            for info in opened.infolist()
            if Path(info.filename).suffix.lower() in SUFFIXES
            and not NO_PICTURE.search(info.filename.lower())
            and info.file_size < LARGEST
        ]
        for number, info in enumerate(infos):
            folder.mkdir(exist_ok=True)
            suffix = Path(info.filename).suffix.lower()
            (folder / f"{number:05d}{suffix}").write_bytes(opened.read(info))
    return len(infos)


def unpack_resource(resource: Path) -> int:
    """Write the uncompressed pictures of a compiled Qt resource beside it; return their number."""
    folder = resource.with_name(f"{resource.stem}_unpacked")
    count = 0
    for suffix, data in pictures_within(resource.read_bytes()):
        folder.mkdir(exist_ok=True)
        (folder / f"{count:05d}{suffix}").write_bytes(data)
        count += 1
    return count


def pictures_within(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Suffix and bytes of the pictures in a Qt resource: each is preceded by its length."""
    beginnings = re.compile(b"|".join(re.escape(mark) for mark in BEGINNINGS))
    for match in beginnings.finditer(data):
        first = match.start()
        length = int.from_bytes(data[max(0, first - 4) : first], "big")
        if 100 < length < LARGEST and first + length <= len(data):
            yield BEGINNINGS[match.group()], data[first : first + length]


def main() -> None:
    """Fetch the packages that are named; report and skip one that cannot be fetched."""
    parser = argparse.ArgumentParser("python -m pretraining.free_pictures", description=__doc__)
    parser.add_argument("--to", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("--packages", nargs="+", default=list(PACKAGES))
    options = parser.parse_args()
    for package in options.packages:
        folder = options.to / package
        try:
            fetch(package, folder)
        except (subprocess.CalledProcessError, FileNotFoundError) as problem:
            print(f"{package}: left out ({problem})")
            continue
        for archive in folder.rglob("*.pk3"):
            unpack_archive(archive)
        for resource in folder.rglob("*.rcc"):
            unpack_resource(resource)
        count = sum(path.suffix.lower() in SUFFIXES for path in folder.rglob("*"))
        print(f"{package}: {count} pictures", flush=True)


if __name__ == "__main__":
    main()
