"""Ingest: each file by itself, the same picture once, honest splits, names as text."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.changes import change
from tests.images.intake.drawn import PICTURES, example_named, splits_of, under
from tlcore.errors import NotFound
from tlcore.images.intake.ingest import ingest
from tlcore.images.intake.sources import Source, from_files
from tlcore.images.samples.leaves import draw_leaf
from tlcore.workspace import Workspace
from tlcore.workspace.examples.changes import Delete
from tlcore.workspace.records import Project, Split

PLACE = b"48.858844, GraftCam"


def test_pictures_come_in_with_labels_splits_and_files(
    workspace: Workspace, project: Project
) -> None:
    seen: list[tuple[int, int | None]] = []
    report = ingest(
        workspace,
        project.id,
        under("a", range(12)) + under("b", range(12, 24)),
        on_progress=lambda done, total: seen.append((done, total)),
    )
    assert (report.accepted, report.by_label) == (24, {"a": 12, "b": 12})
    assert not (report.refused or report.skipped or report.flagged or report.notes)
    assert seen == [(n, 24) for n in range(1, 25)]
    assert splits_of(workspace, project) == {Split.TRAIN: 16, Split.VALIDATION: 4, Split.TEST: 4}
    examples = workspace.examples.list(project.id)
    assert [x.id for x in examples] == report.ids
    assert [x.source_name for x in examples][:2] == ["a 0.png", "a 1.png"]
    for example in examples:
        assert (example.width, example.height) == (48, 48) and example.perceptual_hash
        assert workspace.pictures.has(example.picture)
    assert workspace.pictures.original(examples[0].picture).read_bytes() == PICTURES[0]


def test_the_same_pictures_are_split_the_same_way_in_every_project(workspace: Workspace) -> None:
    splits = []
    for sources in (under("a", range(20)), under("a", range(20))[::-1]):
        project = workspace.projects.create("Leaves")
        ingest(workspace, project.id, sources)
        splits.append({x.picture: x.split for x in workspace.examples.list(project.id)})
    assert splits[0] == splits[1]


def test_one_bad_file_loses_nothing_else(workspace: Workspace, project: Project) -> None:
    def unreadable() -> bytes:
        raise PermissionError(13, "Permission denied")

    bad = [
        ("empty.jpg", b""),
        ("page.jpg", b"<html>no</html>"),
        ("cut.png", PICTURES[20][:700]),
        ("locked.png", unreadable),
    ]
    sources = under("a", range(4)) + from_files(bad, label="a") + under("b", range(4, 8))
    report = ingest(workspace, project.id, sources)
    assert report.accepted == 8
    assert [(r.name, r.kind) for r in report.refused] == [
        ("empty.jpg", "empty"),
        ("page.jpg", "not_an_image"),
        ("cut.png", "truncated"),
        ("locked.png", "unreadable"),
    ]
    assert all(r.reason.endswith(".") and r.remedy for r in report.refused)
    assert "Permission denied" in report.refused[3].reason


def test_the_same_picture_under_the_same_label_is_skipped(
    workspace: Workspace, project: Project
) -> None:
    again = from_files([("again.png", PICTURES[0])], label="a")
    report = ingest(workspace, project.id, under("a", range(3)) + again)
    assert (report.accepted, report.skipped) == (3, ["again.png"])
    report = ingest(workspace, project.id, under("a", range(4)))
    assert (report.accepted, len(report.skipped)) == (1, 3)
    unlabelled = ingest(workspace, project.id, under(None, range(2)))
    assert (unlabelled.accepted, len(unlabelled.skipped)) == (0, 2)


def test_a_picture_that_is_there_without_a_label_is_given_one(
    workspace: Workspace, project: Project
) -> None:
    bare = ingest(workspace, project.id, under(None, range(4))).ids
    before = workspace.examples.list(project.id)
    given = under("a", range(3), group="nest") + under("b", range(3, 5), split=Split.TEST)
    report = ingest(workspace, project.id, given)
    assert (report.accepted, report.by_label, report.skipped) == (5, {"a": 3, "b": 2}, [])
    examples = workspace.examples.list(project.id)
    assert [x.id for x in examples][:4] == bare and len(examples) == 5
    assert all(x.answers for x in examples) and [x.group for x in examples[:3]] == ["nest"] * 3
    assert examples[0].split is not Split.UNLABELLED and examples[3].split is Split.TEST
    assert len(ingest(workspace, project.id, given).skipped) == 5
    workspace.history.undo(project.id)
    after = workspace.examples.get_many(bare)
    assert [x.answers for x in after] == [x.answers for x in before]
    assert [x.split for x in after] == [x.split for x in before], "the split came with the label"


def test_the_same_picture_under_another_label_is_kept_and_flagged(
    workspace: Workspace, project: Project
) -> None:
    ingest(workspace, project.id, under("a", range(12)))
    report = ingest(workspace, project.id, under("b", range(3, 4)))
    assert report.flagged == [("b 3.png", "contradiction")]
    assert report.other_labels == {"b 3.png": ["a"]}
    first, second = (
        example_named(workspace, project, "a 3.png"),
        example_named(workspace, project, "b 3.png"),
    )
    assert "contradiction" in first.flags and "contradiction" in second.flags
    assert first.split is second.split


def test_the_same_picture_in_two_splits_is_kept_and_flagged(
    workspace: Workspace, project: Project
) -> None:
    sources = under("a", range(4), split=Split.TRAIN) + under("a", range(3, 6), split=Split.TEST)
    report = ingest(workspace, project.id, sources)
    assert report.accepted == 7
    assert report.flagged == [("a 3.png", "in_two_splits")]
    assert workspace.examples.count(project.id, flag="in_two_splits") == 2


def test_a_deleted_picture_can_come_in_again(workspace: Workspace, project: Project) -> None:
    report = ingest(workspace, project.id, under("a", range(2)))
    change(workspace, Delete(report.ids[:1]))
    assert ingest(workspace, project.id, under("a", range(2))).accepted == 1


NAMES = ["😀🍂.png", "‮gpj.exe", "<script>alert(1)</script>.png", "../../etc/passwd", "x" * 300,
         "=cmd()", "**bold** [a](b)", "nul\ud800half.png"]  # fmt: skip


def test_names_are_text(workspace: Workspace, project: Project, home: Path) -> None:
    sources = [Source(name, lambda n=n: PICTURES[n], "a") for n, name in enumerate(NAMES)]  # type: ignore[misc]
    report = ingest(workspace, project.id, sources)
    stored = [x.source_name for x in workspace.examples.list(project.id)]
    assert report.accepted == len(NAMES)
    assert stored[:-1] == NAMES[:-1] and stored[-1] == "nul?half.png"
    for file in home.rglob("*"):
        assert not any(word in file.name for word in ("script", "passwd", "xxx", "🍂"))


def test_labels_are_text_and_a_bad_one_refuses_its_pictures(
    workspace: Workspace, project: Project
) -> None:
    labels = ["<b>leaf</b>", "🍂", "x" * 300, " ", "ok"]
    sources = [s for n, name in enumerate(labels) for s in under(name, range(n, n + 1))]
    report = ingest(workspace, project.id, sources)
    assert report.by_label == {"<b>leaf</b>": 1, "🍂": 1, "ok": 1}
    assert [r.kind for r in report.refused] == ["label_name", "label_name"]


def test_no_place_is_kept_but_in_the_original(
    workspace: Workspace, project: Project, home: Path
) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 31.8), 29: PLACE.decode()})
    buffer = io.BytesIO()
    draw_leaf("eaten", 3).save(buffer, "JPEG", exif=exif, comment=PLACE)
    ingest(workspace, project.id, from_files([("holiday.jpg", buffer.getvalue())], label="a"))
    (example,) = workspace.examples.list(project.id)
    with_place = [file for file in home.rglob("*") if file.is_file() and PLACE in file.read_bytes()]
    assert with_place == [workspace.pictures.original(example.picture)]


def test_an_unknown_project_is_refused_before_anything_is_read(workspace: Workspace) -> None:
    def never() -> bytes:
        raise AssertionError("read")

    with pytest.raises(NotFound):
        ingest(workspace, "nowhere", [Source("x", never, "a")])


def test_what_came_in_before_an_interruption_has_its_splits(
    workspace: Workspace, project: Project
) -> None:
    def interrupted() -> Iterator[Source]:
        yield from under("a", range(12))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest(workspace, project.id, interrupted(), threads=2)
    counts = splits_of(workspace, project)
    assert counts[Split.UNLABELLED] == 0 and 5 <= sum(counts.values()) <= 12


def test_only_a_few_pictures_are_held_at_a_time(workspace: Workspace, project: Project) -> None:
    held = done = 0
    most = 0

    def many() -> Iterator[Source]:
        nonlocal held, most
        for n in range(24):
            held += 1
            most = max(most, held - done)
            yield from under("a", range(n, n + 1))

    def count(number: int, total: int | None) -> None:
        nonlocal done
        assert total is None
        done = number

    ingest(workspace, project.id, many(), threads=2, on_progress=count)
    assert done == 24 and most <= 6


def test_what_is_taken_of_pictures_with_many_pages_is_one_line_of_the_report(
    workspace: Workspace, project: Project
) -> None:
    def stack(number: int, pages: int) -> Source:
        first, *rest = [Image.new("L", (40, 40), 20 * number + page) for page in range(pages)]
        stream = io.BytesIO()
        first.save(stream, "TIFF", save_all=True, append_images=rest)
        return Source(f"{number}.tif", stream.getvalue, label="a")

    report = ingest(workspace, project.id, [stack(n, 5) for n in range(3)] + under("a", range(3)))
    assert report.accepted == 6
    assert report.notes[:1] == ["The first of 5 pages or frames was taken of 3 pictures."]
    report = ingest(workspace, project.id, [stack(n, n - 8) for n in (10, 11)] + [stack(0, 5)])
    assert report.notes[:1] == ["The first of 2 to 3 pages or frames was taken of 2 pictures."]
