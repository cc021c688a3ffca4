"""How large a request may be, counted while it comes in, whatever its headers say."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.types import Message, Receive

UPLOAD_PATH = re.compile(r"/_stcore/upload_file/([^/]+)/")
MEGABYTE = 1_000_000
MOST_DIGITS = 18  # of a Content-Length
MOST_REQUEST = 80 * MEGABYTE  # anything but an upload; the API counts more strictly by itself
SHARED_FILE, SHARED_SESSION = 200 * MEGABYTE, 600 * MEGABYTE
LOCAL_FILE, LOCAL_SESSION = 4_096 * MEGABYTE, 8_192 * MEGABYTE


class BodyTooLarge(Exception):
    """More bytes came than may come."""


@dataclass(frozen=True)
class UploadLimits:
    """Bytes of one uploaded file, and of all that a visitor's session holds at once."""

    file: int
    session: int

    @classmethod
    def of(cls, *, shared: bool) -> UploadLimits:
        """A Graft that others can reach takes less than one on its own computer."""
        return cls(SHARED_FILE, SHARED_SESSION) if shared else cls(LOCAL_FILE, LOCAL_SESSION)

    def of_request(self, path: str, held: Callable[[str], int]) -> int:
        """How many bytes the body of a request to `path` may have.

        `held` says how many bytes a session holds already.
        """
        upload = UPLOAD_PATH.search(path)
        if upload is None:
            return MOST_REQUEST
        # a form around the file has some bytes of its own
        return max(0, min(self.file, self.session - held(upload[1]))) + MEGABYTE


def framing_problem(headers: Mapping[str, str], most: int) -> tuple[int, str] | None:
    """The status and sentence for a request whose headers alone are reason to refuse it."""
    length = headers.get("content-length")
    if length is not None and "transfer-encoding" in headers:
        return 400, "The request says in two ways how long it is."
    if length is None:
        return None
    if not (length.isascii() and length.isdigit()):
        return 400, "The request does not say how long it is."
    if len(length) > MOST_DIGITS or int(length) > most:  # int() refuses thousands of digits
        return 413, f"The request is larger than {most // MEGABYTE:,} MB."
    return None


def counted(receive: Receive, most: int) -> Receive:
    """`receive`, but raising BodyTooLarge as soon as more than `most` bytes have come."""
    came = 0

    async def receive_counted() -> Message:
        nonlocal came
        message = await receive()
        if message["type"] == "http.request":
            came += len(message.get("body", b""))
            if came > most:
                raise BodyTooLarge
        return message

    return receive_counted
