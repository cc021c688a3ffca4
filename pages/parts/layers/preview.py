"""The preview: some of the visitor's own pictures beside the views that training sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import streamlit as st

from pages.parts.components.declare import declare_component
from pages.parts.frame.services import services
from pages.parts.frame.text import markdown_text
from pages.parts.pictures.thumbnails import as_data_address
from tlcore.errors import PictureRefused
from tlcore.training.data.augmentation import PLAIN, Augmentation
from tlcore.training.data.preview import BLEND, blended_pictures, view_pictures
from tlcore.workspace.records import Example, Label, Project, Split

ROWS = 3
MOST_VIEWS = 5  # changed ones shown beside each picture
AS_IT_IS = "as it is"

_views = declare_component("views")


@dataclass(frozen=True)
class PreviewExample:
    """One picture of the preview: its label's name and its hash."""

    label: str
    picture: str


def preview_examples(project: Project, turn: int = 0, most: int = ROWS) -> list[PreviewExample]:
    """A few training pictures of different labels; another `turn` gives others."""
    workspace = services().workspace
    question = workspace.labels.question(project.id)
    labels = workspace.labels.list(question.id)
    pictures: list[PreviewExample] = []
    for place in range(most if labels else 0):
        label = labels[(place + turn) % len(labels)]
        example = _of_label(project, label, (place // len(labels)) + turn)
        if example is not None:
            pictures.append(PreviewExample(label.name, example.picture))
    return pictures


def _of_label(project: Project, label: Label, number: int) -> Example | None:
    """The training picture of a label at index `number`; the count starts over after the last."""
    examples = services().workspace.examples
    count = examples.count(project.id, label_id=label.id, split=Split.TRAIN)
    if count == 0:
        return None
    offset = number % count
    chosen = examples.list(project.id, label_id=label.id, split=Split.TRAIN, offset=offset, limit=1)
    return next(iter(chosen), None)


def draw_views(
    shown: Sequence[PreviewExample], augmentation: Augmentation, views: int, *, key: str
) -> None:
    """Draw each picture as it is and in the changed views that training will see of it.

    `views` is how many views training sees in all, the plain one among them.
    """
    count = min(views, MOST_VIEWS + 1) if augmentation.active else 1
    heads = [AS_IT_IS, *(f"view {number}" for number in range(1, count))]
    rows = [
        {"label": example.label, "pictures": pictures}
        for example in shown
        if (pictures := _addresses(example.picture, augmentation, count))
    ]
    _views(key=key, data={"heads": heads, "rows": rows})


def draw_blends(shown: Sequence[PreviewExample], *, mixup: bool, cutmix: bool, key: str) -> None:
    """Draw the first readable pair of pictures with its blends."""
    kinds = [(0, "blended")] * mixup + [(1, "a piece pasted")] * cutmix
    heads = ["picture", "another", *(words for _, words in kinds)]
    rows = []
    for first, second in pairwise(shown):
        if addresses := _blends(first.picture, second.picture):
            plain, blends = addresses[:2], addresses[2:]
            words = f"{first.label} and {second.label}"
            pictures = [*plain, *(blends[kind] for kind, _ in kinds)]
            rows.append({"label": words, "pictures": pictures})
    _views(key=key, data={"heads": heads, "rows": rows[:1]})


def blend_words(first: PreviewExample, second: PreviewExample) -> str:
    """The target of a blended picture, as Markdown."""
    labels = markdown_text(first.label), markdown_text(second.label)
    return f"{100 * BLEND:.0f} % {labels[0]}, {100 * (1 - BLEND):.0f} % {labels[1]}"


@st.cache_data(show_spinner=False, max_entries=128)
def _addresses(picture: str, augmentation: Augmentation, views: int) -> list[str]:
    """Data addresses of a picture's first views; empty where the picture cannot be read."""
    try:
        copy = services().workspace.pictures.copy(picture).read_bytes()
        pictures = view_pictures(copy, picture, augmentation, range(PLAIN, PLAIN + views))
    except (OSError, PictureRefused):
        return []
    return [as_data_address(view) for view in pictures]


@st.cache_data(show_spinner=False, max_entries=16)
def _blends(first: str, second: str) -> list[str]:
    """Data addresses: both pictures, then the two blended by mixup and by cutmix."""
    pictures = services().workspace.pictures
    try:
        copies = [pictures.copy(picture).read_bytes() for picture in (first, second)]
        plain = [view_pictures(copies[i], "", Augmentation(), [PLAIN])[0] for i in (0, 1)]
        shown = [*plain, *blended_pictures(copies[0], copies[1])]
    except (OSError, PictureRefused):
        return []
    return [as_data_address(picture) for picture in shown]
