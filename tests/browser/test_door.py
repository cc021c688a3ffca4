"""The first visitor of a fresh server, on whichever address: frame and pass-phrase hold."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.server import ROOT, Server
from tests.browser.watched import WatchedBrowser


def test_train_opened_first_stands_in_the_frame(
    chromium: WatchedBrowser, serve: Callable[..., Server]
) -> None:
    page = chromium.new_page()
    page.goto(f"{serve().url}/train")
    expect(page.get_by_test_id("stSidebarNav").get_by_text("Pictures")).to_be_visible()
    expect(page.get_by_text("No project is open yet")).to_be_visible()


@pytest.mark.slow
def test_the_passphrase_is_asked_on_every_page_and_visit(
    chromium: WatchedBrowser, serve: Callable[..., Server]
) -> None:
    server = serve(None, "--server.address", "127.0.0.1", GRAFT_PASSPHRASE="three quiet otters")
    page = chromium.new_page()
    page.goto(f"{server.url}/train")
    secret = page.get_by_label("Pass-phrase", exact=True)
    expect(secret).to_be_visible()
    expect(page.get_by_test_id("stSidebarNav")).to_have_count(0)

    secret.fill("three quiet cats")
    page.get_by_role("button", name="Come in").click()
    expect(page.get_by_text("That is not the pass-phrase")).to_be_visible()

    secret.fill("three quiet otters")
    page.get_by_role("button", name="Come in").click()
    expect(page.get_by_text("No project is open yet")).to_be_visible()
    assert page.url.startswith(f"{server.url}/train")

    page.reload()
    expect(page.get_by_text("No project is open yet")).to_be_visible()
    stranger = chromium.new_page()  # with no cookie of the first visitor's
    stranger.goto(server.url)
    expect(stranger.get_by_label("Pass-phrase", exact=True)).to_be_visible()


def test_a_name_that_resolves_to_this_computer_opens_nothing(serve: Callable[..., Server]) -> None:
    """What a page of another site sends when its own name is pointed at loopback."""
    server = serve()
    for path in ("/", "/train", "/_stcore/health", "/_stcore/host-config", "/api/health"):
        answer = httpx.get(f"{server.url}{path}", headers={"Host": f"evil.example:{server.port}"})
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
    assert httpx.get(server.url).headers["content-security-policy"] == "frame-ancestors 'none'"


def test_before_the_passphrase_no_session_no_cookie_and_no_upload(
    serve: Callable[..., Server],
) -> None:
    server = serve(None, "--server.address", "127.0.0.1", GRAFT_PASSPHRASE="three quiet otters")
    for path in ("/_stcore/health", "/_stcore/metrics", "/media/x", "/static/js/index.js"):
        answer = httpx.get(f"{server.url}{path}")
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers
    upload = httpx.put(f"{server.url}/_stcore/upload_file/a/b", content=b"x" * 1_000_000)
    assert upload.status_code == 401
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    key = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    stream = httpx.get(f"{server.url}/_stcore/stream", headers={**upgrade, **key})
    assert stream.status_code == 403


def test_an_open_address_without_a_passphrase_is_refused(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "GRAFT_PASSPHRASE"}
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    done = subprocess.run(
        [*command, "--server.address", "0.0.0.0"],
        cwd=ROOT,
        env={**environment, "GRAFT_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert "GRAFT_PASSPHRASE" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
