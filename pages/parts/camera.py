"""The camera on a page: one picture, or a burst while a button is held. It stores nothing."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).parent
LONGEST = 150  # frames of a burst; the browser stops there too
BEGINNING = "data:image/jpeg;base64,"

_camera = st.components.v2.component(
    "graft_camera",
    html="""<div class="camera">
      <p class="none" hidden>This browser offers no camera here. Cameras work when Graft is
        opened on this computer (localhost) or over HTTPS. Add your pictures as files instead.</p>
      <div class="stage"><video muted playsinline aria-label="What the camera sees"></video>
        <div class="idle">The camera is off.</div><span class="light" hidden></span></div>
      <div class="side">
        <button type="button" class="start main">Start the camera</button>
        <button type="button" class="hold main" hidden>Hold to record</button>
        <button type="button" class="once" hidden>Take one picture</button>
        <button type="button" class="stop" hidden>Turn the camera off</button>
        <div class="said" role="status"></div><div class="strip"></div>
      </div></div>""",
    css=(HERE / "camera.css").read_text(encoding="utf-8"),
    js=(HERE / "camera.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Burst:
    """What came from the camera between pressing and releasing: JPEG frames, in order."""

    id: str
    frames: tuple[bytes, ...]


def draw_camera(*, ready: bool, key: str) -> Burst | None:
    """Draw the camera; a burst in the one run in which it arrives, else None.

    With `ready=False` the visitor sees the live view but cannot take pictures yet.
    """
    waiting = f"{key}_burst"

    def keep() -> None:
        st.session_state[waiting] = read_burst(st.session_state[key].get("burst"))

    _camera(key=key, data={"ready": ready}, on_burst_change=keep)
    burst: Burst | None = st.session_state.pop(waiting, None)
    return burst


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
