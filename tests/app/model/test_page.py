"""The model page: the catalog in plain words, choosing, and going on without waiting."""

from __future__ import annotations

import sys

import pytest

from pages.parts.draft.backbones import card_of, speeds
from pages.parts.draft.draft import chosen_backbone
from pages.parts.frame.services import Services
from pages.parts.model.cards import speed_words
from tests.app.conftest import OpenPage
from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE, EARLIER_DEFAULTS
from tlcore.errors import WeightsUnavailable
from tlcore.workspace.records import Project


def test_the_bundled_one_is_chosen_from_the_start(open_page: OpenPage, project: Project) -> None:
    page = open_page("model.py", project)
    assert not page.exception
    assert not page.error
    assert chosen_backbone(project) == DEFAULT_BACKBONE
    badges = " ".join(element.value for element in page.markdown)
    assert "Comes with Graft" in badges and "Chosen" in badges
    assert page.button(key="next_step").label == "Next: Layers"


def test_who_had_chosen_an_earlier_bundled_one_gets_that_of_today(
    graft: Services, project: Project
) -> None:
    graft.workspace.projects.choose(project.id, backbone=EARLIER_DEFAULTS[0])
    assert chosen_backbone(graft.workspace.projects.get(project.id)) == DEFAULT_BACKBONE


def test_the_search_finds_what_is_not_in_the_catalog(open_page: OpenPage, project: Project) -> None:
    page = open_page("model.py", project)
    page.text_input(key="model_search").set_value("no-such-model").run()
    assert not page.exception
    assert any("No model has" in element.value for element in page.markdown)


def test_a_speed_is_shown_only_when_it_was_measured(graft: Services) -> None:
    card = card_of(DEFAULT_BACKBONE)
    assert speed_words(card, 250) is None
    speeds()[card.name] = 0.02
    try:
        assert (
            speed_words(card, 250) == "5.0 s to look at your 250 training pictures on this computer"
        )
    finally:
        del speeds()[card.name]


def test_what_is_ready_is_timed_on_request(open_page: OpenPage, project: Project) -> None:
    page = open_page("model.py", project)
    page.button(key="time_models").click().run()
    assert not page.exception
    assert speeds()[DEFAULT_BACKBONE] > 0
    assert any("on this computer" in element.value for element in page.caption)


def test_a_model_that_cannot_be_timed_is_named_and_the_others_are_timed(
    open_page: OpenPage, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = card_of(DEFAULT_BACKBONE).model_copy(update={"name": "broken", "title": "Broken"})
    cards = [broken, card_of(DEFAULT_BACKBONE)]
    monkeypatch.setattr("pages.parts.draft.backbones.catalog", lambda: cards)

    def measure(name: str) -> float:
        if name == "broken":
            raise WeightsUnavailable("The weights of broken cannot be used.", "Take another.")
        return speeds().setdefault(name, 0.02)

    monkeypatch.setattr("pages.parts.draft.backbones.measure_speed", measure)
    speeds().clear()
    try:
        page = open_page("model.py", project)
        page.button(key="time_models").click().run()
        assert not page.exception
        assert any("broken cannot be used" in box.value for box in page.error)
        assert set(speeds()) == {DEFAULT_BACKBONE}
    finally:
        speeds().clear()


def test_no_network_is_asked_before_a_click(open_page: OpenPage, project: Project) -> None:
    requests: list[str] = []
    listening = [True]

    def listen(event: str, arguments: tuple[object, ...]) -> None:
        if listening[0] and event in ("socket.getaddrinfo", "urllib.Request"):
            requests.append(f"{event} {arguments[0]}")

    sys.addaudithook(listen)  # for as long as Python runs
    try:
        page = open_page("model.py", project)
    finally:
        listening[0] = False
    assert any("only when you press" in element.value for element in page.caption)
    assert requests == []
