"""The door before every route: host and origin, pass-phrase, sizes, and headers on the way out.

An ASGI middleware. It stands before Streamlit, so that pages, websocket, uploads, media and the
API are all decided here, and nobody has a session, a cookie or a byte in memory before that.
"""

from __future__ import annotations

from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tlcore.serving.door.gate import COOKIE, Gate
from tlcore.serving.door.gate_page import MOST_FORM, PATH, gate_page, typed_passphrase, welcomed
from tlcore.serving.door.hosts import Hosts
from tlcore.serving.door.sizes import BodyTooLarge, UploadLimits, counted, framing_problem

API = "/api/"  # has tokens of its own
WEBSOCKET_POLICY = 1008  # RFC 6455: refused for a reason of policy
HEADERS = {
    "Content-Security-Policy": "frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}


def _nothing_held(session: str) -> int:
    return 0


class Door:
    """Lets a request through to `app`, or responds itself."""

    def __init__(
        self,
        app: ASGIApp,
        hosts: Hosts,
        limits: UploadLimits,
        gate: Callable[[], Gate | None] = lambda: None,
        held: Callable[[str], int] = _nothing_held,
    ) -> None:
        """`gate` is asked at each request; `held` says how many bytes a session holds."""
        self._app, self._hosts, self._limits = app, hosts, limits
        self._gate, self._held = gate, held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        gate = self._gate()
        if self._stranger(headers) or (gate and not gate.opens_to(_cookie(headers))):
            await receive()  # the handshake, which a refusal answers with 403
            await send({"type": "websocket.close", "code": WEBSOCKET_POLICY})
            return
        await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        most = self._limits.of_request(scope["path"], self._held)
        response = await self._response(scope, receive, most)
        if response is not None:
            await response(scope, receive, send)
            return
        started = False

        async def send_watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, counted(receive, most), send_watched)
        except BodyTooLarge:
            if started:
                raise  # half a response is out already: the connection ends here
            await _refusal(413, "The request is too large.")(scope, receive, send)

    def _stranger(self, headers: Headers) -> str | None:
        """Why a request with these headers may not come in; None if it may."""
        if any(len(headers.getlist(name)) > 1 for name in ("host", "origin")):
            return "The request names two hosts or two origins."
        return self._hosts.refuses(headers)

    async def _response(self, scope: Scope, receive: Receive, most: int) -> Response | None:
        """What is sent back at the door; None for whoever may come in."""
        headers = Headers(scope=scope)
        if problem := self._stranger(headers):
            return _refusal(403, problem)
        if framing := framing_problem(headers, most):
            return _refusal(*framing)
        gate = self._gate()
        if gate is None or scope["path"].startswith(API):
            return None
        if scope["path"] == PATH and scope["method"] == "POST":
            return await _try(gate, Request(scope, counted(receive, MOST_FORM)))
        if gate.opens_to(_cookie(headers)):
            return None
        if scope["method"] != "GET":
            return _refusal(401, "Open Graft in a browser and type its pass-phrase first.")
        return gate_page(_address(scope))


async def _try(gate: Gate, request: Request) -> Response:
    """What whoever typed a pass-phrase gets: the page they wanted, or the form again."""
    try:
        typed, wanted = await typed_passphrase(request)
    except BodyTooLarge:
        return _refusal(413, "The request is too large.")
    address = request.client.host if request.client else ""
    result = gate.try_passphrase(typed, address)
    if isinstance(result, str):
        return welcomed(result, wanted, secure=request.url.scheme == "https")
    return gate_page(wanted, wait=result, wrong=True)


def _refusal(status: int, sentence: str) -> Response:
    close = {"Connection": "close"} if status in (400, 413) else {}
    return PlainTextResponse(sentence, status, {"Cache-Control": "no-store", **close})


def _address(scope: Scope) -> str:
    """The address that a request asked for, as far as it can be asked for again."""
    query = scope.get("query_string", b"").decode("latin-1")
    path = str(scope["path"])
    return f"{path}?{query}" if query else path


def _cookie(headers: Headers) -> str | None:
    """The gate's cookie among those of a request."""
    cookies: SimpleCookie = SimpleCookie()
    for header in headers.getlist("cookie"):
        try:
            cookies.load(header)
        except CookieError:
            continue
    morsel = cookies.get(COOKIE)
    return morsel.value if morsel else None


def _with_headers(send: Send) -> Send:
    """`send`, but with our headers on every response."""

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
        await send(message)

    return send_with_headers
