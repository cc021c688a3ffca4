"""Kept features: what goes in comes out, within a budget, from several processes, after crashes."""

from __future__ import annotations

import gc
import multiprocessing
import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tlcore.backbones.features import shards
from tlcore.backbones.features.store import FeatureKey, FeatureStore
from tlcore.errors import WorkspaceError

ROOT = Path(__file__).resolve().parents[3]
KEY = FeatureKey("backbone", 3, "plain", (3, 64, 64), "float32")


def names(count: int, start: int = 0) -> list[str]:
    return [f"{number:064x}" for number in range(start, start + count)]


def test_what_is_kept_comes_back_in_any_order(tmp_path: Path) -> None:
    shelf = FeatureStore(tmp_path).open(KEY)
    maps, vectors = torch.randn(6, 4, 5, 5), torch.randn(6, 7)
    shelf.add(names(4), [maps[:4], vectors[:4]])
    shelf.add(names(2, 4), [maps[4:], vectors[4:]])
    order = [5, 0, 3, 3, 1]
    read = shelf.read([names(6)[i] for i in order])
    torch.testing.assert_close(read[0].float(), maps[order], rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(read[1].float(), vectors[order], rtol=1e-3, atol=1e-4)
    assert {tensor.dtype for tensor in read} == {torch.float16}


@settings(max_examples=30, deadline=None)
@given(
    pieces=st.lists(st.sets(st.integers(0, 12), min_size=1), min_size=1, max_size=5),
    wanted=st.lists(st.integers(0, 15), min_size=1, max_size=12),
)
def test_any_pieces_can_be_read_and_the_rest_is_missing(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[set[int]], wanted: list[int]
) -> None:
    store = FeatureStore(tmp_path_factory.mktemp("store"))
    held: set[int] = set()
    for piece in pieces:
        with store.open(KEY) as shelf:
            wanted = sorted(piece)
            new = shelf.missing([f"{number:064x}" for number in wanted])
            assert new == [f"{number:064x}" for number in wanted if number not in held]
            if new:
                values = torch.tensor([[int(name, 16), 1.0] for name in new])
                shelf.add(new, [values])
            held |= piece
    shelf = store.open(KEY)
    ours = [number for number in wanted if number in held]
    assert shelf.missing([f"{n:064x}" for n in wanted]) == [
        f"{n:064x}" for n in dict.fromkeys(wanted) if n not in held
    ]
    if ours:
        (read,) = shelf.read([f"{number:064x}" for number in ours])
        assert read[:, 0].tolist() == ours


def test_they_outlive_the_store(tmp_path: Path) -> None:
    values = torch.randn(3, 8)
    with FeatureStore(tmp_path).open(KEY) as shelf:
        shelf.add(names(3), [values])
    again = FeatureStore(tmp_path).open(KEY)
    assert again.missing(names(4)) == names(4)[3:]
    torch.testing.assert_close(again.read(names(3))[0].float(), values, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    "other",
    [
        FeatureKey("other", 3, "plain", (3, 64, 64), "float32"),
        FeatureKey("backbone", 2, "plain", (3, 64, 64), "float32"),
        FeatureKey("backbone", 3, "flipped", (3, 64, 64), "float32"),
        FeatureKey("backbone", 3, "plain", (3, 96, 96), "float32"),
        FeatureKey("backbone", 3, "plain", (3, 64, 64), "bfloat16"),
    ],
)
def test_another_backbone_cut_view_size_or_precision_is_another_shelf(
    tmp_path: Path, other: FeatureKey
) -> None:
    store = FeatureStore(tmp_path)
    store.open(KEY).add(names(1), [torch.ones(1, 2)])
    assert store.open(other).missing(names(1)) == names(1)


@pytest.mark.parametrize("value", [1e5, -7e4, float("inf"), float("nan")])
def test_what_half_precision_cannot_hold_is_not_changed(tmp_path: Path, value: float) -> None:
    shelf = FeatureStore(tmp_path).open(KEY)
    shelf.add(names(2), [torch.tensor([[1.0, 2.0], [value, 4.0]])])
    shelf.add(names(2, 2), [torch.tensor([[0.5, 2.0], [3.0, 4.0]])])
    (read,) = shelf.read(names(4))
    assert read.dtype == torch.float32
    expected = torch.tensor([[1.0, 2.0], [value, 4.0], [0.5, 2.0], [3.0, 4.0]])
    torch.testing.assert_close(read, expected, equal_nan=True)


def test_bfloat16_from_a_network_is_kept(tmp_path: Path) -> None:
    shelf = FeatureStore(tmp_path).open(KEY)
    values = torch.randn(3, 5).bfloat16()
    shelf.add(names(3), [values])
    assert torch.equal(shelf.read(names(3))[0].float(), values.float().half().float())


def test_what_is_read_can_be_changed_without_harm(tmp_path: Path) -> None:
    shelf = FeatureStore(tmp_path).open(KEY)
    shelf.add(names(1), [torch.ones(1, 2)])
    shelf.read(names(1))[0].zero_()
    assert shelf.read(names(1))[0].tolist() == [[1.0, 1.0]]


def test_what_was_not_kept_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        FeatureStore(tmp_path).open(KEY).read(names(1))


def test_rows_and_pictures_must_agree(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="3 rows for 2 pictures"):
        FeatureStore(tmp_path).open(KEY).add(names(2), [torch.ones(3, 2)])


def test_the_estimate_is_what_the_disk_then_holds(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    with store.open(KEY) as shelf:
        shelf.add(names(5), [torch.randn(5, 4, 3), torch.randn(5, 6)])
    assert store.bytes() == store.estimate([(4, 3), (6,)], 5) == 5 * 18 * 2
    assert sum(p.stat().st_size for p in tmp_path.rglob("*.bin")) == store.bytes()


def fill(store: FeatureStore, view: str, pictures: int = 10) -> FeatureKey:
    """A closed shelf of 1,000 bytes."""
    key = FeatureKey("backbone", 3, view, (3, 64, 64), "float32")
    with store.open(key) as shelf:
        shelf.add(names(pictures), [torch.randn(pictures, 50)])
    return key


def test_what_was_unused_for_longest_goes_first(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path, budget_bytes=3500)
    first, second, third = (fill(store, view) for view in ("a", "b", "c"))
    for age, key in ((300, first), (200, second), (100, third)):
        for index in (tmp_path / key.digest).glob("*.json"):
            os.utime(index, (time.time() - age, time.time() - age))
    with store.open(first) as shelf:
        shelf.read(names(1))
    fourth = fill(store, "d")
    missing = {
        k.view: len(store.open(k).missing(names(10))) for k in (first, second, third, fourth)
    }
    assert missing == {"a": 0, "b": 10, "c": 0, "d": 0}
    assert store.bytes() <= 3500


def test_what_is_open_stays(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path, budget_bytes=2500)
    first = fill(store, "a")
    running = store.open(first)
    for view in "bcd":
        fill(store, view)
    assert running.missing(names(10)) == []
    assert running.read(names(10))[0].shape == (10, 50)
    assert store.bytes() <= 2500
    running.close()
    for view in "efg":
        fill(store, view)
    assert len(store.open(first).missing(names(10))) == 10


def test_a_shelf_that_nobody_holds_any_more_is_free(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path, budget_bytes=1500)
    shelf = store.open(fill(store, "a"))
    del shelf
    gc.collect()
    store.make_room(1400)
    assert store.bytes() == 0


@pytest.mark.slow
def test_fits_counts_what_others_hold(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path, budget_bytes=2500)
    key = fill(store, "a")
    assert store.fits(2500) and not store.fits(2501)
    script = f"""
        import sys
        from pathlib import Path
        from tlcore.backbones.features.store import FeatureKey, FeatureStore
        key = FeatureKey("backbone", 3, "a", (3, 64, 64), "float32")
        shelf = FeatureStore(Path({str(tmp_path)!r})).open(key)
        print("open", flush=True)
        sys.stdin.read()
    """
    other = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], cwd=ROOT, text=True,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
    assert other.stdout and other.stdout.readline() == "open\n"
    assert store.fits(1500) and not store.fits(1501)
    store.make_room(2400)
    assert store.open(key).missing(names(10)) == []
    other.kill()  # it cannot take its pin away
    other.communicate()
    gc.collect()
    assert store.fits(2500)
    store.make_room(2400)
    assert store.bytes() == 0


def test_a_crash_loses_only_what_was_unfinished(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    key = fill(store, "a")
    folder = tmp_path / key.digest
    (folder / "half.bin.part").write_bytes(b"half a shard")
    (folder / "whole.bin").write_bytes(b"a block whose index was never written")
    (folder / "torn.json").write_text('{"version": 1, "pict', encoding="utf-8")
    shard = shards.find(folder)[0]
    long_ago = time.time() - 2 * shards.ABANDONED_AFTER
    for path in folder.glob("*.bin*"):
        os.utime(path, (long_ago, long_ago))
    again = FeatureStore(tmp_path).open(key)
    assert again.missing(names(10)) == []
    assert sorted(path.name for path in folder.glob("*.bin*")) == [shard.block.name]


@pytest.mark.parametrize("spoil", [lambda p: p.write_bytes(b"short"), lambda p: p.unlink()])
def test_a_damaged_shard_is_missing_not_wrong(tmp_path: Path, spoil: object) -> None:
    store = FeatureStore(tmp_path)
    key = fill(store, "a")
    for block in tmp_path.rglob("*.bin"):
        assert callable(spoil)
        spoil(block)
    assert len(store.open(key).missing(names(10))) == 10


def keep_many(folder: str, start: int) -> None:
    """What one of several processes does."""
    with FeatureStore(Path(folder), budget_bytes=10_000_000).open(KEY) as shelf:
        for number in range(start, start + 20):
            shelf.add(names(1, number), [torch.full((1, 4), float(number))])
            shelf.flush()


def test_processes_and_threads_may_fill_one_shelf_together(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    other = context.Process(target=keep_many, args=(str(tmp_path), 100))
    other.start()
    shelf = FeatureStore(tmp_path, budget_bytes=10_000_000).open(KEY)
    threads = [
        threading.Thread(target=keep_many, args=(str(tmp_path), start)) for start in (200, 300)
    ]
    for thread in threads:
        thread.start()
    for thread in (*threads, other):
        thread.join()
    assert other.exitcode == 0
    shelf.close()
    shelf = FeatureStore(tmp_path).open(KEY)
    wanted = [name for start in (100, 200, 300) for name in names(20, start)]
    assert shelf.missing(wanted) == []
    assert shelf.read(wanted)[0][:, 0].tolist() == [float(int(name, 16)) for name in wanted]


def test_a_full_disk_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = FeatureStore(tmp_path).open(KEY)
    shelf.add(names(1), [torch.ones(1, 2)])
    for path in sorted(shelf.folder.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    shelf.folder.rmdir()
    shelf.folder.write_text("no folder any more", encoding="utf-8")
    with pytest.raises(WorkspaceError, match="could not be kept"):
        shelf.flush()


def test_the_budget_is_a_fifth_of_the_disk_at_most_ten_gigabytes(tmp_path: Path) -> None:
    import shutil

    budget = FeatureStore(tmp_path).budget
    free = shutil.disk_usage(tmp_path).free
    assert budget <= 10_000_000_000
    assert budget == pytest.approx(min(10_000_000_000, free / 5), rel=0.05)
