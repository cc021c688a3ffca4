"""A line that appears only where the browser has no camera to offer, and says why."""

from __future__ import annotations

import streamlit as st

_note = st.components.v2.component(
    "graft_camera_note",
    html='<p role="status" hidden></p>',
    css="""p {
      margin: 0;
      padding: 0.7rem 1rem;
      border-radius: var(--st-base-radius);
      background: var(--st-orange-background-color);
      color: var(--st-orange-text-color);
      font-family: var(--st-font);
    }
    p[hidden] { display: none; }""",
    js="""export default function ({ data, parentElement }) {
      const note = parentElement.querySelector("p");
      const say = (words) => {
        note.textContent = words;
        note.hidden = false;
      };
      if (!navigator.mediaDevices) return say(data.insecure);
      navigator.mediaDevices.enumerateDevices().then((found) => {
        if (!found.some((device) => device.kind === "videoinput")) say(data.none);
      });
    }""",
)


def draw_camera_note() -> None:
    """Say that there is no camera, or that this address may not use it; else nothing."""
    _note(
        key="camera_note",
        data={
            "insecure": "This browser gives no camera to this page. Cameras work when Graft is "
            "opened on this computer (localhost) or over HTTPS. Upload a picture instead.",
            "none": "This computer has no camera that the browser can see. "
            "Upload a picture instead.",
        },
    )
