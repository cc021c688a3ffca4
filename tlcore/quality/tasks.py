"""What the answers process says about the pictures of a project: tasks by name.

Every payload holds {"home": folder, "project": id} and may hold {"question": id, "backbone": name};
without them the first question and the bundled backbone are meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tlcore.backbones.curated import DEFAULT_BACKBONE
from tlcore.jobs.events import Event
from tlcore.quality.checkup import check_up
from tlcore.quality.pictures import ProjectPictures, read_pictures
from tlcore.quality.reports import keep_checkup
from tlcore.quality.stopping import Stop, Stopped
from tlcore.workspace import Workspace


def checkup_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """A whole check-up → `progress`, one `partial`, then the data of a CheckUp, which is also kept.

    Ends without a result when it is stopped; the next one goes on from what was computed.
    """
    pictures = pictures_of(payload)
    try:
        checkup = yield from check_up(pictures, backbone_of(payload), stop)
    except Stopped:
        return
    keep_checkup(pictures.home, pictures.project, pictures.question, checkup)
    yield Event("result", checkup.to_json())


def pictures_of(payload: dict[str, Any]) -> ProjectPictures:
    """The pictures that a payload names. Raises NotFound."""
    workspace = Workspace.open(Path(payload["home"]))
    try:
        return read_pictures(workspace, str(payload["project"]), payload.get("question"))
    finally:
        workspace.close()


def backbone_of(payload: dict[str, Any]) -> str:
    """The backbone that a payload names."""
    return str(payload.get("backbone") or DEFAULT_BACKBONE)
