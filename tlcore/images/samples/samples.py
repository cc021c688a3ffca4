"""Three projects to start from without any picture of one's own, and without the internet."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from tlcore.errors import GraftError
from tlcore.images.intake.ingest import Progress, ingest
from tlcore.images.intake.sources import Source
from tlcore.images.samples.leaves import LABELS, draw_leaf
from tlcore.workspace import Workspace
from tlcore.workspace.records import Project, Split

DIGITS_EACH = 60
DIGIT_SIDE = 96  # pixels; the scans have 8
LEAVES_EACH = 60
SURFACE_SIDE = 192  # pixels of a crop once enlarged to twice its size
# Columns of the photographs (512 pixels wide), never shared, and the number of crops of each.
REGIONS = {
    Split.TRAIN: (0, 304, 48),
    Split.VALIDATION: (304, 408, 12),
    Split.TEST: (408, 512, 14),
}
CROP = (84, 100)  # pixels


@dataclass(frozen=True)
class Sample:
    """What the home page says about a sample; `pictures` is their number."""

    name: str
    title: str
    words: str
    licence: str
    labels: tuple[str, ...]
    pictures: int


SAMPLES = {
    sample.name: sample
    for sample in (
        Sample(
            "leaves",
            "Leaves: healthy, spotted, eaten",
            "Leaves that the program draws: some are healthy, some have spots, some were eaten. "
            "Shapes, backgrounds and light vary, as in a real collection.",
            "Drawn by Graft; free to use (CC0).",
            LABELS,
            len(LABELS) * LEAVES_EACH,
        ),
        Sample(
            "digits",
            "Handwritten digits",
            "Digits written by 13 people, scanned very small. Ten labels, and a first taste of "
            "which of them are easily taken for one another.",
            "E. Alpaydin and C. Kaynak, UCI Machine Learning Repository (CC BY 4.0).",
            tuple("0123456789"),
            10 * DIGITS_EACH,
        ),
        Sample(
            "surfaces",
            "Surfaces: brick, grass, gravel",
            "Cut-outs of three photographs. Those for the test come from a part of each "
            "photograph that training never sees.",
            "CC0 Textures and linolafett, through scikit-image (CC0).",
            ("brick", "grass", "gravel"),
            3 * sum(number for _, _, number in REGIONS.values()),
        ),
    )
}


def sample_sources(name: str) -> Iterator[Source]:
    """The pictures of a sample, the same every time; each is made when it is read.

    Raises:
        GraftError: there is no sample of that name.
    """
    makers: dict[str, Callable[[], Iterator[Source]]] = {
        "leaves": _leaves,
        "digits": _digits,
        "surfaces": _surfaces,
    }
    if name not in makers:
        known = ", ".join(SAMPLES)
        raise GraftError(f"There is no sample {name!r}.", f"Choose one of: {known}.")
    return makers[name]()


def create_sample(
    workspace: Workspace, name: str, *, on_progress: Progress | None = None
) -> Project:
    """Make a project with the pictures of a sample, whole or not at all; takes a few seconds.

    Raises:
        GraftError: there is no sample of that name, or the workspace cannot be written.
    """
    sources = list(sample_sources(name))
    project = workspace.projects.create(SAMPLES[name].title)
    try:
        ingest(workspace, project.id, sources, on_progress=on_progress)
    except BaseException:  # also a second click, by which Streamlit ends the first half-way
        workspace.projects.delete(project.id)
        raise
    return project


def _leaves() -> Iterator[Source]:
    for number in range(LEAVES_EACH):
        for label in LABELS:
            yield _source(f"{label}-{number:02}.png", label, _drawn(label, number))


def _drawn(label: str, number: int) -> Callable[[], Image.Image]:
    return lambda: draw_leaf(label, number)


def _digits() -> Iterator[Source]:
    from sklearn.datasets import load_digits  # costs a second, and only this sample needs it

    scans = load_digits()
    for digit in range(10):
        of_digit = scans.images[scans.target == digit][:DIGITS_EACH]
        for number, scan in enumerate(of_digit):
            yield _source(f"digit-{digit}-{number:02}.png", str(digit), _enlarged(scan))


def _enlarged(scan: npt.NDArray[np.float64]) -> Callable[[], Image.Image]:
    """A scan (8, 8) with ink from 0 to 16, as dark ink on white paper with room around it."""

    def make() -> Image.Image:
        paper = np.full((10, 10), 255, np.uint8)
        paper[1:9, 1:9] = 255 - np.clip(scan * 15, 0, 240).astype(np.uint8)
        grey = Image.fromarray(paper).resize((DIGIT_SIDE, DIGIT_SIDE), Image.Resampling.BICUBIC)
        return grey.convert("RGB")

    return make


def _surfaces() -> Iterator[Source]:
    from skimage import data  # only this sample needs it

    for label in SAMPLES["surfaces"].labels:
        photograph = Image.fromarray(getattr(data, label)())
        chance = np.random.default_rng(len(label) * 1000 + ord(label[-1]))
        for split, (left, right, number) in REGIONS.items():
            for count in range(number):
                name = f"{label}-{split.value}-{count:02}.png"
                crop = _crop(photograph, left, right, chance)
                yield _source(name, label, crop, split, f"{label} {split.value}")


def _crop(
    photograph: Image.Image, left: int, right: int, chance: np.random.Generator
) -> Callable[[], Image.Image]:
    """A square between two columns, turned or not, in brighter or dimmer light."""
    side = int(chance.integers(*CROP))
    x, y = int(chance.integers(left, right - side)), int(chance.integers(512 - side))
    mirrored, light = bool(chance.integers(2)), float(chance.uniform(0.75, 1.25))

    def make() -> Image.Image:
        crop = photograph.crop((x, y, x + side, y + side))
        crop = crop.resize((SURFACE_SIDE, SURFACE_SIDE), Image.Resampling.BICUBIC)
        crop = crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else crop
        return crop.point(lambda value: min(255, value * light)).convert("RGB")

    return make


def _source(
    name: str,
    label: str,
    make: Callable[[], Image.Image],
    split: Split | None = None,
    group: str | None = None,
) -> Source:
    def read() -> bytes:
        buffer = io.BytesIO()
        make().save(buffer, "PNG", compress_level=1)
        return buffer.getvalue()

    return Source(name, read, label, split, group)
