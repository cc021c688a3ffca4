"""The HTTP API: answers as the app's, and a plain 4xx for all that is wrong."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.serving.conftest import LABELS, blobs, write_classifier
from tlcore.classifier.classifier import Classifier
from tlcore.jobs.tasks import find_task
from tlcore.serving import api, uploads
from tlcore.workspace import Workspace
from tlcore.workspace.records import RunState


class Engine:
    """The request worker without the process: the same task, here; it counts its questions."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.slow = threading.Event()
        self.slow.set()

    def ask(self, function: str, payload: dict[str, Any], *, timeout: float = 60) -> dict[str, Any]:
        self.batches.append(len(payload["copies"]))
        assert self.slow.wait(timeout)
        return list(find_task(function)(payload, lambda: False))[-1].data


@dataclass
class House:
    workspace: Workspace
    run_id: str
    secret: str
    folder: Path
    engine: Engine = field(default_factory=Engine)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    workspace = Workspace.open(tmp_path_factory.mktemp("api") / "home")
    project = workspace.projects.create("Ants")
    run = workspace.runs.create(project.id, "none:none", {}, {})
    workspace.runs.start(run.id)
    folder = write_classifier(workspace.runs.folder(run.id) / "classifier")
    workspace.runs.finish(run.id, RunState.FINISHED)
    secret, _ = workspace.tokens.make(run.id, "tests")
    yield House(workspace, run.id, secret, folder)
    workspace.close()


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    with TestClient(Starlette(routes=api.routes(lambda: house))) as client:
        client.headers["Authorization"] = f"Bearer {house.secret}"
        yield client


def address(house: House) -> str:
    return f"/api/classifiers/{house.run_id}/predict"


def jpeg(number: int, width: int = 300, height: int = 200) -> bytes:
    file = io.BytesIO()
    blobs(number, width, height).save(file, "JPEG", quality=95)
    return file.getvalue()


def test_many_pictures_are_answered_as_the_app_does(house: House, client: TestClient) -> None:
    pictures = [jpeg(number, 900, 700) for number in range(3)]
    files = [("files", (f"{n}.jpg", data, "image/jpeg")) for n, data in enumerate(pictures)]
    files.insert(1, ("files", ("broken.jpg", b"\xff\xd8\xffno", "image/jpeg")))
    response = client.post(address(house), files=files)
    assert response.status_code == 200, response.text
    predictions = response.json()["answers"]
    names = [prediction["file"] for prediction in predictions]
    assert names == ["0.jpg", "broken.jpg", "1.jpg", "2.jpg"]
    assert predictions[1]["reason"] == "unreadable" and predictions[1]["remedy"]
    app = Classifier.load(house.folder).predict(pictures)
    for prediction, row in zip([predictions[0], *predictions[2:]], app.probabilities, strict=True):
        assert list(prediction["probabilities"]) == list(LABELS)
        assert list(prediction["probabilities"].values()) == pytest.approx(row, abs=1e-5)
        assert prediction["probability"] == max(prediction["probabilities"].values())
        assert prediction["declined"] == (prediction["probability"] < 0.4)


def test_one_picture_can_be_the_whole_body(house: House, client: TestClient) -> None:
    response = client.post(address(house), content=jpeg(4), headers={"Content-Type": "image/jpeg"})
    assert response.status_code == 200 and len(response.json()["answers"]) == 1
    broken = client.post(address(house), content=b"no", headers={"Content-Type": "image/jpeg"})
    assert broken.status_code == 422 and broken.json()["error"] == "not_an_image"


def refused(response: Any, status: int, error: str) -> None:
    assert response.status_code == status, response.text
    body = response.json()
    assert body["error"] == error and body["message"] and body["remedy"]


def test_only_a_good_token_in_the_header_opens(house: House, client: TestClient) -> None:
    body = {"content": jpeg(1), "headers": {"Content-Type": "image/jpeg"}}
    secret = client.headers.pop("Authorization").removeprefix("Bearer ")
    refused(client.post(address(house), **body), 401, "unauthorized")
    refused(client.post(f"{address(house)}?token={secret}", **body), 401, "unauthorized")
    client.cookies.set("Authorization", f"Bearer {secret}")
    refused(client.post(address(house), **body), 401, "unauthorized")
    for wrong in (f"Bearer {secret}x", f"Basic {secret}", "Bearer", "Bearer graft_"):
        client.headers["Authorization"] = wrong
        response = client.post(address(house), **body)
        refused(response, 401, "unauthorized")
        assert response.headers["www-authenticate"] == "Bearer"


def test_a_revoked_token_and_that_of_another_classifier_are_refused(
    house: House, client: TestClient
) -> None:
    other = house.workspace.runs.create(
        house.workspace.projects.create("Bees").id, "none:none", {}, {}
    )
    secret, kept = house.workspace.tokens.make(other.id, "other")
    client.headers["Authorization"] = f"Bearer {secret}"
    refused(client.post(address(house), content=jpeg(1)), 403, "wrong_classifier")
    refused(client.post(f"/api/classifiers/{other.id}/predict"), 404, "not_found")
    for nowhere in ("000000000000", "%00", "x" * 500):
        refused(client.post(f"/api/classifiers/{nowhere}/predict"), 404, "not_found")
    house.workspace.tokens.revoke(kept.id)
    refused(client.post(f"/api/classifiers/{other.id}/predict"), 401, "unauthorized")


def test_wrong_tokens_are_slowed_down_and_a_good_one_from_the_same_address_is_not(
    house: House, client: TestClient
) -> None:
    client.headers["Authorization"] = "Bearer graft_guess"
    answers = [client.post(address(house), content=b"") for _ in range(25)]
    assert answers[0].status_code == 401
    refused(answers[-1], 429, "too_many_attempts")
    client.headers["Authorization"] = f"Bearer {house.secret}"
    body = {"content": jpeg(1), "headers": {"Content-Type": "image/jpeg"}}
    assert client.post(address(house), **body).status_code == 200


def test_a_missing_token_is_no_guess(house: House, client: TestClient) -> None:
    client.headers.pop("Authorization")
    statuses = {client.post(address(house), content=b"").status_code for _ in range(40)}
    assert statuses == {401}
    client.headers["Authorization"] = "Bearer graft_guess"
    refused(client.post(address(house), content=b""), 401, "unauthorized")


def test_size_is_looked_at_before_anything_is_read(
    house: House, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_BODY", 50_000)

    def never() -> Iterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    headers = {"Content-Type": "image/jpeg", "Content-Length": "50001"}
    refused(client.post(address(house), content=never(), headers=headers), 413, "too_large")
    refused(client.post(address(house), content=iter([b"x"])), 411, "length_required")


def test_bad_bodies_are_plain_refusals(
    house: House, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    thousand = [("files", (f"{n}.jpg", b"x", "image/jpeg")) for n in range(1000)]
    refused(client.post(address(house), files=thousand), 413, "too_many")
    refused(client.post(address(house), data={"a": "b"}, files=[]), 415, "unsupported_type")
    refused(client.post(address(house), json={"picture": 1}), 415, "unsupported_type")
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    refused(client.post(address(house), content=b"--y\r\n", headers=form), 400, "broken_form")
    refused(client.post(address(house), content=b"--x--\r\n", headers=form), 400, "no_pictures")
    no_boundary = {"Content-Type": "multipart/form-data"}
    refused(client.post(address(house), content=b"x", headers=no_boundary), 400, "broken_form")
    monkeypatch.setattr(uploads, "MOST_PICTURE", 100)
    for sent in ({"files": {"f": ("a.jpg", jpeg(1))}}, {"content": jpeg(1), "headers": {
        "Content-Type": "image/jpeg"}}):  # fmt: skip
        refused(client.post(address(house), **sent), 422, "too_large")
    assert client.get("/api/health").json()["status"] == "ok"


def test_too_fast_is_said_with_a_time(
    house: House, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "PICTURES_AT_ONCE", 2.0)
    monkeypatch.setattr(api, "PICTURES_PER_SECOND", 0.01)
    with TestClient(Starlette(routes=api.routes(lambda: house))) as slow:
        slow.headers.update(client.headers)
        headers = {"Content-Type": "image/jpeg"}
        responses = [slow.post(address(house), content=jpeg(1), headers=headers) for _ in range(3)]
    assert [response.status_code for response in responses] == [200, 200, 429]
    assert int(responses[-1].headers["retry-after"]) >= 1


def test_a_damaged_classifier_is_said_and_the_server_goes_on(
    house: House, client: TestClient
) -> None:
    manifest = house.folder / "manifest.json"
    good = manifest.read_bytes()
    manifest.write_bytes(b'{"schema_version": 1, "labels": ["../../x"]}')
    headers = {"Content-Type": "image/jpeg"}
    refused(client.post(address(house), content=jpeg(1), headers=headers), 503, "unavailable")
    manifest.write_bytes(good)
    assert client.post(address(house), content=jpeg(1), headers=headers).status_code == 200


def test_requests_that_come_together_are_predicted_together(
    house: House, client: TestClient
) -> None:
    house.engine.batches.clear()
    house.engine.slow.clear()
    threading.Timer(0.7, house.engine.slow.set).start()
    headers = {"Content-Type": "image/jpeg"}
    pictures = [jpeg(number) for number in range(16)]

    def ask(picture: bytes) -> dict[str, float]:
        response = client.post(address(house), content=picture, headers=headers)
        assert response.status_code == 200, response.text
        shares: dict[str, float] = response.json()["answers"][0]["probabilities"]
        return shares

    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(ask, pictures))
    assert sum(house.engine.batches) == 16 and len(house.engine.batches) <= 6
    app = Classifier.load(house.folder).predict(pictures)
    for shares, row in zip(replies, app.probabilities, strict=True):
        assert list(shares.values()) == pytest.approx(row, abs=1e-5), "predictions were mixed up"


def test_the_openapi_document_says_what_is_there(client: TestClient) -> None:
    from openapi_spec_validator import validate

    document = client.get("/api/openapi.json").json()
    validate(document)
    assert set(document["paths"]) == {"/api/health", "/api/classifiers/{id}/predict"}


@pytest.mark.parametrize("path", ["/api/", "/api/index.html", "/api/_stcore/stream"])
def test_no_address_under_it_leads_to_what_stands_behind(house: House, path: str) -> None:
    """The gate lets whoever has a token through to /api; pages of the app are not there."""

    async def page(request: Request) -> Response:
        return PlainTextResponse("a page")

    behind = Route("/{rest:path}", page)
    with TestClient(Starlette(routes=[*api.routes(lambda: house), behind])) as client:
        refused = client.get(path)
        assert client.get("/train").text == "a page"
        assert client.get("/api/health").status_code == 200
        assert client.get(address(house)).status_code == 405
    assert refused.status_code == 404 and refused.json()["error"] == "not_found"
