"""What both pages on a second port share: their headers, their one page of HTML, their address."""

from __future__ import annotations

import html
import secrets
import socket
from pathlib import Path
from string import Template

from starlette.responses import HTMLResponse, Response

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def page(template: Path, **fields: str | int) -> Response:
    """A file of HTML with its $fields filled in as text; only its own scripts and styles run."""
    nonce = secrets.token_urlsafe(16)
    texts = {name: html.escape(str(value)) for name, value in fields.items()}
    content = Template(template.read_text(encoding="utf-8")).substitute(texts, nonce=nonce)
    policy = (
        "default-src 'none'; connect-src 'self'; img-src blob:; base-uri 'none'; "
        f"form-action 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'"
    )
    return HTMLResponse(content, headers={"Content-Security-Policy": policy})


def with_headers(response: Response) -> Response:
    """The same response with the headers that every one of a second port has."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def local_address() -> str:
    """The address by which others in the network reach this computer, found without sending."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # reserved for documentation: nobody is there
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"
