"""The pictures page: a phone as a camera, off until it is opened, its pictures accepted or not."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator

import pytest

from pages.parts.frame.services import Services
from pages.parts.images.intake.phone_capture import REQUEST, phone_server, tray_of
from tests.app.conftest import OpenPage, drawn
from tlcore.workspace.records import Project


@pytest.fixture
def closed() -> Iterator[None]:
    yield
    phone_server().close()


@pytest.mark.usefixtures("closed")
def test_a_phone_sends_pictures_that_wait_until_accepted(
    graft: Services, open_page: OpenPage, project: Project
) -> None:
    page = open_page("images.py", project)
    page.session_state[f"view_{project.id}"] = "Add pictures"
    page.run()
    page.segmented_control[0].set_value("A phone").run()
    assert not page.exception
    assert phone_server().code is None  # off by default
    page.button(key="phone_open").click().run()
    assert not page.exception
    code, address = phone_server().code, phone_server().address
    assert code is not None and address is not None and code.label == "dark"
    assert page.code[0].value == address

    local = f"http://127.0.0.1:{address.split(':')[2]}"
    for seed in range(3):
        request = urllib.request.Request(local, data=drawn(120, seed), method="POST")
        urllib.request.urlopen(request, timeout=10).close()
    waiting = tray_of(project).list()
    assert len(waiting) == 3 and graft.workspace.examples.count(project.id) == 48
    page.session_state[REQUEST] = {"kind": "drop", "ids": [waiting[0].id, "../x"]}
    page.run()
    assert len(tray_of(project).list()) == 2
    page.button(key="tray_all").click().run()
    assert not page.exception
    assert tray_of(project).list() == []
    assert graft.workspace.examples.count(project.id) == 50
    page.button(key="phone_close").click().run()
    assert phone_server().code is None


@pytest.mark.usefixtures("closed")
def test_a_page_for_phones_of_another_project_fills_no_tray_here(
    graft: Services, open_page: OpenPage, project: Project
) -> None:
    other = graft.workspace.projects.create("Another")
    phone_server().open(tray_of(other), "ant")
    page = open_page("images.py", project)
    page.session_state[f"view_{project.id}"] = "Add pictures"
    page.run()
    page.segmented_control[0].set_value("A phone").run()
    assert not page.exception and not page.code
    assert any("open for another project" in caption.value for caption in page.caption)
    assert not any("Nothing waits yet" in caption.value for caption in page.caption)
    page.button(key="phone_open").click().run()
    code = phone_server().code
    assert code is not None and code.label == "dark" and page.code
