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
from tlcore.quality.features import of_examples
from tlcore.quality.instant import WORDS, guesses, instant_classifier, proposals
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


def instant_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """First guesses without training, about {"pictures": [paths], "copies": [paths of working
    copies], "data": [base64]}, any of the three, in that order.

    Result: {"labels": [{"id", "name", "pictures"}], "answers": [{"probabilities", "nearest":
    example id} or {"refused", "remedy"}], "words"}. Raises TrainingFailed while fewer than two
    labels have a picture.
    """
    pictures, backbone = pictures_of(payload), backbone_of(payload)
    try:
        classifier = yield from instant_classifier(pictures, backbone, stop)
    except Stopped:
        return
    answers = list(guesses(classifier, payload, pictures.home, backbone, stop))
    yield Event("result", {"labels": classifier.told(), "answers": answers, "words": WORDS})


def propose_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """Labels for pictures that have none, or for {"examples": [ids]}; nothing is changed.

    Result: {"labels": [{"id", "name", "pictures"}], "proposals": [{"example", "label": id,
    "probability"}, the surest first], "words"}. Raises TrainingFailed as `instant_task` does.
    """
    pictures, backbone = pictures_of(payload), backbone_of(payload)
    wanted = set(payload.get("examples") or ())
    asked = [one for one in pictures.examples if one.id in wanted]
    chosen = asked if wanted else list(pictures.unlabelled)
    try:
        classifier = yield from instant_classifier(pictures, backbone, stop)
        features = yield from of_examples(pictures.home, chosen, backbone, stop)
    except Stopped:
        return
    proposed = proposals(classifier, chosen, features)
    answer = {"labels": classifier.told(), "proposals": proposed, "words": WORDS}
    yield Event("result", answer)


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
