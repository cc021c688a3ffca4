"""The layers page: the words for a choice, and the choice kept in step with the recipe."""

from __future__ import annotations

import pytest

from pages.parts.network_words import (
    Network,
    gap_note,
    head_parameters,
    meaning,
    share_words,
    size_words,
    warning,
)
from pages.parts.services import Services
from tests.app.conftest import OpenPage
from tlcore.workspace.records import Project

NETWORK = Network((10_000, 90_000, 900_000), 1_000)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (850, "850"),
        (2_565, "2.6 thousand"),
        (11_000, "11 thousand"),
        (4_900_000, "4.9 million"),
        (999_900, "1.0 million"),
        (138_000_000, "138 million"),
    ],
)
def test_sizes_are_said_in_words(number: int, words: str) -> None:
    assert size_words(number) == words


def test_the_share_that_learns() -> None:
    assert NETWORK.learning((False, False, False)) == 1_000
    assert share_words(NETWORK, (False, False, False)).startswith("0.1 % of 1.0 million")
    assert share_words(NETWORK, (False, False, True)).startswith("90 % of")
    assert share_words(NETWORK, (True, True, True)).startswith("All 1.0 million")


def test_head_parameters_count_weights_and_biases() -> None:
    assert head_parameters(512, 5, 0) == 512 * 5 + 5
    assert head_parameters(512, 5, 64) == 512 * 64 + 64 + 64 * 5 + 5


def test_much_learning_from_few_pictures_is_warned_of() -> None:
    everything = (True, True, True)
    assert warning(NETWORK, everything, 20, 2) is not None
    assert warning(NETWORK, everything, 2_000, 2) is None
    assert warning(NETWORK, (False, False, False), 20, 2) is None


def test_each_choice_has_its_meaning() -> None:
    said = {meaning(c) for c in [(False,) * 3, (False, False, True), (True,) * 3]}
    assert len(said) == 3


def test_a_gap_is_mentioned() -> None:
    assert gap_note((False, True, False)) is not None
    assert gap_note((False, False, True)) is None
    assert gap_note((False, False, False)) is None


def test_the_page_draws_the_network_and_keeps_the_choice(
    open_page: OpenPage, project: Project, graft: Services
) -> None:
    page = open_page("layers.py", project)
    assert not page.exception
    assert page.title[0].value == "What stays frozen, what learns?"
    assert "will learn" in page.subheader[0].value
    assert page.button_group[0].value == "head"
    page.button_group[0].set_value("all").run()
    assert not page.exception
    assert page.subheader[0].value.startswith("All ")
    assert "by heart" in page.warning[0].value
    choices = graft.workspace.projects.get(project.id).choices
    assert choices["recipe"]["learning"] == "all"
    page.button_group[0].set_value("last").run()
    choices = graft.workspace.projects.get(project.id).choices
    assert choices["recipe"]["preset"] == "balanced"
