"""Makes the previews on the home page again: a few thumbnails of every sample.

Run from the project's folder: `python -m pages.parts.home.previews.make`.
"""

from __future__ import annotations

from pathlib import Path

from tlcore.images.decode import decode
from tlcore.images.intake.sources import Source
from tlcore.images.reduction import thumbnail
from tlcore.images.samples.samples import SAMPLES, sample_sources

HERE = Path(__file__).parent
MOST = 5  # pictures on a card


def main() -> None:
    """Write `<sample>/<number>-<label>.jpg`, the first picture of each label."""
    for name in SAMPLES:
        folder = HERE / name
        folder.mkdir(exist_ok=True)
        for number, source in enumerate(_choose(name)):
            picture = decode(source.read())
            (folder / f"{number}-{source.label}.jpg").write_bytes(thumbnail(picture))


def _choose(name: str) -> list[Source]:
    by_label: dict[str | None, list[Source]] = {}
    for source in sample_sources(name):
        by_label.setdefault(source.label, []).append(source)
    return [sources[0] for sources in by_label.values()][:MOST]


if __name__ == "__main__":
    main()
