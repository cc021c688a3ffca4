"""The gallery: a page of thumbnails to select from, and what can be done with the selected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NotRequired, TypedDict

import streamlit as st

from pages.parts.components.declare import declare_component
from pages.parts.pictures.splits import SPLIT_WORDS
from pages.parts.pictures.thumbnails import thumbnail_address
from tlcore.images.stored_splits import BRIDGES
from tlcore.workspace.examples.twins import CONTRADICTION, IN_TWO_SPLITS
from tlcore.workspace.records import Example, Label

PAGE = 48
HINT = "Click pictures to select them, Shift-click for a range."
MORE_HINT = "Double-click to look closer. Keys 1–9 give a label, Ctrl+Z undoes."
CHIPS = 24  # labels that get a button each; more of them are chosen from a list
SMALL = 100  # pixels: below this a picture is shown with its pixels as squares, not blurred

WITHOUT_PICTURES = ("undo", "redo")
FLAG_WORDS = {
    CONTRADICTION: "The same picture also stands under another label.",
    IN_TWO_SPLITS: "The same picture also stands in another split.",
    BRIDGES: "Looks like pictures of two splits, so it is neither learnt from nor scored.",
}

_gallery = declare_component("gallery")


class Tile(TypedDict):
    """A picture as the browser gets it: `source` is a `data:` address, the rest are words."""

    id: int | str
    source: str
    small: bool  # shown with its pixels as squares
    label: str
    split: str
    title: str
    flag: str


class Button(TypedDict):
    """A button of the gallery: what it sends (`kind`, `value`) and how it looks."""

    kind: str
    words: str
    value: NotRequired[str]
    title: NotRequired[str]
    single: NotRequired[bool]  # for one selected picture only
    danger: NotRequired[bool]


class Menu(TypedDict):
    """A list to choose from: what it sends (`kind`), its words, and pairs of value and name."""

    kind: str
    words: str
    options: list[list[str]]


BUTTONS: tuple[Button, ...] = (
    {"kind": "open", "words": "Look closer", "single": True},
    {"kind": "turn", "value": "left", "words": "↺", "title": "Turn left"},
    {"kind": "turn", "value": "right", "words": "↻", "title": "Turn right"},
    {"kind": "delete", "words": "Delete", "danger": True},
)
BRING_BACK: Button = {"kind": "restore", "words": "Bring back"}


@dataclass(frozen=True)
class Action:
    """What the visitor wants done: label, split, turn, delete, restore, open, undo or redo.

    `ids` are the examples it is about; only undo and redo come without any.
    """

    kind: str
    ids: tuple[int, ...]
    value: str | None


def read_action(sent: object, shown: Sequence[Example]) -> Action | None:
    """The action that the browser sent; only pictures that were really shown count."""
    if not isinstance(sent, dict) or not isinstance(sent.get("ids"), list):
        return None
    known = {example.id for example in shown}
    ids = tuple(i for i in sent["ids"] if isinstance(i, int) and i in known)
    value = sent.get("value")
    kind = str(sent.get("kind"))
    if kind in WITHOUT_PICTURES:
        return Action(kind, (), None)
    return Action(kind, ids, None if value is None else str(value)) if ids else None


def draw_gallery(
    examples: Sequence[Example],
    labels: Sequence[Label],
    question_id: int,
    *,
    words: str,
    on_action: Callable[[Action], None],
    deleted: bool = False,
    stays: bool = True,
    key: str,
) -> None:
    """Draw one page of pictures to select from.

    Args:
        on_action: called at the start of the next run, before anything is drawn, so the action is
            carried out even if the visitor goes on to something else at once.
        stays: whether a picture that gets another label is still among those that are shown.
    """
    names = {label.id: label.name for label in labels}

    def pass_on(sent: object) -> None:
        if action := read_action(sent, examples):
            on_action(action)

    items = [
        tile(example, names.get(example.answers.get(question_id) or -1)) for example in examples
    ]
    draw_tiles(
        items,
        words=words,
        hint=HINT if deleted else f"{HINT} {MORE_HINT}",
        buttons=[BRING_BACK] if deleted else BUTTONS,
        labels=[] if deleted else [[str(label.id), label.name] for label in labels],
        menus=[] if deleted else _menus(labels),
        stays=stays,
        on_sent=pass_on,
        key=key,
    )


def draw_tiles(
    items: Sequence[Tile],
    *,
    words: str,
    hint: str,
    buttons: Sequence[Button],
    on_sent: Callable[[object], None],
    key: str,
    labels: Sequence[Sequence[str]] = (),
    menus: Sequence[Menu] = (),
    stays: bool = True,
) -> None:
    """Draw any pictures to select from; `on_sent` gets what the browser sends, unchecked.

    Args:
        buttons: what can be done with the selected.
        labels: pairs of value and name, to move the selected to.
    """

    def pass_on() -> None:
        on_sent(st.session_state[key].get("action"))

    _gallery(
        key=key,
        data={
            "items": list(items),
            "labels": list(labels),
            "menus": list(menus),
            "buttons": list(buttons),
            "words": words,
            "hint": hint,
            "stays": stays,
        },
        on_action_change=pass_on,
    )


def _menus(labels: Sequence[Label]) -> list[Menu]:
    uses = [[str(split), words.title] for split, words in SPLIT_WORDS.items()]
    menus: list[Menu] = [{"kind": "split", "words": "Use for…", "options": uses}]
    if len(labels) > CHIPS:
        choices = [[str(label.id), label.name] for label in labels]
        menus.insert(0, {"kind": "label", "words": "Move to label…", "options": choices})
    return menus


def tile(example: Example, label: str | None, note: str = "") -> Tile:
    """One picture as the browser gets it; `note` is a short text beside the label."""
    flags = " ".join(FLAG_WORDS.get(flag, flag) for flag in example.flags)
    use = SPLIT_WORDS[example.split].title
    name = label or "No label"
    return {
        "id": example.id,
        "source": thumbnail_address(example.picture),
        "small": max(example.width, example.height) < SMALL,
        "label": f"{name} · {note}" if note else name,
        "split": str(example.split),
        "title": f"{name} · {use} · {example.source_name}",
        "flag": flags,
    }
