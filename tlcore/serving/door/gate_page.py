"""The page that asks for the pass-phrase: plain HTML without a script, for any browser."""

from __future__ import annotations

import math
from pathlib import Path
from urllib.parse import parse_qs

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tlcore.serving.door.gate import COOKIE, SECONDS

PATH = "/gate"
MOST_FORM = 8_192  # bytes
MOST_ADDRESS = 2_000
PAGE = Path(__file__).with_name("gate.html")

_template = Environment(autoescape=True).from_string(PAGE.read_text(encoding="utf-8"))


def gate_page(wanted: str, *, wait: float = 0.0, wrong: bool = False) -> Response:
    """The form; it leads on to the address `wanted`. `wait` is in seconds."""
    html = _template.render(
        action=PATH, wanted=safe_address(wanted), wait=math.ceil(wait), wrong=wrong
    )
    headers = {"Cache-Control": "no-store"}
    if wait:
        headers["Retry-After"] = str(math.ceil(wait))
    return HTMLResponse(html, 429 if wait else 401, headers)


async def typed_passphrase(request: Request) -> tuple[str, str]:
    """What was typed, and the address that was wanted. Raises BodyTooLarge."""
    form = parse_qs((await request.body()).decode("utf-8", "replace"))
    return form.get("passphrase", [""])[0], form.get("wanted", ["/"])[0]


def welcomed(cookie: str, wanted: str, *, secure: bool) -> Response:
    """On to the wanted page, with the cookie that opens it."""
    response = RedirectResponse(safe_address(wanted), 303, {"Cache-Control": "no-store"})
    response.set_cookie(
        COOKIE, cookie, max_age=SECONDS, httponly=True, samesite="lax", secure=secure
    )
    return response


def safe_address(wanted: str) -> str:
    """An address inside this server: anything else becomes the first page."""
    inside = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    plain = wanted.isascii() and wanted.isprintable() and "\\" not in wanted
    gate = wanted.partition("?")[0] == PATH
    return wanted if inside and plain and not gate and len(wanted) <= MOST_ADDRESS else "/"
