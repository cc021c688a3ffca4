"""Tests of tlcore/serving/second_port/port.py; see test_phone.py and test_link.py for its use."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest
import uvicorn
from starlette.applications import Starlette

from tlcore.serving.second_port import port as second_port
from tlcore.serving.second_port.port import SecondPort


def test_a_port_that_does_not_start_is_not_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """A computer so slow that nothing answers in time."""
    numbers: list[int] = []

    class Listener(socket.socket):
        def bind(self, address: tuple[str, int]) -> None:  # type: ignore[override]
            super().bind(address)
            numbers.append(self.getsockname()[1])

    startup = uvicorn.Server.startup

    async def start_slowly(server: uvicorn.Server, sockets: list[socket.socket]) -> None:
        await asyncio.sleep(0.5)
        await startup(server, sockets)

    monkeypatch.setattr(second_port.socket, "socket", Listener)
    monkeypatch.setattr(uvicorn.Server, "startup", start_slowly)
    monkeypatch.setattr(second_port, "START_SECONDS", 0.05)
    port = SecondPort("slow", "127.0.0.1")
    with pytest.raises(OSError, match="nothing answers"):
        port.open(Starlette())
    assert port.number == 0
    time.sleep(2.0)
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", numbers[0]), timeout=2)


def test_a_port_is_open_until_it_is_closed() -> None:
    port = SecondPort("quick", "127.0.0.1")
    port.open(Starlette())
    assert answers(port.number)
    port.close()
    deadline = time.monotonic() + 10
    while answers(port.number) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not answers(port.number)


def answers(number: int) -> bool:
    """Whether somebody listens on a port of this computer."""
    try:
        socket.create_connection(("127.0.0.1", number), timeout=5).close()
    except OSError:
        return False
    return True
