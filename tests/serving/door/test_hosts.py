"""Tests of tlcore/serving/door/hosts.py: whom this server answers to."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tlcore.serving.door.hosts import Hosts, host_name, is_loopback, same_host

LOCAL = Hosts.of("127.0.0.1")
SHARED = Hosts.of("0.0.0.0", ["graft.school.example", " "])


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8501", "127.0.0.1:8501", "[::1]:8501", "LOCALHOST", "[::1]"]
)
def test_on_loopback_it_answers_to_loopback(host: str) -> None:
    assert LOCAL.allows(host)
    assert LOCAL.refuses({"host": host}) is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8501",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "192.168.1.7",
        "localhost@evil.example",
        "localhost/evil.example",
        "localhost:port",
        "",
        "[::1",
        "localhost:8501:8501",
    ],
)
def test_on_loopback_no_other_name_is_answered(host: str) -> None:
    assert not LOCAL.allows(host)
    assert LOCAL.refuses({"host": host})


def test_shared_it_answers_to_addresses_its_own_names_and_those_it_was_given() -> None:
    own = socket.gethostname()
    for host in ("192.168.1.7:8501", "[fe80::1]", own, f"{own.partition('.')[0]}.local:8501"):
        assert SHARED.allows(host), host
    assert SHARED.allows("graft.school.example")
    assert not SHARED.allows("school.example")
    assert not SHARED.allows("")


@given(some.from_regex(r"[a-z][a-z0-9-]{0,20}(\.[a-z]{2,8}){1,3}", fullmatch=True))
def test_no_name_of_somebody_else_is_answered(name: str) -> None:
    if name not in SHARED.names:
        assert not SHARED.allows(name)
        assert not LOCAL.allows(f"{name}:8501")


@pytest.mark.parametrize(
    ("headers", "comes_in"),
    [
        ({}, True),
        ({"origin": "http://localhost:8501"}, True),
        ({"origin": "https://localhost:8501"}, True),  # HTTPS ends before Graft
        ({"origin": "http://localhost:9999"}, False),
        ({"origin": "http://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": "file://"}, False),
        ({"origin": "http://localhost:8501.evil.example"}, False),
        ({"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}, True),
        ({"sec-fetch-site": "none", "sec-fetch-mode": "navigate"}, True),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, False),
        ({"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors"}, False),
        (
            {
                "sec-fetch-site": "cross-site",
                "sec-fetch-mode": "navigate",
                "sec-fetch-dest": "document",
            },
            True,
        ),
        (
            {
                "sec-fetch-site": "cross-site",
                "sec-fetch-mode": "navigate",
                "sec-fetch-dest": "iframe",
            },
            False,
        ),
    ],
)
def test_only_own_pages_and_followed_links_come_in(headers: dict[str, str], comes_in: bool) -> None:
    assert (LOCAL.refuses({"host": "localhost:8501", **headers}) is None) is comes_in


def test_the_standard_port_need_not_be_named() -> None:
    assert same_host("https://graft.school.example", "graft.school.example:443")
    assert not same_host("https://graft.school.example:444", "graft.school.example")


@given(some.text(max_size=40))
def test_no_header_breaks_it(text: str) -> None:
    assert LOCAL.allows(text) is (host_name(text) in LOCAL.names)
    assert LOCAL.refuses({"host": "localhost", "origin": text}) is None or not same_host(
        text, "localhost"
    )


@pytest.mark.parametrize(
    ("address", "only_here"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("localhost", True),
        ("::1", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("", False),
        ("192.168.1.7", False),
        ("graft.example", False),
    ],
)
def test_what_only_this_computer_reaches(address: str, only_here: bool) -> None:
    assert is_loopback(address) is only_here
