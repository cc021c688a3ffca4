"""Samples: the same every time, honest splits, and leaves that differ only where they should."""

from __future__ import annotations

import io
import itertools
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlcore.errors import GraftError
from tlcore.images.samples.leaves import LABELS, SIDE, draw_leaf
from tlcore.images.samples.samples import REGIONS, SAMPLES, create_sample, sample_sources
from tlcore.workspace import Workspace
from tlcore.workspace.records import Split


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_has_what_it_says(name: str) -> None:
    sample, sources = SAMPLES[name], list(sample_sources(name))
    assert len(sources) == sample.pictures
    assert len({source.name for source in sources}) == sample.pictures
    counts = Counter(source.label for source in sources)
    assert sorted(counts) == sorted(sample.labels)
    assert len(set(counts.values())) == 1
    first = sources[0].read()
    assert first == next(sample_sources(name)).read()
    with Image.open(io.BytesIO(first)) as image:
        assert image.mode == "RGB" and min(image.size) >= 96


def test_an_unknown_sample_names_the_known_ones() -> None:
    with pytest.raises(GraftError, match="leaves"):
        sample_sources("cats")


@pytest.mark.parametrize("label", LABELS)
def test_a_leaf_is_the_same_for_its_seed_and_another_for_another(label: str) -> None:
    first, again, other = draw_leaf(label, 4), draw_leaf(label, 4), draw_leaf(label, 5)
    assert first.size == (SIDE, SIDE) and first.mode == "RGB"
    assert first.tobytes() == again.tobytes()
    assert np.abs(np.asarray(first, int) - np.asarray(other, int)).mean() > 5


def test_only_spotted_leaves_have_brown_spots() -> None:
    """Brown beside green: counted on plain paper, so that the ground does not matter."""
    brown = {label: [share_of_brown(draw_leaf(label, n)) for n in range(12)] for label in LABELS}
    assert np.median(brown["spotted"]) > 4 * np.median(brown["healthy"])


def share_of_brown(image: Image.Image) -> float:
    red, green, blue = np.moveaxis(np.asarray(image, float), 2, 0)
    leaf = green > 1.15 * blue
    rust = (red > 1.6 * green) & (red > 50)
    near = np.asarray(Image.fromarray(leaf).convert("L").resize((32, 32)).resize((SIDE, SIDE))) > 99
    return float((rust & near).mean())


def test_a_sample_that_is_broken_off_leaves_no_half_of_itself(home: Path) -> None:
    """Streamlit ends a run in the middle when somebody clicks once more."""

    class Clicked(BaseException):
        pass

    def click(done: int, total: int | None) -> None:
        raise Clicked

    workspace = Workspace.open(home)
    with pytest.raises(Clicked):
        create_sample(workspace, "surfaces", on_progress=click)
    assert workspace.projects.summaries() == []
    workspace.close()


def test_surfaces_for_the_test_come_from_a_region_of_their_own() -> None:
    ranges = sorted((left, right) for left, right, _ in REGIONS.values())
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(ranges))
    for source in sample_sources("surfaces"):
        assert source.split is not None and source.group == f"{source.label} {source.split.value}"


def test_a_sample_becomes_a_project(home: Path) -> None:
    workspace = Workspace.open(home)
    seen: list[int] = []
    project = create_sample(
        workspace, "surfaces", on_progress=lambda done, total: seen.append(done)
    )
    assert project.name == SAMPLES["surfaces"].title
    table = workspace.examples.table(project.id, workspace.labels.question(project.id).id)
    wanted = {split: number for split, (_, _, number) in REGIONS.items()}
    assert list(table.values()) == [{**wanted, Split.UNLABELLED: 0}] * 3
    assert seen[-1] == SAMPLES["surfaces"].pictures
    workspace.close()
