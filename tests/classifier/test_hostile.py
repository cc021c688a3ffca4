"""Manifests that ask for far more than their weights: refused before anything is allocated."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.classifier.test_classifier import network, write
from tests.imports import ROOT

MOST_MEMORY = 300 * 2**20  # bytes above what the program takes by itself
MOST_SECONDS = 20.0
HUGE = [
    {"architecture": "vit_giant_patch14_224"},
    {"architecture": "vit_tiny_patch16_224", "model_args": {"img_size": 2048, "patch_size": 1}},
    {"architecture": "vit_tiny_patch16_224", "model_args": {"patch_size": 0}},
    {"architecture": "vit_tiny_patch16_224", "model_args": {"img_size": -5}},
    {"architecture": "swin_tiny_patch4_window7_224", "model_args": {"img_size": 2048}},
    {"architecture": "vit_tiny_patch16_224", "model_args": {"global_pool": "sideways"}},
    {"architecture": "test_resnet", "model_args": {"aux_logits": True}},
    {"architecture": "regnety_2560"},
]
PROGRAM = """
import json, resource, sys, time
from pathlib import Path
from tlcore.classifier.classifier import Classifier
from tlcore.errors import ClassifierInvalid
import timm
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
folder, changes = Path(sys.argv[1]), json.loads(sys.argv[2])
path = folder / "manifest.json"
good = json.loads(path.read_text())
Classifier.load(folder)
for change in changes:
    path.write_text(json.dumps(good | {"backbone": good["backbone"] | change}))
    began, before = time.monotonic(), peak()
    try:
        Classifier.load(folder)
        outcome = "loaded"
    except ClassifierInvalid:
        outcome = "refused"
    print(json.dumps([outcome, peak() - before, time.monotonic() - began]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is counted otherwise elsewhere")
def test_a_manifest_that_asks_for_too_much_is_refused_quickly_and_in_little_memory(
    tmp_path: Path,
) -> None:
    write(tmp_path, network())
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), json.dumps(HUGE)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    results: list[list[Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(results) == len(HUGE)
    for change, (outcome, memory, seconds) in zip(HUGE, results, strict=True):
        assert outcome == "refused", change
        assert memory < MOST_MEMORY, (change, memory)
        assert seconds < MOST_SECONDS, (change, seconds)
