"""The camera on a page: one picture, or a burst while a button is held. It stores nothing."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from pages.parts.components.declare import declare_component

LONGEST = 150  # frames of a burst; the browser stops there too
BEGINNING = "data:image/jpeg;base64,"

_camera = declare_component("camera")


@dataclass(frozen=True)
class Burst:
    """What came from the camera between pressing and releasing: JPEG frames, in order.

    `label` is the one that stood on the page while they were taken.
    """

    id: str
    frames: tuple[bytes, ...]
    label: str = ""


def draw_camera(*, label: str | None, key: str) -> Burst | None:
    """Draw the camera; the oldest burst that has not been forgotten yet, else None.

    Without a `label` the visitor sees the live view but cannot take pictures yet.
    """

    def keep() -> None:
        burst = read_burst(st.session_state[key].get("burst"))
        if burst and label:
            st.session_state.setdefault(_waiting(key), []).append(replace(burst, label=label))

    _camera(key=key, data={"ready": label is not None}, on_burst_change=keep)
    return next(iter(st.session_state.get(_waiting(key), ())), None)


def forget_burst(key: str) -> None:
    """Let go of the burst that `draw_camera` gave last: it has been taken in."""
    st.session_state[_waiting(key)] = st.session_state[_waiting(key)][1:]


def _waiting(key: str) -> str:
    return f"{key}_bursts"


def read_burst(sent: Any) -> Burst | None:
    """The burst that the browser sent; what is not a JPEG frame is left out."""
    if not isinstance(sent, dict) or not isinstance(sent.get("frames"), list):
        return None
    frames = tuple(f for f in map(_frame, sent["frames"][:LONGEST]) if f)
    name = "".join(c for c in str(sent.get("id", "")) if c.isalnum() or c == "-")[:40]
    return Burst(name or "burst", frames) if frames else None


def _frame(address: Any) -> bytes | None:
    if not isinstance(address, str) or not address.startswith(BEGINNING):
        return None
    try:
        return base64.b64decode(address[len(BEGINNING) :], validate=True)
    except (binascii.Error, ValueError):
        return None
