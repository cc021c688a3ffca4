"""A check-up finds what was planted, names nothing else, and does no work twice."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from tests.changes import change
from tlcore.quality import features
from tlcore.quality.checkup.checkup_store import picture_key, read_checkup
from tlcore.quality.checkup.findings import CheckUp, Kind
from tlcore.quality.tasks import checkup_task
from tlcore.workspace.examples.changes import Move
from tlcore.workspace.records import Split

if TYPE_CHECKING:
    import pytest

    from tests.quality.conftest import Clinic


def test_copies_are_found_and_nothing_else_is_taken_for_one(clinic: Clinic) -> None:
    assert clinic.files(Kind.CONTRADICTION) == [{"stripes0.jpg", "again.jpg"}]
    near = [{"rings1.jpg", "smaller.jpg"}, {"squares2.jpg", "cropped.jpg"}]
    copies = clinic.files(Kind.NEAR_DUPLICATE) + clinic.files(Kind.LEAK)
    assert sorted(copies, key=min) == sorted(near, key=min)
    assert clinic.found(Kind.DUPLICATE) == []


def test_pictures_that_show_little_are_found(clinic: Clinic) -> None:
    assert clinic.files(Kind.BLURRED, "blur") == [{"blurred.jpg"}]
    assert clinic.files(Kind.BLURRED, "uniform") == [{"empty.jpg"}]
    assert clinic.files(Kind.DARK) == [{"dark.jpg"}]
    assert clinic.files(Kind.SMALL, "pixels") == [{"tiny.jpg"}]
    assert clinic.files(Kind.SMALL, "aspect") == [{"narrow.jpg"}]


def test_a_wrong_label_is_among_the_suspects_with_its_mend(clinic: Clinic) -> None:
    wrong = next(
        finding for finding in clinic.found(Kind.SUSPECT_LABEL) if finding.files == ("wrong.jpg",)
    )
    mend = wrong.mends[0]
    assert mend.action == "relabel"
    assert clinic.pictures.names[mend.label or 0] == "stripes"
    assert mend.question == clinic.pictures.question
    assert len(clinic.found(Kind.SUSPECT_LABEL)) <= 0.15 * len(clinic.pictures.examples)


def test_the_most_serious_comes_first_and_within_a_kind_the_surest(clinic: Clinic) -> None:
    order = list(Kind)
    for first, second in pairwise(clinic.checkup.findings):
        place, next_place = order.index(first.kind), order.index(second.kind)
        assert place < next_place or (place == next_place and first.score >= second.score)
    assert all(0 <= finding.score <= 1 for finding in clinic.checkup.findings)


def test_what_needs_no_network_is_told_before_it_is_asked(clinic: Clinic) -> None:
    kinds = clinic.kinds_of_events
    assert kinds[-1] == "result" and kinds.count("partial") == 1
    assert "progress" in kinds[: kinds.index("partial")]
    assert "progress" in kinds[kinds.index("partial") :]


def test_it_is_kept_and_known_to_be_fresh_until_something_changes(clinic: Clinic) -> None:
    project, question = clinic.pictures.project, clinic.pictures.question
    kept = read_checkup(clinic.workspace.home, project, question)
    assert kept == clinic.checkup
    assert kept.key == picture_key(clinic.workspace, project)
    example = clinic.pictures.examples[0]
    change(
        clinic.workspace, Move([example.id], Split.TEST if example.split != "test" else Split.TRAIN)
    )
    try:
        assert kept.key != picture_key(clinic.workspace, project)
    finally:
        change(clinic.workspace, Move([example.id], example.split))
    assert kept.key == picture_key(clinic.workspace, project)


def test_a_second_check_up_computes_no_picture_again(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("a picture was looked at again")

    monkeypatch.setattr(features, "extract", never)
    monkeypatch.setattr("tlcore.quality.checkup.measures.measure", never)
    events = list(checkup_task(clinic.payload, lambda: False))
    again = CheckUp.from_json(events[-1].data)
    assert again.findings == clinic.checkup.findings


def test_a_stopped_check_up_gives_no_result(clinic: Clinic) -> None:
    assert not [e for e in checkup_task(clinic.payload, lambda: True) if e.kind == "result"]


def test_without_the_backbone_the_rest_is_still_told(clinic: Clinic) -> None:
    payload = {**clinic.payload, "backbone": "resnet18.a1_in1k"}
    before = read_checkup(clinic.workspace.home, clinic.pictures.project, clinic.pictures.question)
    events = list(checkup_task(payload, lambda: False))
    checkup = CheckUp.from_json(events[-1].data)
    assert before is not None
    assert len(checkup.notes) == 1 and "resnet18.a1_in1k" in checkup.notes[0]
    kinds = {finding.kind for finding in checkup.findings}
    assert Kind.DARK in kinds and Kind.CONTRADICTION in kinds
    assert Kind.SUSPECT_LABEL not in kinds
