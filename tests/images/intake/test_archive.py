"""Zips: what they hold comes in, and what is wrong with them is refused whole."""

from __future__ import annotations

import io
import shutil
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlcore.errors import ArchiveRefused, GraftError, PictureRefused
from tlcore.images.intake import archive as archives
from tlcore.images.intake.archive import from_zip
from tlcore.workspace.records import Split


def zipped(
    files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED, **attributes: int
) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = method
            for key, value in attributes.items():
                setattr(entry, key, value)
            file.writestr(entry, data)
    buffer.seek(0)
    return buffer


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_a_zip_of_labels_is_read(method: int) -> None:
    files = {
        "set/train/cats/1.jpg": b"one" * 99,
        "set/test/dogs/2.jpg": b"two",
        "set/train/": b"",
        "__MACOSX/set/train/cats/._1.jpg": b"junk",
    }
    with from_zip(zipped(files, method)) as archive:
        assert len(archive) == 2
        assert [(s.name, s.label, s.split, s.read()) for s in archive] == [
            ("train/cats/1.jpg", "cats", Split.TRAIN, b"one" * 99),
            ("test/dogs/2.jpg", "dogs", Split.TEST, b"two"),
        ]


def test_a_zip_on_the_disk_is_read_and_let_go(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped({"cats/1.jpg": b"one"}).getvalue())
    with from_zip(path) as archive:
        assert [source.read() for source in archive] == [b"one"]
    path.unlink()


@pytest.mark.parametrize(
    "name",
    ["../x.jpg", "cats/../../x.jpg", "/etc/x.jpg", "C:\\x.jpg", "c:x.jpg", "..\\x.jpg",
     "cats\\..\\..\\x.jpg", "\\\\server\\x.jpg", "\\x.jpg", "cats/.."],
)  # fmt: skip
def test_names_that_lead_out_are_refused_whole(name: str, tmp_path: Path) -> None:
    files = {"cats/1.jpg": b"one", name: b"evil"}
    with pytest.raises(ArchiveRefused, match="leads out"):
        from_zip(zipped(files), disk=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused_whole(kind: int) -> None:
    with pytest.raises(ArchiveRefused, match="link"):
        from_zip(zipped({"cats/1.jpg": b"/etc/passwd"}, external_attr=(kind | 0o777) << 16))


def test_too_many_entries_are_refused() -> None:
    files = {f"cats/{n}.jpg": b"" for n in range(12)}
    assert len(from_zip(zipped(files), max_entries=12)) == 12
    with pytest.raises(ArchiveRefused, match="11"):
        from_zip(zipped(files), max_entries=11)


def test_a_bomb_is_counted_while_it_inflates_whatever_its_header_says() -> None:
    honest = zipped({"cats/1.bmp": b"\0" * 3_000_000})
    assert len(honest.getvalue()) < 10_000
    data = bytearray(honest.getvalue())
    real, small = (3_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little")
    lying = io.BytesIO(bytes(data.replace(real, small)))
    with pytest.raises(ArchiveRefused, match="unpacks to more"):
        from_zip(honest, max_bytes=2_000_000)
    assert len(from_zip(honest, max_bytes=3_000_000)) == 1
    with from_zip(lying, max_bytes=2_000_000) as archive:  # Python stops at what the header says
        (source,) = archive
        with pytest.raises(PictureRefused):
            source.read()


def test_many_small_entries_are_counted_together_also_hidden_ones() -> None:
    files = {f".hidden/{n}.jpg": b"\0" * 300_000 for n in range(10)}
    with pytest.raises(ArchiveRefused, match="unpacks"):
        from_zip(zipped(files), max_bytes=2_900_000)


def test_half_of_the_free_disk_is_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1_000_000)
    monkeypatch.setattr("tlcore.images.intake.archive.shutil.disk_usage", lambda folder: usage)
    assert len(from_zip(zipped({"cats/1.jpg": b"\0" * 500_000}), disk=tmp_path)) == 1
    with pytest.raises(ArchiveRefused, match="half of the free disk"):
        from_zip(zipped({"cats/1.jpg": b"\0" * 500_001}), disk=tmp_path)


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x03\x04 but no more", b"PK\x05\x06" * 9])
def test_what_is_no_zip_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(ArchiveRefused, match="not a zip"):
        from_zip(io.BytesIO(data))


def test_a_password_is_named() -> None:
    data = bytearray(zipped({"cats/1.jpg": b"one"}).getvalue())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    with pytest.raises(ArchiveRefused, match="password"):
        from_zip(io.BytesIO(bytes(data)))


def test_an_unknown_compression_is_named() -> None:
    data = bytearray(zipped({"cats/1.jpg": b"one" * 50}).getvalue())
    for mark, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        data[data.index(mark) + offset] = 9  # deflate64
    with pytest.raises(ArchiveRefused, match="packed in a way"):
        from_zip(io.BytesIO(bytes(data)))


def test_one_damaged_entry_loses_nothing_else() -> None:
    data = bytearray(
        zipped({"a/1.jpg": b"first" * 9, "a/2.jpg": b"other" * 9}, zipfile.ZIP_STORED).getvalue()
    )
    data[data.index(b"first") + 3] ^= 0xFF
    broken, whole = from_zip(io.BytesIO(bytes(data)))
    with pytest.raises(PictureRefused, match="damaged inside"):
        broken.read()
    assert whole.read() == b"other" * 9


def test_a_huge_entry_is_refused_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_FILE_BYTES", 1000)
    huge, small = from_zip(zipped({"a/1.bmp": b"\0" * 1001, "a/2.bmp": b"\0" * 1000}))
    assert len(small.read()) == 1000
    with pytest.raises(PictureRefused) as refusal:
        huge.read()
    assert refusal.value.reason == "too_large"


parts = st.text("ab.é\\/: \0‮😀<", min_size=1, max_size=8)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@given(st.lists(parts, min_size=1, max_size=6), st.binary(max_size=50))
@settings(max_examples=120, deadline=None)
def test_any_names_are_read_as_text_or_refused(names: list[str], data: bytes) -> None:
    try:
        archive = from_zip(zipped(dict.fromkeys(names, data), zipfile.ZIP_STORED))
    except ArchiveRefused:
        return
    for source in archive:
        assert ".." not in source.name.split("/")
        assert not source.name.startswith(("/", "\\"))
        assert source.read() == data


@given(st.binary(max_size=300), st.integers(0, 400), st.binary(max_size=4))
@settings(max_examples=150, deadline=None)
def test_mutated_zips_are_read_or_refused(content: bytes, at: int, change: bytes) -> None:
    data = bytearray(zipped({"a/1.jpg": content, "b/2.jpg": content[::-1]}).getvalue())
    data[at % len(data) : at % len(data) + len(change)] = change
    try:
        with from_zip(io.BytesIO(bytes(data))) as archive:
            for source in archive:
                try:
                    source.read()
                except PictureRefused:
                    continue
    except ArchiveRefused:
        return


def test_the_level_of_the_label_may_be_chosen_and_masks_are_set_aside() -> None:
    files = {"a/cats/1.jpg": b"1", "a/dogs/2.jpg": b"2", "b/cats/3.jpg": b"3", "b/dogs/4.jpg": b"4"}
    files["b/dogs/4_mask.png"] = b"5"
    with from_zip(zipped(files)) as archive:
        assert [source.label for source in archive] == ["cats", "dogs", "cats", "dogs"]
        assert archive.arrangement is not None and len(archive.arrangement.masks) == 1
    with from_zip(zipped(files), level=1) as archive:
        assert [source.label for source in archive] == ["a", "a", "b", "b"]
    with pytest.raises(GraftError, match="no level 3"):
        from_zip(zipped(files), level=3)
