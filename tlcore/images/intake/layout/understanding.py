"""What was understood of pictures before they come in: labels and splits with their counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tlcore.images.intake.layout.arrangement import Arrangement, listed, may_be_picture
from tlcore.images.intake.sources import Source
from tlcore.workspace.records import Split


@dataclass(frozen=True)
class Understanding:
    """Pictures by label and by split as they lie, before any was opened.

    `level` is that of the folders which are the label, from 1 as people count; None where no
    folder is. `masks` were set aside.
    """

    labels: Mapping[str, int]
    splits: Mapping[str, int]
    level: int | None
    masks: int
    words: str

    def to_data(self) -> dict[str, Any]:
        """The same for --json."""
        return {
            "labels": dict(self.labels),
            "splits": dict(self.splits),
            "level": self.level,
            "masks": self.masks,
            "words": self.words,
        }


OnUnderstood = Callable[[Understanding], None]


def understanding_of(
    sources: Sequence[Source], arrangement: Arrangement | None = None
) -> Understanding:
    """Count labels and splits; without an arrangement, something else than folders gave them."""
    pictures = [source for source in sources if may_be_picture(source.name.rsplit("/", 1)[-1])]
    labels = Counter(source.label for source in pictures if source.label is not None)
    by_split = Counter(source.split for source in pictures if source.split is not None)
    splits = {split.value: by_split[split] for split in Split if by_split[split]}
    in_order = dict(sorted(labels.items()))
    if arrangement is None:
        words = f"Labels: {listed(list(in_order), counts=in_order)}." if in_order else "No labels."
    else:
        words = arrangement.words_with(in_order)
    if splits:
        counted = ", ".join(f"{number} for {split}" for split, number in splits.items())
        words += f" Pictures: {counted}."
    level = None if arrangement is None or arrangement.label is None else arrangement.label + 1
    masks = 0 if arrangement is None else len(arrangement.masks)
    return Understanding(in_order, splits, level, masks, words)
