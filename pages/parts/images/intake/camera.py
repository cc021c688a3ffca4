"""The camera on a page: one picture, or a burst while a button is held. Nothing is stored."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, replace

import streamlit as st

from pages.parts.components.declare import declare_component

LONGEST = 150  # frames of a burst; the browser stops there too
PREFIX = "data:image/jpeg;base64,"

_camera = declare_component("camera")


@dataclass(frozen=True)
class Burst:
    """The JPEG frames that the camera took while its button was held, in order.

    `label` is the name of the label that was chosen on the page meanwhile.
    """

    id: str
    frames: tuple[bytes, ...]
    label: str = ""


def draw_camera(*, label: str | None, key: str) -> Burst | None:
    """Draw the camera and give the oldest burst that is not forgotten yet, if any.

    Without a `label` the visitor sees the live view but cannot take pictures yet.
    """

    def keep() -> None:
        burst = read_burst(st.session_state[key].get("burst"))
        if burst and label:
            st.session_state.setdefault(_waiting(key), []).append(replace(burst, label=label))

    _camera(key=key, data={"ready": label is not None}, on_burst_change=keep)
    return next(iter(st.session_state.get(_waiting(key), ())), None)


def forget_burst(key: str) -> None:
    """Drop the burst that `draw_camera` gave last: its pictures have been imported."""
    st.session_state[_waiting(key)] = st.session_state[_waiting(key)][1:]


def _waiting(key: str) -> str:
    return f"{key}_bursts"


def read_burst(sent: object) -> Burst | None:
    """The burst that the browser sent; whatever is not a JPEG frame is left out."""
    if not isinstance(sent, dict) or not isinstance(sent.get("frames"), list):
        return None
    frames = tuple(f for f in map(_frame, sent["frames"][:LONGEST]) if f)
    name = "".join(c for c in str(sent.get("id", "")) if c.isalnum() or c == "-")[:40]
    return Burst(name or "burst", frames) if frames else None


def _frame(address: object) -> bytes | None:
    if not isinstance(address, str) or not address.startswith(PREFIX):
        return None
    try:
        return base64.b64decode(address[len(PREFIX) :], validate=True)
    except (binascii.Error, ValueError):
        return None
