"""The home page: three ways to begin, the projects as cards, and deleted ones brought back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from pages.parts.frame.services import Services
from pages.parts.home.projects import how_long_ago
from pages.parts.home.samples import CARD, PREVIEWS, preview
from tests.app.conftest import OpenPage
from tlcore.images.samples.samples import SAMPLES
from tlcore.workspace.records import Project


@pytest.fixture
def empty(graft: Services) -> Iterator[None]:
    """No project stands here; those of other tests come back afterwards."""
    projects = graft.workspace.projects
    others = [summary.project.id for summary in projects.summaries()]
    for project_id in others:
        projects.delete(project_id)
    yield
    for project_id in others:
        projects.restore(project_id)


@pytest.mark.usefixtures("empty")
def test_an_empty_workspace_offers_three_ways_to_begin(open_page: OpenPage) -> None:
    page = open_page("home.py")
    assert not page.exception
    titles = [element.value for element in page.subheader]
    assert titles == ["Try a sample", "Bring your own pictures", "Read first"]
    assert all(page.button(key=f"sample_{name}").label == "Start with this" for name in SAMPLES)


def test_two_samples_stand_beside_one_another_in_a_narrow_window(open_page: OpenPage) -> None:
    """A window of 800 leaves 468 pixels beside the sidebar; between two cards there are 16."""
    assert 2 * CARD + 16 <= 468
    assert not open_page("home.py").exception


def test_a_new_project_is_made_and_opened(graft: Services, open_page: OpenPage) -> None:
    page = open_page("home.py")
    page.text_input(key="new_project_name").set_value("Moths & <b>wasps</b>")
    _button(page, "Create project").click().run()
    assert not page.exception
    assert page.title[0].value == "What are your pictures?"
    made = graft.workspace.projects.summaries()[0].project
    assert made.name == "Moths & <b>wasps</b>"
    assert page.session_state["project"] == made.id


def test_a_project_needs_a_name(graft: Services, open_page: OpenPage) -> None:
    before = len(graft.workspace.projects.summaries())
    page = open_page("home.py")
    _button(page, "Create project").click().run()
    assert "needs a name" in page.error[0].value
    assert len(graft.workspace.projects.summaries()) == before


def test_a_card_shows_the_name_as_text(graft: Services, open_page: OpenPage) -> None:
    graft.workspace.projects.create(":smile: **bold** <script>$x$")
    page = open_page("home.py")
    shown = [element.value for element in page.markdown]
    assert r"**\:smile\: \*\*bold\*\* \<script\>\$x\$**" in shown


def test_a_project_opens_is_renamed_deleted_and_brought_back(
    graft: Services, open_page: OpenPage, project: Project
) -> None:
    projects = graft.workspace.projects
    page = open_page("home.py")
    assert any("48 pictures, 2 labels" in element.value for element in page.caption)

    _menu(page, project).click("Rename").run()
    page.text_input(key="project_name").set_value("Dawn and dusk")
    _menu(page, project).click("Rename")  # without fragments the dialog is opened in each run
    _button(page, "Rename").click().run()
    assert projects.get(project.id).name == "Dawn and dusk"

    page = open_page("home.py")
    _menu(page, project).click("Delete").run()
    _menu(page, project).click("Delete")
    page.button(key="confirm_delete").click().run()
    assert project.id not in [summary.project.id for summary in projects.summaries()]

    page = open_page("home.py")
    page.button(key=f"restore_{project.id}").click().run()
    assert project.id in [summary.project.id for summary in projects.summaries()]

    page = open_page("home.py")
    page.button(key=f"open_{project.id}").click().run()
    assert page.title[0].value == "What are your pictures?"
    assert page.session_state["project"] == project.id


def test_a_sample_becomes_a_project(graft: Services, open_page: OpenPage) -> None:
    page = open_page("home.py")
    page.button(key="sample_surfaces").click().run()
    assert not page.exception
    made = graft.workspace.projects.summaries()[0]
    assert (made.pictures, made.labels) == (SAMPLES["surfaces"].pictures, 3)
    assert page.title[0].value == "What are your pictures?"
    assert page.button(key="next_step").label == "Next: Model"


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_has_pictures_on_its_card(name: str) -> None:
    labels = {path.stem.split("-", 1)[1] for path in (PREVIEWS / name).glob("*.jpg")}
    assert len(labels) >= 3
    assert labels <= set(SAMPLES[name].labels)
    assert all(address.startswith("data:image/jpeg;base64,/9j/") for address in preview(name))


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=-5), "changed just now"),
        (timedelta(seconds=61), "changed 1 minute ago"),
        (timedelta(hours=5), "changed 5 hours ago"),
        (timedelta(days=40), "changed 40 days ago"),
    ],
)
def test_how_long_ago(ago: timedelta, words: str) -> None:
    now = datetime(2026, 5, 1, tzinfo=UTC)
    assert how_long_ago(now - ago, now) == words
    assert how_long_ago((now - ago).replace(tzinfo=None), now) == words


def _button(page, label: str):
    return next(button for button in page.button if button.label == label)


def _menu(page, project: Project):
    return next(m for m in page.get("menu_button") if m.key == f"more_{project.id}")
