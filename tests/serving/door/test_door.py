"""Tests of tlcore/serving/door: what comes in, what is answered at the door, and with what."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from tlcore.serving.door.door import HEADERS, Door
from tlcore.serving.door.gate import ALL_GUESSES, GUESSES, SECONDS, Gate
from tlcore.serving.door.hosts import Hosts
from tlcore.serving.door.sizes import MEGABYTE, UploadLimits, framing_problem

PASSPHRASE = "three quiet otters"
UPLOAD = "/_stcore/upload_file/session/file"
LIMITS = UploadLimits(file=2 * MEGABYTE, session=3 * MEGABYTE)


async def page(request: Request) -> Response:
    return PlainTextResponse("a page")


async def measure(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("hello")
    await websocket.close()


def guarded(gate: Gate | None = None, held: int = 0) -> Starlette:
    """A small app behind the door of a Graft on loopback."""
    door = Middleware(
        Door,
        hosts=Hosts.of("127.0.0.1"),
        limits=LIMITS,
        gate=lambda: gate,
        held=lambda session: held,
    )
    routes = [
        Route("/", page),
        Route("/train", page),
        Route("/media/a.png", page),
        Route("/api/health", page),
        Route("/_stcore/upload_file/{session}/{file}", measure, methods=["PUT"]),
        Route("/elsewhere", measure, methods=["POST"]),
        WebSocketRoute("/_stcore/stream", echo),
    ]
    return Starlette(routes=routes, middleware=[door])


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(PASSPHRASE, tmp_path)


def client(app: Starlette, host: str = "localhost:8501") -> TestClient:
    return TestClient(app, base_url=f"http://{host}", follow_redirects=False)


def test_every_answer_says_that_it_may_not_be_framed() -> None:
    answers = [
        client(guarded()).get("/"),
        client(guarded()).get("/there-is-none"),
        client(guarded(), "evil.example").get("/"),
    ]
    for answer in answers:
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS


def test_a_name_that_only_resolves_to_this_computer_reads_nothing() -> None:
    answer = client(guarded(), "evil.example").get("/")
    assert answer.status_code == 403
    assert "a page" not in answer.text


def test_a_page_of_another_site_opens_no_websocket_and_sends_nothing() -> None:
    visitor = client(guarded())
    own = {"origin": "http://localhost:8501"}
    with visitor.websocket_connect("ws://localhost:8501/_stcore/stream", headers=own) as socket_:
        assert socket_.receive_text() == "hello"
    foreign = {"origin": "http://evil.example"}
    with (
        pytest.raises(WebSocketDisconnect),
        visitor.websocket_connect("ws://localhost:8501/_stcore/stream", headers=foreign),
    ):
        pass
    assert visitor.post("/elsewhere", headers=foreign, content=b"x").status_code == 403


def test_before_the_passphrase_there_is_nothing_but_its_form(gate: Gate) -> None:
    visitor = client(guarded(gate))
    for path in ("/", "/train", "/media/a.png", "/_stcore/health", "/_stcore/metrics"):
        answer = visitor.get(path)
        assert answer.status_code == 401
        assert "Pass-phrase" in answer.text
        assert "a page" not in answer.text
        assert "set-cookie" not in answer.headers
    assert visitor.put(UPLOAD, content=b"x").status_code == 401
    with (
        pytest.raises(WebSocketDisconnect),
        visitor.websocket_connect("ws://localhost:8501/_stcore/stream"),
    ):
        pass
    assert visitor.get("/api/health").text == "a page"  # programs have tokens of their own


def come_in(visitor: TestClient, typed: str, wanted: str = "/train?project=7") -> Response:
    form = {"passphrase": typed, "wanted": wanted}
    return visitor.post("/gate", data=form)  # type: ignore[return-value]


def test_the_passphrase_leads_on_to_the_page_that_was_wanted(gate: Gate) -> None:
    visitor = client(guarded(gate))
    assert 'value="/train?project=7"' in visitor.get("/train?project=7").text
    answer = come_in(visitor, PASSPHRASE)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/train?project=7"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and f"Max-Age={SECONDS}" in cookie
    assert visitor.get("/train").text == "a page"
    with visitor.websocket_connect("ws://localhost:8501/_stcore/stream") as socket_:
        assert socket_.receive_text() == "hello"
    assert visitor.put(UPLOAD, content=b"12345").text == "5"


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a\r\nb", "/gate"]
)
def test_nobody_is_sent_elsewhere(gate: Gate, wanted: str) -> None:
    assert come_in(client(guarded(gate)), PASSPHRASE, wanted).headers["location"] == "/"


def test_markup_in_an_address_stays_text(gate: Gate) -> None:
    answer = client(guarded(gate)).get('/train?"><script>alert(1)</script>')
    assert "<script>" not in answer.text


def test_a_cookie_of_another_passphrase_home_or_time_opens_nothing(
    gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookie = gate.try_passphrase(PASSPHRASE, "here")
    assert isinstance(cookie, str)
    assert gate.opens_to(cookie)
    assert Gate(PASSPHRASE, tmp_path).opens_to(cookie), "a restart asks nobody again"
    assert not Gate("another", tmp_path).opens_to(cookie)
    assert not Gate(PASSPHRASE, tmp_path / "elsewhere").opens_to(cookie)
    assert not gate.opens_to(cookie + "x")
    assert not gate.opens_to("")
    later = time.time() + SECONDS + 5
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: later)
    assert not gate.opens_to(cookie)


def test_guessing_is_limited_for_one_and_for_all_and_hinders_nobody_inside(gate: Gate) -> None:
    inside = client(guarded(gate))
    come_in(inside, PASSPHRASE)
    guesses = [come_in(client(guarded(gate)), f"guess {number}") for number in range(20)]
    statuses = [answer.status_code for answer in guesses]

    assert statuses.count(401) == GUESSES
    assert statuses.count(429) == 20 - GUESSES
    assert come_in(client(guarded(gate)), PASSPHRASE).status_code == 429
    assert inside.get("/train").status_code == 200


def test_guesses_from_many_addresses_are_limited_together(gate: Gate) -> None:
    results = [gate.try_passphrase("no", f"10.0.0.{number}") for number in range(240)]
    assert sum(result == 0.0 for result in results) <= ALL_GUESSES + 1


def test_an_upload_is_counted_while_it_comes_and_with_what_is_held() -> None:
    visitor = client(guarded())
    assert visitor.put(UPLOAD, content=b"x" * 2 * MEGABYTE).status_code == 200
    assert visitor.put(UPLOAD, content=b"x" * 4 * MEGABYTE).status_code == 413
    pieces = (b"x" * MEGABYTE for _ in range(8))  # chunked: no length is said
    assert visitor.put(UPLOAD, content=pieces).status_code == 413
    full = client(guarded(held=3 * MEGABYTE))
    assert full.put(UPLOAD, content=b"x" * 2 * MEGABYTE).status_code == 413


def test_two_hosts_or_two_origins_are_refused() -> None:
    """Which of the two a server looks at differs; the one behind the door may look at the other."""
    visitor = client(guarded())
    own, other = ("Origin", "http://localhost:8501"), ("Origin", "http://evil.example")
    assert visitor.get("/", headers=[own]).status_code == 200
    assert visitor.get("/", headers=[own, other]).status_code == 403
    hosts = [("Host", "localhost:8501"), ("Host", "evil.example")]
    assert visitor.get("/", headers=hosts).status_code == 403


def test_a_length_of_thousands_of_digits_is_too_large() -> None:
    assert framing_problem({"content-length": "9" * 5_000}, MEGABYTE) is not None
    assert framing_problem({"content-length": "0" * 5_000}, MEGABYTE) is not None


@pytest.fixture
def port() -> Iterator[Callable[[], int]]:
    """Serves the guarded app with a real server, as Streamlit does."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(guarded(), log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield lambda: int(listener.getsockname()[1])
    server.should_exit = True
    thread.join(10)


def test_a_request_of_two_lengths_is_refused(port: Callable[[], int]) -> None:
    head = (
        f"POST /elsewhere HTTP/1.1\r\nHost: localhost:{port()}\r\n"
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port()), timeout=5) as connection:
        connection.sendall(head.encode())
        assert b" 400 " in connection.recv(4096).partition(b"\r\n")[0] + b" "
