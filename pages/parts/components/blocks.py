"""The network drawn as a row of blocks; a click freezes a stage or lets it learn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from pages.parts.components.declare import declare_component

_mount = declare_component("blocks")


@dataclass(frozen=True)
class Block:
    """One block: `name` picks its drawing, `size` is a short text such as “0.3 million”."""

    name: str
    title: str
    words: str
    size: str
    learns: bool = False

    def to_json(self) -> dict[str, str | bool]:
        """The block as the browser gets it."""
        return dict(self.__dict__)


def draw_blocks(
    picture: Block,
    stages: Sequence[Block],
    head: Block,
    *,
    key: str,
    on_chosen: Callable[[tuple[bool, ...]], None],
) -> None:
    """Draw picture → stages → head. A toggle calls `on_chosen` with what then learns, per stage."""

    def chosen() -> None:
        learning = st.session_state[key].chosen
        if isinstance(learning, list) and len(learning) == len(stages):
            on_chosen(tuple(bool(value) for value in learning))

    _mount(
        key=key,
        data={
            "input": picture.to_json(),
            "stages": [stage.to_json() for stage in stages],
            "head": head.to_json(),
            "words": "The network from the picture to the answer. "
            "Each button is one stage: pressed means it learns, not pressed means it is frozen.",
        },
        on_chosen_change=chosen,
    )
