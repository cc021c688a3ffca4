"""Ingest and splits: those of folders are kept, what belongs together stays together."""

from __future__ import annotations

import io

from PIL import Image

from tests.changes import change
from tests.images.intake.drawn import PICTURES, example_named, splits_of, under
from tlcore.images.intake.ingest import ingest
from tlcore.images.intake.sources import from_files
from tlcore.images.stored_splits import BRIDGES, plan_splits
from tlcore.workspace import Workspace
from tlcore.workspace.examples.changes import Answer
from tlcore.workspace.records import Project, Split


def test_splits_from_folders_are_kept(workspace: Workspace, project: Project) -> None:
    given = (Split.TRAIN, Split.VALIDATION, Split.TEST)
    sources = [
        s for n, split in enumerate(given) for s in under("a", range(4 * n, 4 * n + 4), split=split)
    ]
    ingest(workspace, project.id, sources)
    splits = [x.split for x in workspace.examples.list(project.id)]
    assert splits == [split for split in given for _ in range(4)]


def test_without_a_validation_folder_some_training_pictures_are_set_aside(
    workspace: Workspace, project: Project
) -> None:
    sources = under("a", range(12), split=Split.TRAIN) + under("a", range(12, 16), split=Split.TEST)
    report = ingest(workspace, project.id, sources)
    assert splits_of(workspace, project) == {Split.TRAIN: 10, Split.VALIDATION: 2, Split.TEST: 4}
    assert [x.split for x in workspace.examples.list(project.id)][12:] == [Split.TEST] * 4
    assert len(report.notes) == 1 and "2 of the training pictures" in report.notes[0]


def test_a_label_that_comes_later_gets_its_own_pictures_to_validate_with(
    workspace: Workspace, project: Project
) -> None:
    ingest(workspace, project.id, under("a", range(12), split=Split.TRAIN))
    before = splits_of(workspace, project)

    report = ingest(workspace, project.id, under("b", range(12, 24), split=Split.TRAIN))

    table = workspace.examples.table(project.id, workspace.labels.question(project.id).id)
    assert before == {Split.TRAIN: 10, Split.VALIDATION: 2}
    assert [row[Split.VALIDATION] for row in table.values()] == [2, 2]
    assert "2 of the training pictures" in report.notes[-1]


def test_few_pictures_have_no_test_split_and_the_report_says_so(
    workspace: Workspace, project: Project
) -> None:
    report = ingest(workspace, project.id, under("a", range(9)) + under("b", range(9, 21)))
    table = workspace.examples.table(project.id, workspace.labels.question(project.id).id)
    tested = [row[Split.TEST] for row in table.values()]
    assert tested[0] == 0 and tested[1] > 0
    assert "“a”" in report.notes[0] and "“b”" not in report.notes[0]


def test_a_burst_stays_together_also_over_two_uploads(
    workspace: Workspace, project: Project
) -> None:
    ingest(workspace, project.id, under("a", range(12)) + under("b", range(12, 15), group="burst"))
    ingest(workspace, project.id, under("b", range(15, 18), group="burst"))
    burst = [x for x in workspace.examples.list(project.id) if x.group == "burst"]
    assert len(burst) == 6 and len({x.split for x in burst}) == 1


def recoded(number: int) -> bytes:
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(PICTURES[number])) as file:
        file.resize((96, 96)).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def test_a_near_copy_joins_the_split_of_its_original(
    workspace: Workspace, project: Project
) -> None:
    ingest(workspace, project.id, under("a", range(12)))
    copies = from_files([(f"copy {n}", recoded(n)) for n in range(12)], label="a")
    report = ingest(workspace, project.id, copies)
    assert report.accepted == 12 and not report.flagged
    for n in range(12):
        original = example_named(workspace, project, f"a {n}.png")
        assert example_named(workspace, project, f"copy {n}").split is original.split


def test_a_picture_that_bridges_two_splits_is_flagged_and_binds_nobody(
    workspace: Workspace, project: Project
) -> None:
    given = under("a", range(5), split=Split.TRAIN) + from_files(
        [("twin", recoded(0))], label="a", split=Split.TEST
    )
    ingest(workspace, project.id, given)
    bridge = io.BytesIO()
    with Image.open(io.BytesIO(PICTURES[0])) as file:
        file.resize((64, 64)).save(bridge, "PNG")
    report = ingest(workspace, project.id, from_files([("bridge", bridge.getvalue())], label="a"))
    assert report.flagged == [("bridge", BRIDGES)]
    assert example_named(workspace, project, "bridge").flags == (BRIDGES,)
    assert "neither learned from nor scored" in report.notes[-1]
    again = ingest(workspace, project.id, under("a", range(6, 8)))
    assert not again.flagged


def test_unlabelled_pictures_get_a_split_once_they_are_labelled(
    workspace: Workspace, project: Project
) -> None:
    report = ingest(workspace, project.id, under(None, range(4), split=Split.TEST))
    assert report.unlabelled == 4 and not report.by_label
    assert splits_of(workspace, project) == {Split.UNLABELLED: 4}
    question = workspace.labels.question(project.id).id
    label = workspace.labels.add(question, "a")
    change(workspace, Answer(report.ids, question, label.id))
    changes, _ = plan_splits(workspace, project.id, report.ids[:3])
    change(workspace, *changes)
    assert splits_of(workspace, project)[Split.UNLABELLED] == 1
    changes, _ = plan_splits(workspace, project.id)
    change(workspace, *changes)
    assert splits_of(workspace, project) == {Split.TRAIN: 3, Split.VALIDATION: 1}
