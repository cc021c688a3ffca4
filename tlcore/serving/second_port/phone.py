"""A phone as a camera: a page of its own on a second port, which only takes pictures for one label.

It carries nothing else: no project, no other page. Its address holds a token that ends after a
while; whoever has it can add pictures to the tray, and nothing more.
"""

from __future__ import annotations

import hmac
import secrets
import socket
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from urllib.parse import unquote

import anyio.to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tlcore.errors import GraftError
from tlcore.images.intake.tray import Tray
from tlcore.serving.second_port.port import SecondPort

MINUTES = 30
MOST_BYTES = 40_000_000  # of one picture
MOST_PICTURES = 300  # that one code may bring
AT_ONCE = 2  # pictures decoded at a time
PAGE = Path(__file__).with_name("phone.html")
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass
class Door:
    """One open door: for which label, with which token, until when (Unix seconds)."""

    tray: Tray
    label: str
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    ends: float = field(default_factory=lambda: time.time() + 60 * MINUTES)
    came: int = 0

    @property
    def open(self) -> bool:
        """Whether it still takes pictures."""
        return time.time() < self.ends and self.came < MOST_PICTURES


def phone_app(door: Door) -> Starlette:
    """The whole of what a phone can reach."""
    limiter = anyio.CapacityLimiter(AT_ONCE)

    def refusal(request: Request) -> Response | None:
        given = request.path_params["token"].encode()
        if not hmac.compare_digest(given, door.token.encode()):
            return PlainTextResponse("Not found", 404)
        if not door.open:
            return PlainTextResponse("This code has ended. Ask for a new one on the computer.", 410)
        return None

    async def show(request: Request) -> Response:
        if refused := refusal(request):
            return refused
        nonce = secrets.token_urlsafe(16)
        page = Template(PAGE.read_text(encoding="utf-8"))
        html = page.substitute(label=_escaped(door.label), nonce=nonce, most=MOST_BYTES)
        policy = (
            f"default-src 'none'; connect-src 'self'; img-src blob:; base-uri 'none'; "
            f"form-action 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'"
        )
        return HTMLResponse(html, headers={"Content-Security-Policy": policy})

    async def take(request: Request) -> Response:
        if refused := refusal(request):
            return refused
        data = await _body(request)
        if data is None:
            words = f"The picture is larger than {MOST_BYTES // 1_000_000} MB."
            return JSONResponse({"refused": words}, 413)
        name = unquote(request.headers.get("x-name", ""))[:200] or "phone.jpg"
        try:
            await anyio.to_thread.run_sync(door.tray.add, door.label, name, data, limiter=limiter)
        except GraftError as error:
            return JSONResponse({"refused": f"{error.message} {error.remedy}".strip()}, 422)
        door.came += 1
        return JSONResponse({"waiting": door.came})

    routes = [
        Route("/{token}", show, methods=["GET"]),
        Route("/{token}", take, methods=["POST"]),
    ]
    return Starlette(routes=routes, middleware=[Middleware(BaseHTTPMiddleware, _with_headers)])


async def _with_headers(request: Request, call_next: RequestResponseEndpoint) -> Response:
    response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


async def _body(request: Request) -> bytes | None:
    """The bytes that are sent, or None as soon as there are too many."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MOST_BYTES:
            return None
    return bytes(data)


def _escaped(text: str) -> str:
    marks = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
    return "".join(marks.get(c, c) for c in text)


class PhoneServer:
    """The second port: closed until `open`, closed again when the code ends. One door at a time."""

    def __init__(self, host: str = "0.0.0.0") -> None:
        self._lock = threading.Lock()
        self._port = SecondPort("phone", host)
        self.door: Door | None = None

    def open(self, tray: Tray, label: str) -> Door:
        """Open a door for one label with a new token; an older one is closed.

        Raises:
            GraftError: no port can be listened on.
        """
        with self._lock:
            self._close()
            door = Door(tray, label)
            self._start(door)
            self.door = door
            return door

    def close(self) -> None:
        """Close the door and the port."""
        with self._lock:
            self._close()

    @property
    def address(self) -> str | None:
        """What a phone in the same network opens; None while the door is closed."""
        door = self.door
        if door is None or not door.open:
            return None
        return f"http://{local_address()}:{self._port.number}/{door.token}"

    def _start(self, door: Door) -> None:
        try:
            self._port.open(phone_app(door))
        except OSError as problem:
            raise GraftError(
                f"No port can be opened for phones ({problem.strerror or problem}).",
                "Add the pictures as files instead.",
            ) from problem
        watch = threading.Timer(max(0.0, door.ends - time.time()), self._end, [door])
        watch.daemon = True
        watch.start()

    def _end(self, door: Door) -> None:
        with self._lock:
            if self.door is door:
                self._close()

    def _close(self) -> None:
        self._port.close()
        self.door = None


def local_address() -> str:
    """The address by which others in the network reach this computer, found without sending."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # reserved for documentation: nobody is there
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"
