"""A line that appears only where the browser has no camera to offer, and says why."""

from __future__ import annotations

from pages.parts.components.declare import declare_component

_note = declare_component("camera_note")


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
