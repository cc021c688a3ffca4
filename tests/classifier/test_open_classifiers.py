"""A classifier is loaded once, again when its folder was written anew, and few are kept."""

from __future__ import annotations

from pathlib import Path

from tests.classifier.test_classifier import network, write
from tlcore.classifier.manifest_writer import change_manifest
from tlcore.classifier.open_classifiers import OpenClassifiers


def test_a_classifier_is_loaded_once_until_it_is_written_anew(tmp_path: Path) -> None:
    write(tmp_path, network())
    kept = OpenClassifiers()
    first = kept.get(tmp_path)
    assert kept.get(tmp_path) is first
    change_manifest(tmp_path, threshold=0.5)
    assert kept.get(tmp_path).manifest.threshold == 0.5


def test_the_one_used_longest_ago_is_let_go(tmp_path: Path) -> None:
    for name in "abc":
        write(tmp_path / name, network())
    kept = OpenClassifiers(most=2)
    first, second = kept.get(tmp_path / "a"), kept.get(tmp_path / "b")
    kept.get(tmp_path / "a")
    kept.get(tmp_path / "c")
    assert kept.get(tmp_path / "a") is first
    assert kept.get(tmp_path / "b") is not second
