"""Limits of connections: a real server, and connections that send nothing."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tlcore.serving.second_port.connections import OpenConnections, Patience, bounded_protocol

QUICK = Patience(headers=1.0, pause=0.5, body=2.0, per_address=6)


async def measure(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


@pytest.fixture
def port() -> Iterator[int]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    app = Starlette(routes=[Route("/", measure, methods=["GET", "POST"])])
    config = uvicorn.Config(
        app, http=bounded_protocol(QUICK), log_level="error", lifespan="off", timeout_keep_alive=5
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield int(listener.getsockname()[1])
    server.should_exit = True
    thread.join(10)


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=5)


def seconds_until_closed(connection: socket.socket) -> float:
    began = time.monotonic()
    with suppress(ConnectionError):
        assert connection.recv(4096) == b""
    return time.monotonic() - began


def test_ordinary_requests_go_through(port: int) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        for size in (0, 10, 3_000_000):
            assert client.post("/", content=b"x" * size).text == str(size)
            time.sleep(1.2)  # longer than anything may wait, between two requests


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n"])
def test_a_head_that_does_not_come_is_not_waited_for(port: int, sent: bytes) -> None:
    with connect(port) as connection:
        connection.sendall(sent)
        assert seconds_until_closed(connection) < 3


def test_a_head_that_trickles_in_is_not_waited_for_either(port: int) -> None:
    with connect(port) as connection:
        began = time.monotonic()
        with pytest.raises(OSError):
            while time.monotonic() - began < 5:
                connection.sendall(b"G")
                time.sleep(0.1)
        assert time.monotonic() - began < 3


def test_a_body_that_pauses_is_not_waited_for_and_one_that_comes_slowly_is(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"
    with connect(port) as connection:
        connection.sendall(head + b"ab")
        assert seconds_until_closed(connection) < 3
    with connect(port) as connection:
        connection.sendall(head)
        for letter in b"abcde":
            time.sleep(0.2)
            connection.sendall(bytes([letter]))
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")


def test_one_address_holds_so_many_connections_and_others_are_served_afterwards(port: int) -> None:
    with ExitStack() as stack:
        held = [stack.enter_context(connect(port)) for _ in range(20)]
        time.sleep(0.2)
        closed = sum(_is_closed(connection) for connection in held)
        assert closed == len(held) - QUICK.per_address
        time.sleep(QUICK.headers)
        assert all(_is_closed(connection) for connection in held)
    assert httpx.get(f"http://127.0.0.1:{port}").status_code == 200


def _is_closed(connection: socket.socket) -> bool:
    connection.settimeout(0.01)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def test_addresses_that_hold_nothing_are_forgotten() -> None:
    connections = OpenConnections(most=1)
    assert connections.enter("a")
    assert not connections.enter("a")
    connections.leave("a")
    connections.leave("a")
    assert not connections.counts
