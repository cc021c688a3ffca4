"""A manifest that several threads and processes change at once loses nothing."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from tests.classifier.test_classifier import manifest, network, write
from tlcore.classifier.classifier import Classifier
from tlcore.classifier.manifest import Manifest, read_manifest
from tlcore.classifier.manifest_writer import change_manifest
from tlcore.errors import ClassifierInvalid

CHANGES = 60  # of each field
PROCESS = """
import sys
from pathlib import Path
from tlcore.classifier import change_manifest, read_manifest

folder, field, changes = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
for number in range(1, changes + 1):
    change_manifest(folder, **{field: number / changes})
    assert getattr(read_manifest(folder), field) == number / changes, "lost"
"""


def test_two_processes_that_change_different_fields_lose_nothing(tmp_path: Path) -> None:
    write(tmp_path, network())
    before = read_manifest(tmp_path)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(tmp_path), field, str(CHANGES)],
            stderr=subprocess.PIPE, text=True,
        )
        for field in ("temperature", "threshold")
    ]  # fmt: skip
    errors = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], errors
    assert read_manifest(tmp_path) == Manifest.model_validate(
        {**before.to_json(), "temperature": 1.0, "threshold": 1.0}
    )


def test_threads_that_change_different_fields_lose_nothing(tmp_path: Path) -> None:
    write(tmp_path, network())

    def change(field: str) -> None:
        for number in range(1, CHANGES + 1):
            change_manifest(tmp_path, **{field: number / CHANGES})
            assert getattr(read_manifest(tmp_path), field) == number / CHANGES

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(change, ("temperature", "threshold")))


def test_new_weights_and_a_new_threshold_may_come_at_once(tmp_path: Path) -> None:
    """A training that writes better weights keeps the threshold, and the change its weights."""
    trained = network()
    writer = write(tmp_path, trained)

    def learn() -> None:
        for _ in range(10):
            torch.nn.init.normal_(trained.head.linear.bias)
            writer.write(manifest(trained))

    with ThreadPoolExecutor(2) as pool:
        learning = pool.submit(learn)
        thresholds = [number / CHANGES for number in range(1, CHANGES + 1)]
        changed = [change_manifest(tmp_path, threshold=value).threshold for value in thresholds]
        learning.result()
    assert changed == thresholds
    assert read_manifest(tmp_path).threshold == thresholds[-1]
    assert torch.equal(Classifier.load(tmp_path).network.head.linear.bias, trained.head.linear.bias)


def test_another_training_in_the_same_folder_starts_without_a_threshold(tmp_path: Path) -> None:
    trained = network()
    writer = write(tmp_path, trained)
    change_manifest(tmp_path, threshold=0.5)
    writer.write({**manifest(trained), "recipe": {"epochs": 7}})
    assert read_manifest(tmp_path).threshold == 0


def test_a_folder_without_a_classifier_stays_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(ClassifierInvalid, match="no classifier"):
        change_manifest(tmp_path / "nothing", threshold=0.5)
    assert not list(tmp_path.iterdir())
