"""First guesses: right on easy pictures, refused ones named, unlabelled ones proposed for."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.changes import change
from tests.quality.conftest import add
from tests.quality.drawn import draw, jpeg
from tlcore.errors import TrainingFailed
from tlcore.quality.tasks import instant_task, propose_task
from tlcore.workspace import Workspace
from tlcore.workspace.examples.changes import Move
from tlcore.workspace.records import Split

if TYPE_CHECKING:
    from tests.quality.conftest import Clinic


def never() -> bool:
    return False


def test_new_pictures_are_answered_without_training(clinic: Clinic, tmp_path: Path) -> None:
    file = tmp_path / "new.jpg"
    file.write_bytes(jpeg(draw("stripes", 200)))
    data = base64.b64encode(jpeg(draw("rings", 201))).decode()
    payload = {**clinic.payload, "pictures": [str(file), str(tmp_path / "absent.jpg")]}
    payload["data"] = [data, base64.b64encode(b"no picture").decode(), "not base64!"]
    answer = list(instant_task(payload, never))[-1].data
    names = [label["name"] for label in answer["labels"]]
    shares = [row.get("probabilities") for row in answer["answers"]]
    predicted = [row and names[row.index(max(row))] for row in shares]
    assert predicted == ["stripes", None, "rings", None, None]
    assert all(row["remedy"] for row in answer["answers"] if "refused" in row)
    like = clinic.workspace.examples.get(answer["answers"][0]["nearest"])
    assert like.source_name.startswith(("stripes", "wrong", "again"))
    assert "first guess" in answer["words"]


def test_a_working_copy_is_answered_as_its_picture(clinic: Clinic) -> None:
    example = clinic.pictures.examples[0]
    payload = {**clinic.payload, "copies": [str(clinic.workspace.pictures.copy(example.picture))]}
    answer = list(instant_task(payload, never))[-1].data
    assert clinic.workspace.examples.get(answer["answers"][0]["nearest"]).picture == example.picture


def test_labels_are_proposed_for_what_has_none_and_nothing_is_changed(home: Path) -> None:
    workspace = Workspace.open(home)
    project = workspace.projects.create("Few").id
    for label in ("rings", "stripes"):
        for number in range(2):
            add(workspace, project, label, f"{label}{number}.jpg", jpeg(draw(label, number)))
    payload = {"home": str(home), "project": project}
    assert list(propose_task(payload, never))[-1].data["proposals"] == []
    for label in ("stripes", "rings"):
        add(workspace, project, None, f"new {label}.jpg", jpeg(draw(label, 50)))
    reply = list(propose_task(payload, never))[-1].data
    names = {label["id"]: label["name"] for label in reply["labels"]}
    proposed = {
        workspace.examples.get(proposal["example"]).source_name: names[proposal["label"]]
        for proposal in reply["proposals"]
    }
    assert proposed == {"new rings.jpg": "rings", "new stripes.jpg": "stripes"}
    sure = [proposal["probability"] for proposal in reply["proposals"]]
    assert sure == sorted(sure, reverse=True) and min(sure) >= 0.5
    assert workspace.examples.count(project, unanswered=True) == 2
    workspace.close()


def test_what_is_set_aside_is_not_learned_from(home: Path) -> None:
    """Unless a label has nothing else: a first guess wants a picture of each."""
    workspace = Workspace.open(home)
    project = workspace.projects.create("Aside").id
    for label in ("rings", "stripes"):
        for number in range(2):
            add(workspace, project, label, f"{label}{number}.jpg", jpeg(draw(label, number)))
    rings = [example.id for example in workspace.examples.list(project)][:2]
    payload = {"home": str(home), "project": project}
    for aside, made_of in ((1, 1), (2, 2)):
        change(workspace, Move(rings[:aside], Split.UNLABELLED))
        labels = list(propose_task(payload, never))[-1].data["labels"]
        assert [label["pictures"] for label in labels] == [made_of, 2]
    workspace.close()


def test_one_label_is_not_enough(home: Path) -> None:
    workspace = Workspace.open(home)
    project = workspace.projects.create("One").id
    add(workspace, project, "rings", "a.jpg", jpeg(draw("rings", 0)))
    with pytest.raises(TrainingFailed, match="two labels"):
        list(instant_task({"home": str(home), "project": project}, never))
    workspace.close()
