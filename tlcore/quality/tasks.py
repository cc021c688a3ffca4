"""What the request worker says about the pictures of a project: tasks by name.

Every payload holds {"home": folder, "project": id} and may hold {"question": id, "backbone": name};
without them the first question and the bundled backbone are meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop, Stopped
from tlcore.quality.checkup.checkup import check_up
from tlcore.quality.checkup.checkup_store import keep_checkup
from tlcore.quality.features import example_features
from tlcore.quality.instant.instant import WORDS, guesses, instant_classifier, proposals
from tlcore.quality.pictures import ProjectPictures, read_pictures
from tlcore.quality.reports import forecast, grouping, picture_map
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
    yield Event("result", {"labels": classifier.label_counts(), "answers": answers, "words": WORDS})


def propose_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """Labels for pictures that have none, or for {"examples": [ids]}; nothing is changed.

    Result: {"labels": [{"id", "name", "pictures"}], "proposals": [{"example", "label": id,
    "probability"}, the surest first], "words"}. Raises TrainingFailed as `instant_task` does.
    """
    pictures, backbone = pictures_of(payload), backbone_of(payload)
    wanted = set(payload.get("examples") or ())
    requested = [example for example in pictures.examples if example.id in wanted]
    chosen = requested if wanted else list(pictures.unlabelled)
    try:
        classifier = yield from instant_classifier(pictures, backbone, stop)
        features = yield from example_features(pictures.home, chosen, backbone, stop)
    except Stopped:
        return
    proposed = proposals(classifier, chosen, features)
    report = {"labels": classifier.label_counts(), "proposals": proposed, "words": WORDS}
    yield Event("result", report)


def forecast_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """How many more pictures? A probe with 25, 50, 75 and 100 % of those that are not under test.

    Result: {"points": [{"pictures", "accuracy", "low", "high"}], "curve": [{"pictures",
    "accuracy"}] up to four times as many, "labels": [{"label": id, "name", "pictures", "accuracy",
    "more", "label_gain", "gain"}, the one that would gain most first], "words"}; shares are 0–1.
    Raises GraftError where there are too few pictures.
    """
    with _stoppable():
        report = yield from forecast(pictures_of(payload), backbone_of(payload), stop)
        yield Event("result", report)


def map_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """All pictures as points: one `partial` at once, then the result, both of the same form.

    Result: {"points": [{"example", "x", "y"}] within −1…1, "method"}.
    """
    with _stoppable():
        report = yield from picture_map(pictures_of(payload), backbone_of(payload), stop)
        yield Event("result", report)


def grouping_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """How far a random split would flatter, given {"groups": {example id: name}} or {"by": "group",
    "near", "date" or "pattern", "pattern"?}; nothing is changed.

    Result: {"random", "grouped": {"mean", "low", "high"}, "flatters", "groups", "pictures",
    "alone": [names of labels left out], "words"}. Raises GraftError where nothing can be compared.
    """
    with _stoppable():
        report = yield from grouping(pictures_of(payload), payload, backbone_of(payload), stop)
        yield Event("result", report)


def _stoppable() -> AbstractContextManager[None]:
    """A task that is stopped ends without a result."""
    return suppress(Stopped)


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
