"""The share link: a page of its own that predicts with one classifier and carries nothing else."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serving.conftest import LABELS, blobs, write_classifier
from tlcore.classifier.classifier import Classifier
from tlcore.jobs.tasks import find_task
from tlcore.serving.second_port.link import LinkServer


class Engine:
    def ask(self, function: str, payload: dict[str, Any], *, timeout: float = 60) -> dict[str, Any]:
        return list(find_task(function)(payload, lambda: False))[-1].data


@pytest.fixture
def server() -> Iterator[LinkServer]:
    server = LinkServer(Engine, host="127.0.0.1")
    yield server
    server.close()


def send(address: str, body: bytes | None = None) -> tuple[int, str, dict[str, str]]:
    request = urllib.request.Request(address, body, {"Content-Type": "image/jpeg"})
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:
            return reply.status, reply.read().decode(), dict(reply.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), dict(error.headers)


def here(server: LinkServer) -> str:
    """The address as this computer itself reaches it."""
    assert server.address is not None
    port, key = server.address.rsplit(":", 1)[1].split("/")
    return f"http://127.0.0.1:{port}/{key}"


def test_it_answers_for_one_classifier(server: LinkServer, classifier_folder: Path) -> None:
    assert server.address is None
    server.open("0" * 12, classifier_folder)
    status, page, headers = send(here(server))
    assert status == 200 and "ant, {bee}, cat’s" in page
    assert "default-src 'none'" in headers["content-security-policy"]
    picture = io.BytesIO()
    blobs(3, 400, 300).save(picture, "JPEG")
    status, reply, _ = send(here(server), picture.getvalue())
    app = Classifier.load(classifier_folder).predict([picture.getvalue()])
    assert status == 200
    assert list(json.loads(reply)["probabilities"].values()) == pytest.approx(
        app.probabilities[0], abs=1e-5
    )
    assert send(here(server), b"no picture")[0] == 422


def test_without_the_key_there_is_nothing(server: LinkServer, classifier_folder: Path) -> None:
    server.open("0" * 12, classifier_folder)
    base = here(server).rsplit("/", 1)[0]
    for path in ("/", "/x", "/api/health", "/docs", "/openapi.json", "/static/index.html"):
        status, body, _ = send(base + path)
        assert status == 404 and body.lower() == "not found"
        assert send(base + path, b"x")[0] in (404, 405)


def test_a_closed_link_is_gone_and_a_new_one_has_another_key(
    server: LinkServer, classifier_folder: Path
) -> None:
    first = server.open("0" * 12, classifier_folder)
    second = server.open("0" * 12, classifier_folder)
    assert first.key != second.key
    assert send(here(server).replace(second.key, first.key))[0] == 404
    address = here(server)
    server.close()
    assert server.address is None
    for _ in range(100):
        try:
            send(address)
        except OSError:
            return
    pytest.fail("the port is still open")


def test_names_of_labels_are_text(server: LinkServer, tmp_path: Path) -> None:
    folder = write_classifier(tmp_path / "c", labels=("<script>x</script>", LABELS[1], "$x"))
    server.open("0" * 12, folder)
    _, page, _ = send(here(server))
    assert "<script>x" not in page and "&lt;script&gt;x" in page and "$x" in page


def test_a_run_that_was_deleted_is_shared_no_more(classifier_folder: Path) -> None:
    there = {"0" * 12}
    server = LinkServer(Engine, host="127.0.0.1", there=there.__contains__)
    try:
        server.open("0" * 12, classifier_folder)
        assert send(here(server))[0] == 200
        there.clear()
        for body in (None, b"x"):
            status, words, headers = send(here(server), body)
            assert status == 404 and words == "Not found" and "cache-control" in headers
    finally:
        server.close()
