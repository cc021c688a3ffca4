"""The pictures page: what the check-up found, mended, left alone and undone; and first guesses."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from pages.parts.frame.services import Services
from pages.parts.images.checkup.checkups import CheckUps, checkups
from pages.parts.images.checkup.mending import changes_of, waved_off
from pages.parts.images.insight.first_guess import _accept
from tests.app.conftest import OpenPage, drawn
from tests.changes import change
from tlcore.images.intake.ingest import ingest
from tlcore.images.intake.sources import from_files
from tlcore.quality.checkup.checkup_store import keep_checkup, picture_key, read_checkup
from tlcore.quality.checkup.findings import CheckUp, Finding, Kind, Mend
from tlcore.workspace.examples.changes import Answer, Delete, Group, Move
from tlcore.workspace.records import Project, Split

PATIENCE = 120.0  # seconds, for a fresh engine on a busy machine


@pytest.fixture
def small(graft: Services) -> Project:
    """Two labels of four pictures each, one of them twice under different labels."""
    made = graft.workspace.projects.create("Day and night, few")
    for label, level in (("dark", 50), ("bright", 200)):
        files = [(f"{label} {number}.png", drawn(level, number)) for number in range(4)]
        files.append(("twice.png", drawn(120, 1)))
        ingest(graft.workspace, made.id, from_files(files, label=label))
    return made


@pytest.fixture
def findings(graft: Services, small: Project) -> list[Finding]:
    """A kept check-up with two duplicates to delete and a doubtful label."""
    question = graft.workspace.labels.question(small.id)
    _, bright = graft.workspace.labels.list(question.id)
    ids = [e.id for e in graft.workspace.examples.list(small.id)]
    names = [e.source_name for e in graft.workspace.examples.list(small.id)]

    def finding(kind: Kind, place: int, mend: Mend) -> Finding:
        words = "“<b>dark</b>” *looks* odd."
        return Finding(kind, "", (ids[place],), (names[place],), 0.9, words, "Look at it.", (mend,))

    findings = [
        finding(Kind.DUPLICATE, 0, Mend("delete", (ids[0],), "Delete it")),
        finding(Kind.DUPLICATE, 1, Mend("delete", (ids[1],), "Delete it")),
        finding(
            Kind.SUSPECT_LABEL,
            2,
            Mend("relabel", (ids[2],), "Put it under “bright”", label=bright.id),
        ),
    ]
    key = picture_key(graft.workspace, small.id)
    checkup = CheckUp(key, "none", len(ids), tuple(findings), ("Nothing else.",))
    keep_checkup(graft.workspace.home, small.id, question.id, checkup)
    return findings


def test_findings_are_mended_left_alone_and_undone(
    graft: Services, open_page: OpenPage, small: Project, findings: list[Finding]
) -> None:
    examples = graft.workspace.examples
    before = examples.list(small.id)
    page = open_page("images.py", small)
    assert "found 2 things" in page.button(key="open_checkup").label
    page.button(key="open_checkup").click().run()
    assert not page.exception
    titles = [expander.label for expander in page.expander]
    assert any("may be under the wrong label" in title for title in titles)
    assert any(r"\<b\>dark\<\/b\>" in text.value for text in page.markdown)

    page.button(key=f"mend_{findings[2].key}_0").click().run()
    assert not page.exception
    bright = findings[2].mends[0].label
    assert examples.get(findings[2].examples[0]).answers.popitem()[1] == bright
    page.button(key="all_duplicate_").click().run()
    assert examples.count(small.id) == len(before) - 2
    page.button(key="undo_back").click().run()
    page.button(key="undo_back").click().run()
    assert examples.list(small.id) == before

    page.button(key=f"leave_{findings[2].key}").click().run()
    assert waved_off(graft.workspace.projects.get(small.id)) == {findings[2].key}
    assert "found 1 thing" in page.button(key="open_checkup").label
    page.button(key="checkup_unwave").click().run()
    assert waved_off(graft.workspace.projects.get(small.id)) == set()


def test_what_was_decided_is_gone_at_once_and_back_when_undone(
    graft: Services, open_page: OpenPage, small: Project
) -> None:
    """The pictures are checked again some seconds later; until then the old findings are shown."""
    question = graft.workspace.labels.question(small.id)
    _, bright = graft.workspace.labels.list(question.id)
    first, second, third, fourth, *_ = (e.id for e in graft.workspace.examples.list(small.id))
    together = "copies of x"
    mends = [
        Mend("relabel", (first,), "Put it under “bright”", label=bright.id),
        Mend("relabel", (second,), "Put all under “bright”", label=bright.id, group=together),
        Mend("move_split", (third,), "Put all into training", split="unlabelled"),
        Mend("set_group", (fourth,), "Keep them together", group=together),
    ]
    kinds = (Kind.SUSPECT_LABEL, Kind.CONTRADICTION, Kind.LEAK, Kind.NEAR_DUPLICATE)
    findings = tuple(
        Finding(kind, "", mend.examples, ("x",), 0.9, "Odd.", "Look at it.", (mend,))
        for kind, mend in zip(kinds, mends, strict=True)
    )
    key = picture_key(graft.workspace, small.id)
    checkup = CheckUp(key, "none", 10, findings)
    keep_checkup(graft.workspace.home, small.id, question.id, checkup)
    page = open_page("images.py", small)
    page.session_state[f"view_{small.id}"] = "Check-up"
    page.run()
    for finding in findings:
        page.button(key=f"mend_{finding.key}_0").click().run()
        shown = {button.key for button in page.button}
        assert not page.exception and f"mend_{finding.key}_0" not in shown
    after = graft.workspace.examples.get(second)
    assert after.group == together and after.answers[question.id] == bright.id
    page.button(key="undo_back").click().run()
    assert page.button(key=f"mend_{findings[-1].key}_0")


def test_the_gallery_shows_what_is_suspicious(
    graft: Services, open_page: OpenPage, small: Project, findings: list[Finding]
) -> None:
    page = open_page("images.py", small)
    page.selectbox(key="look_at_flag").set_value("checkup_duplicate_").run()
    assert not page.exception
    assert any(caption.value == "2 pictures" for caption in page.caption)
    page.selectbox(key="look_at_split").set_value("unlabelled").run()
    assert any("No picture is like that" in caption.value for caption in page.caption)


def test_each_mend_is_the_change_it_says() -> None:
    assert changes_of(Mend("delete", (1, 2), ""), 7) == [Delete([1, 2])]
    assert changes_of(Mend("move_split", (1,), "", split="test"), 7) == [Move([1], Split.TEST)]
    both = Mend("move_split", (1, 2), "", split="train", group="copies of a")
    assert changes_of(both, 7) == [Move([1, 2], Split.TRAIN), Group([1, 2], "copies of a")]
    assert changes_of(Mend("set_group", (1,), "", group="g"), 7) == [Group([1], "g")]
    assert changes_of(Mend("relabel", (1,), "", label=3), 7) == [Answer([1], 7, 3)]


@pytest.fixture
def at_once() -> Iterator[CheckUps]:
    yield CheckUps(still=0.0)


def test_a_checkup_runs_in_the_background_once_per_state(
    graft: Services, small: Project, at_once: CheckUps
) -> None:
    first = at_once.look(small, graft)
    assert first.running and first.checkup is None
    state = _wait(at_once, graft, small)
    assert state.checkup is not None and state.fresh and state.error is None
    kinds = {finding.kind for finding in state.checkup.findings}
    assert Kind.CONTRADICTION in kinds  # twice.png stands under both labels
    assert not at_once.look(small, graft).running
    change(graft.workspace, Delete([graft.workspace.examples.list(small.id)[0].id]))
    again = at_once.look(small, graft)
    assert again.running and not again.fresh and again.checkup is not None
    _wait(at_once, graft, small)


def test_a_checkup_that_failed_is_tried_again_when_asked(
    graft: Services, open_page: OpenPage, small: Project, at_once: CheckUps
) -> None:
    picture = graft.workspace.examples.list(small.id)[0].picture
    thumbnail = graft.workspace.pictures.thumbnail(picture)
    data = thumbnail.read_bytes()
    thumbnail.unlink()
    try:
        failed = _wait(at_once, graft, small)
    finally:
        thumbnail.write_bytes(data)
    assert failed.error is not None and at_once.look(small, graft).error is failed.error
    at_once.again(small)
    assert _wait(at_once, graft, small).fresh

    change(graft.workspace, Delete([graft.workspace.examples.list(small.id)[0].id]))
    checkups()._failed[small.id] = (picture_key(graft.workspace, small.id), failed.error)
    page = open_page("images.py", small)
    page.session_state[f"view_{small.id}"] = "Check-up"
    page.run()
    assert page.error
    page.button(key="checkup_again").click().run()
    assert not page.exception and not page.error


def test_what_is_watched_is_checked_though_nobody_looks(graft: Services, small: Project) -> None:
    question = graft.workspace.labels.question(small.id)
    watching = CheckUps(still=0.05)
    watching.watch(small, graft)
    for _ in range(2):  # at first, and after a change
        end = time.monotonic() + PATIENCE
        key = picture_key(graft.workspace, small.id)
        while time.monotonic() < end:
            kept = read_checkup(graft.workspace.home, small.id, question.id)
            if kept is not None and kept.key == key:
                break
            time.sleep(0.05)
        assert kept is not None and kept.key == key
        change(graft.workspace, Delete([graft.workspace.examples.list(small.id)[0].id]))
    graft.workspace.projects.delete(small.id)  # ends the watch


def test_one_thread_watches_whatever_is_deleted_meanwhile(graft: Services) -> None:
    """Another project is watched just after the last one was deleted: the watcher goes on with it.

    It used to wait for its end still when a second one was started, and then both went on.
    """

    def watchers() -> set[threading.Thread]:
        return {thread for thread in threading.enumerate() if thread.name == "checkup watch"}

    before = watchers()
    watching = CheckUps(still=0.4)
    gone, live = (graft.workspace.projects.create(name) for name in ("Gone", "Live"))
    watching.watch(gone, graft)
    graft.workspace.projects.delete(gone.id)
    time.sleep(0.6)  # it has seen that by now, and sleeps once more
    watching.watch(live, graft)
    time.sleep(1.0)
    assert len(watchers() - before) == 1
    graft.workspace.projects.delete(live.id)
    deadline = time.monotonic() + PATIENCE
    while watchers() - before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not watchers() - before, "nothing is watched any more"


def test_nothing_is_checked_before_there_are_pictures(graft: Services, at_once: CheckUps) -> None:
    blank = graft.workspace.projects.create("Blank")
    assert at_once.look(blank, graft).running is False
    assert checkups() is checkups()


def test_first_guesses_without_training(
    graft: Services, open_page: OpenPage, small: Project
) -> None:
    new = [(f"new {n}.png", drawn(200, 50 + n)) for n in range(3)]
    ids = ingest(graft.workspace, small.id, from_files(new)).ids
    page = open_page("images.py", small)
    page.session_state[f"view_{small.id}"] = "First guess"
    page.run(timeout=PATIENCE)
    assert not page.exception
    files = [("x.png", drawn(55, 99), "image/png"), ("y.png", b"none", "image/png")]
    page.file_uploader[0].set_value(files).run(timeout=PATIENCE)
    assert not page.exception
    assert "not a picture" in page.warning[0].value
    page.button(key="propose").click().run(timeout=PATIENCE)
    assert not page.exception
    page.slider(key="guess_sure").set_value(50).run()
    assert "Accept" in page.button(key="guess_all").label
    page.button(key="guess_all").click().run()
    examples = graft.workspace.examples.get_many(ids)
    question = graft.workspace.labels.question(small.id)
    bright = graft.workspace.labels.list(question.id)[1].id
    given = [example.answers.get(question.id) for example in examples]
    assert given.count(bright) >= 2  # far from the dark ones
    splits = {e.split for e in examples if e.answers}
    assert Split.UNLABELLED not in splits

    _accept(question, examples[:1], {ids[0]: {"label": bright}}, {bright: "bright"})
    assert graft.workspace.examples.get(ids[0]).answers[question.id] == bright


def _wait(checkups: CheckUps, graft: Services, project: Project):
    deadline = time.monotonic() + PATIENCE
    state = checkups.look(project, graft)
    while state.running and time.monotonic() < deadline:
        time.sleep(0.05)
        state = checkups.look(project, graft)
    return state
