"""A phone as a camera: a page of its own on a second port, which only takes pictures for one label.

It carries nothing else: no project, no other page. Its address holds a token that ends after a
while; whoever has it can add pictures to the tray, and nothing more.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import anyio.to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tlcore.errors import GraftError
from tlcore.images.intake.tray import Tray
from tlcore.serving.second_port.page import local_address, page, with_headers
from tlcore.serving.second_port.port import SecondPort

MINUTES = 30
MOST_BYTES = 40_000_000  # of one picture
MOST_PICTURES = 300  # that one code may bring
AT_ONCE = 2  # pictures decoded at a time
PAGE = Path(__file__).with_name("phone.html")


@dataclass
class PhoneCode:
    """What a phone scans: for which label it is, with which token, until when (Unix seconds)."""

    tray: Tray
    label: str
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    ends: float = field(default_factory=lambda: time.time() + 60 * MINUTES)
    received: int = 0

    @property
    def open(self) -> bool:
        """Whether it still takes pictures."""
        return time.time() < self.ends and self.received < MOST_PICTURES


def phone_app(code: PhoneCode) -> Starlette:
    """The whole of what a phone can reach."""
    handlers = _Handlers(code)
    routes = [
        Route("/{token}", handlers.show, methods=["GET"]),
        Route("/{token}", handlers.receive, methods=["POST"]),
    ]
    return Starlette(routes=routes, middleware=[Middleware(BaseHTTPMiddleware, _with_headers)])


class _Handlers:
    """Showing the page of a code, and receiving its pictures."""

    def __init__(self, code: PhoneCode) -> None:
        self._code = code
        self._limiter = anyio.CapacityLimiter(AT_ONCE)

    async def show(self, request: Request) -> Response:
        """The page with the camera button."""
        return self._refusal(request) or page(PAGE, label=self._code.label, most=MOST_BYTES)

    async def receive(self, request: Request) -> Response:
        """Put one picture into the tray; say how many came, or why it was refused."""
        if refusal := self._refusal(request):
            return refusal
        data = await _body(request)
        if data is None:
            words = f"The picture is larger than {MOST_BYTES // 1_000_000} MB."
            return JSONResponse({"refused": words}, 413)
        name = unquote(request.headers.get("x-name", ""))[:200] or "phone.jpg"
        code = self._code
        try:
            await anyio.to_thread.run_sync(
                code.tray.add, code.label, name, data, limiter=self._limiter
            )
        except GraftError as error:
            return JSONResponse({"refused": f"{error.message} {error.remedy}".strip()}, 422)
        code.received += 1
        return JSONResponse({"waiting": code.received})

    def _refusal(self, request: Request) -> Response | None:
        token = request.path_params["token"].encode()
        if not hmac.compare_digest(token, self._code.token.encode()):
            return PlainTextResponse("Not found", 404)
        if not self._code.open:
            return PlainTextResponse("This code has ended. Ask for a new one on the computer.", 410)
        return None


async def _with_headers(request: Request, call_next: RequestResponseEndpoint) -> Response:
    return with_headers(await call_next(request))


async def _body(request: Request) -> bytes | None:
    """The bytes that are sent, or None as soon as there are too many."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MOST_BYTES:
            return None
    return bytes(data)


class PhoneServer:
    """The second port: closed until `open`, closed again when the code ends. One code at a time."""

    def __init__(self, host: str = "0.0.0.0") -> None:
        self._lock = threading.Lock()
        self._port = SecondPort("phone", host)
        self.code: PhoneCode | None = None

    def open(self, tray: Tray, label: str) -> PhoneCode:
        """Open a page for one label under a new code; an older one is closed.

        Raises:
            GraftError: no port can be listened on.
        """
        with self._lock:
            self._close()
            code = PhoneCode(tray, label)
            self._start(code)
            self.code = code
            return code

    def close(self) -> None:
        """End the code and close the port."""
        with self._lock:
            self._close()

    @property
    def address(self) -> str | None:
        """What a phone in the same network opens; None while it is closed."""
        code = self.code
        if code is None or not code.open:
            return None
        return f"http://{local_address()}:{self._port.number}/{code.token}"

    def _start(self, code: PhoneCode) -> None:
        try:
            self._port.open(phone_app(code))
        except OSError as problem:
            raise GraftError(
                f"No port can be opened for phones ({problem.strerror or problem}).",
                "Add the pictures as files instead.",
            ) from problem
        watch = threading.Timer(max(0.0, code.ends - time.time()), self._end, [code])
        watch.daemon = True
        watch.start()

    def _end(self, code: PhoneCode) -> None:
        with self._lock:
            if self.code is code:
                self._close()

    def _close(self) -> None:
        self._port.close()
        self.code = None
