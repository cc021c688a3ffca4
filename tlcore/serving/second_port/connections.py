"""Connections that are let wait only so long: for uvicorn, on ports that strangers can reach.

Without this, somebody who opens connections and sends nothing holds every place there is.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


@dataclass(frozen=True)
class Patience:
    """How long, in seconds, a connection is waited for, and how many one address may hold.

    `headers` is for a whole request head, `pause` between two pieces of a body, `body` for all of
    it.
    """

    headers: float = 10.0
    pause: float = 15.0
    body: float = 180.0
    per_address: int = 12  # a browser opens six at a time


@dataclass
class OpenConnections:
    """How many connections each address holds on one port."""

    most: int
    counts: Counter[str] = field(default_factory=Counter)

    def enter(self, address: str) -> bool:
        """Count one more; whether the address may have it."""
        self.counts[address] += 1
        return self.counts[address] <= self.most

    def leave(self, address: str) -> None:
        """Count one less, and forget an address that holds none."""
        self.counts[address] -= 1
        if self.counts[address] <= 0:
            del self.counts[address]


class BoundedProtocol(H11Protocol):
    """uvicorn's HTTP protocol with limits, which `bounded_protocol` gives it."""

    patience: Patience
    open_connections: OpenConnections

    _address = ""
    _timer: asyncio.TimerHandle | None = None
    _state: type[h11.Event] | object = None
    _began = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        if not self.open_connections.enter(self._address):
            transport.abort()
            return
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        self._state = None  # the next request has its own time
        self._stop_timer()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self.open_connections.leave(self._address)
        super().connection_lost(exc)

    def _watch(self) -> None:
        """Set the time by which the next piece must have come."""
        state = self.conn.their_state
        now = self.loop.time()
        if state is not self._state:
            self._state, self._began = state, now
            self._stop_timer()
        if state is h11.IDLE and self._timer is None:
            self._due(self._began + self.patience.headers)
        elif state is h11.SEND_BODY:
            self._stop_timer()
            self._due(min(now + self.patience.pause, self._began + self.patience.body))
        elif state not in (h11.IDLE, h11.SEND_BODY):
            self._stop_timer()

    def _due(self, when: float) -> None:
        self._timer = self.loop.call_at(when, self._give_up)

    def _give_up(self) -> None:
        if self.flow.read_paused:  # it is we who read slowly
            self._due(self.loop.time() + self.patience.pause)
        else:
            self.transport.abort()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None


def bounded_protocol(limits: Patience) -> type[H11Protocol]:
    """uvicorn's HTTP protocol with these limits, counted over everything that it serves."""

    class Protocol(BoundedProtocol):
        patience = limits
        open_connections = OpenConnections(limits.per_address)

    return Protocol
