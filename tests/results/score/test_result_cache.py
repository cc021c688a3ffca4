"""What is kept is given back for its key alone, and a damaged file is as none."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tlcore.results.score.result_cache import (
    key_of,
    read_features,
    read_result,
    write_features,
    write_result,
)


def test_kept_answers_go_by_their_key(tmp_path: Path) -> None:
    key = key_of("abc", {"b": 1, "a": [1.5]})
    assert key == key_of("abc", {"a": [1.5], "b": 1}) != key_of("abc", {"a": [1.5], "b": 2})
    write_result(tmp_path / "run", "figures", key, {"share": 0.5, "name": "ü", "bad": float("nan")})
    kept = read_result(tmp_path / "run", "figures", key)
    assert kept == {"share": 0.5, "name": "ü", "bad": None}
    assert read_result(tmp_path / "run", "figures", "other") is None
    assert read_result(tmp_path / "run", "nothing", key) is None
    (tmp_path / "run" / "figures.json").write_text("{", encoding="utf-8")
    assert read_result(tmp_path / "run", "figures", key) is None


def test_features_come_back_for_as_many_pictures_only(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32)
    path = tmp_path / "run" / "features.npz"
    write_features(path, {"test": rows, "huge": rows * 1e6, "validation": rows[:0]})
    test, huge = read_features(path, "test", 5), read_features(path, "huge", 5)
    assert test is not None and np.allclose(test, rows, atol=2e-3)
    assert huge is not None and np.allclose(huge, rows * 1e6)
    assert read_features(path, "test", 4) is None
    assert read_features(path, "validation", 0) is None
    assert read_features(path, "train", 5) is None
    path.write_bytes(b"PK no archive")
    assert read_features(path, "test", 5) is None
