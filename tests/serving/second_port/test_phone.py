"""The page for phones and its tray: a real second port, and what it lets through."""

from __future__ import annotations

import io
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from tlcore.errors import GraftError, PictureRefused
from tlcore.images.intake import tray
from tlcore.images.intake.ingest import ingest
from tlcore.images.intake.tray import Tray, as_sources
from tlcore.serving.second_port import phone
from tlcore.serving.second_port.phone import PhoneCode, PhoneServer, phone_app
from tlcore.workspace import Workspace

LABEL = "<script>alert(1)</script> & 'x'"


def drawn(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (30, 40, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture
def waiting(home: Path) -> Tray:
    return Tray(home, "abc123")


@pytest.fixture
def code(waiting: Tray) -> PhoneCode:
    return PhoneCode(waiting, LABEL)


@pytest.fixture
def client(code: PhoneCode) -> TestClient:
    return TestClient(phone_app(code))


def test_the_page_names_the_label_and_nothing_else(client: TestClient, code: PhoneCode) -> None:
    page = client.get(f"/{code.token}")
    assert page.status_code == 200
    assert "&lt;script&gt;alert(1)" in page.text and "<script>alert" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    for other in ("/", "/wrong", "/api/health", f"/{code.token}/x", f"/{code.token[:-1]}"):
        assert client.get(other).status_code == 404
    assert client.post("/wrong", content=drawn(1)).status_code == 404
    assert client.put(f"/{code.token}").status_code == 405


def test_a_picture_waits_until_it_is_accepted(
    client: TestClient, code: PhoneCode, waiting: Tray, home: Path
) -> None:
    name = "../%F0%9F%A6%8B<b>.jpg"
    for seed in (1, 2):
        sent = client.post(f"/{code.token}", content=drawn(seed), headers={"X-Name": name})
        assert sent.json() == {"waiting": seed}
    first, second = waiting.list()
    assert first.name == "../🦋<b>.jpg" and first.label == LABEL
    assert first.original.read_bytes() == drawn(1) and first.thumbnail.is_file()

    workspace = Workspace.open(home)
    project = workspace.projects.create("Things")
    assert workspace.examples.count(project.id) == 0
    report = ingest(workspace, project.id, as_sources([first]))
    waiting.drop([first])
    assert report.accepted == 1 and report.by_label == {LABEL: 1}
    assert waiting.list() == [second]
    waiting.drop([first, second])
    assert waiting.list() == [] and list(first.original.parent.iterdir()) == []
    workspace.close()


def test_what_is_no_picture_or_too_large_never_reaches_the_disk(
    client: TestClient, code: PhoneCode, waiting: Tray, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = client.post(f"/{code.token}", content=b"<html>hello</html>")
    assert sent.status_code == 422 and "not a picture" in sent.json()["refused"]
    monkeypatch.setattr(phone, "MOST_BYTES", 100)
    assert client.post(f"/{code.token}", content=drawn(1)).status_code == 413
    assert waiting.list() == [] and code.received == 0
    with pytest.raises(PictureRefused):
        waiting.add("x", "y", b"")


def test_a_code_ends_with_its_time_and_its_number(
    client: TestClient, code: PhoneCode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phone, "MOST_PICTURES", 1)
    assert client.post(f"/{code.token}", content=drawn(1)).status_code == 200
    assert client.post(f"/{code.token}", content=drawn(2)).status_code == 410
    code.received, code.ends = 0, time.time() - 1
    assert client.get(f"/{code.token}").status_code == 410
    assert client.get("/wrong").status_code == 404  # a stranger learns nothing from it


def test_a_full_tray_says_so(waiting: Tray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tray, "MOST", 1)
    waiting.add("ant", "1.jpg", drawn(1))
    with pytest.raises(GraftError, match="full"):
        waiting.add("ant", "2.jpg", drawn(2))
    with pytest.raises(ValueError, match="project id"):
        Tray(Path(), "../x")


@pytest.fixture
def server() -> Iterator[PhoneServer]:
    running = PhoneServer("127.0.0.1")
    yield running
    running.close()


def test_the_second_port_opens_and_closes(
    server: PhoneServer, waiting: Tray, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert server.address is None
    monkeypatch.setattr(phone, "local_address", lambda: "127.0.0.1")
    code = server.open(waiting, "ant")
    first = server.address
    assert first is not None and code.token in first
    with urllib.request.urlopen(first, timeout=5) as answer:
        assert b"ant" in answer.read()
    server.open(waiting, "bee")
    second = server.address
    assert second is not None and second != first
    assert not answers(first)
    assert server.code is not None
    server.code.ends = time.time() - 1
    assert server.address is None
    server.close()
    assert not answers(second)


def answers(address: str) -> bool:
    """Whether the page behind an address still opens, once its server had time to end."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except (OSError, urllib.error.URLError):
            return False
        time.sleep(0.05)
    return True
