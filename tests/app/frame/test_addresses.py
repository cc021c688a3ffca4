"""The addresses that the terminal shows, and that no other computer is asked for them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit import config

from pages.parts.frame.addresses import addresses, greeting

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def options() -> Iterator[None]:
    names = ("server.address", "server.port", "server.baseUrlPath")
    before = {name: config.get_option(name) for name in names}
    yield
    for name, value in before.items():
        config.set_option(name, value)


@pytest.mark.parametrize(
    ("bound", "path", "shown"),
    [
        ("127.0.0.1", "", ["http://127.0.0.1:8599/"]),
        ("::1", "", ["http://[::1]:8599/"]),
        ("localhost", "/graft/", ["http://localhost:8599/graft"]),
    ],
)
def test_a_server_bound_to_one_address_shows_that(bound: str, path: str, shown: list[str]) -> None:
    config.set_option("server.address", bound)
    config.set_option("server.port", 8599)
    config.set_option("server.baseUrlPath", path)
    assert addresses() == shown
    assert all(address in greeting() for address in shown)


@pytest.mark.parametrize("bound", ["0.0.0.0", "::", None])
def test_an_open_one_shows_where_it_is_on_this_computer_first(bound: str | None) -> None:
    config.set_option("server.address", bound)
    config.set_option("server.port", 8599)
    assert addresses()[0] == "http://localhost:8599/"


def test_streamlit_does_not_ask_for_the_outside_address() -> None:
    """It does so for its own greeting, before any line of ours is run."""
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["logger"]["hideWelcomeMessage"] is True
