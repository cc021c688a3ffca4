"""Names in zips: UTF-8 without its flag, old code pages, and what cannot be told."""

from __future__ import annotations

import io
import zipfile

import pytest

from tests.images.intake.drawn import png
from tlcore.errors import ArchiveRefused
from tlcore.images.intake.archive import from_zip
from tlcore.images.intake.zip_names import ENCODINGS, SAYS_UTF8, looks_garbled


def zip_named(*names: bytes) -> io.BytesIO:
    """A zip of pictures whose names are these bytes, without a word about their encoding."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, name in enumerate(names):
            archive.writestr(zipfile.ZipInfo(f"{number:0{len(name)}}"), png(number))
    data = buffer.getvalue()
    for number, name in enumerate(names):
        data = data.replace(f"{number:0{len(name)}}".encode(), name)
    return io.BytesIO(data)


def labels(file: io.BytesIO, encoding: str = "cp437") -> list[str | None]:
    with from_zip(file, encoding=encoding) as archive:
        pictures = list(archive)
        assert all(picture.read() for picture in pictures)
        return [picture.label for picture in pictures]


@pytest.mark.parametrize("label", ["Gänse", "犬", "собака", "mèlèze"])
def test_utf8_without_its_flag_is_utf8(label: str) -> None:
    file = zip_named(f"{label}/a.png".encode(), f"{label}/b.png".encode())
    assert not zipfile.ZipFile(file).infolist()[0].flag_bits & SAYS_UTF8
    assert labels(file) == [label, label]


@pytest.mark.parametrize(
    ("label", "encoding"),
    [
        ("Gänse", "cp437"),
        ("Größe", "cp850"),
        ("собака", "cp866"),
        ("犬猫", "cp932"),
        ("고양이", "cp949"),
    ],
)
def test_another_encoding_is_read_when_it_is_named(label: str, encoding: str) -> None:
    assert encoding in ENCODINGS
    assert labels(zip_named(f"{label}/a.png".encode(encoding)), encoding) == [label]


def test_names_that_look_garbled_are_told() -> None:
    with from_zip(zip_named("собака/a.png".encode("cp1251"), b"cats/b.png")) as archive:
        assert len(archive.garbled) == 1
    with from_zip(zip_named("Gänse/a.png".encode("cp437"))) as archive:
        assert archive.garbled == []
    assert looks_garbled("�")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_name_that_leads_out_is_refused_in_any_encoding(encoding: str) -> None:
    for name in (b"../\x84\x84/a.png", b"\x84\x84/../../a.png"):
        with pytest.raises(ArchiveRefused):
            from_zip(zip_named(name), encoding=encoding)
