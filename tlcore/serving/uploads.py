"""Pictures that come with a request: size first, then the form, then each picture by itself.

Nothing is parsed whose length is not said or is too large. It knows nothing of tokens.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request

from tlcore.errors import PictureRefused
from tlcore.images.decode import decode_with_size
from tlcore.images.reduction import WORKING_SIDE, encode, reduce

MOST_BODY = 64_000_000  # bytes of a whole request
MOST_PICTURE = 25_000_000  # bytes of one picture
MOST_FILES = 32
RAW = ("image/", "application/octet-stream")


class Refusal(Exception):
    """A response other than 200: its status, one word for programs, two sentences for people."""

    def __init__(self, status: int, error: str, message: str, remedy: str, wait: float = 0.0):
        super().__init__(message)
        self.status, self.error, self.message, self.remedy = status, error, message, remedy
        self.wait = wait  # seconds after which it may go better; 0 if it will not


@dataclass(frozen=True)
class Upload:
    """One picture of a request: the name it came with and its bytes, or None if it is too large."""

    name: str
    data: bytes | None


def check_length(request: Request) -> None:
    """Refuse by the headers alone what is too long or does not say how long it is."""
    length = request.headers.get("content-length")
    if length is None or not length.isascii() or not length.isdigit():
        raise Refusal(
            411, "length_required", "The request does not say how long it is.",
            "Send a Content-Length header.",
        )  # fmt: skip
    if int(length) > MOST_BODY:
        raise Refusal(
            413, "too_large",
            f"The request has {int(length) / 1e6:,.0f} MB; "
            f"the limit is {MOST_BODY // 1_000_000} MB.",
            "Send fewer or smaller pictures at a time.",
        )  # fmt: skip


async def receive(request: Request) -> list[Upload]:
    """The pictures of a request: a form with files, or one picture as the whole body."""
    check_length(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind == "multipart/form-data":
            uploads = await _from_form(request)
        elif kind.startswith(RAW):
            data = await request.body()
            uploads = [Upload("picture", data if len(data) <= MOST_PICTURE else None)]
        else:
            raise Refusal(
                415, "unsupported_type", f"{kind or 'A body without a type'} is not understood.",
                "Send multipart/form-data with files, or one picture as image/jpeg.",
            )  # fmt: skip
    except ClientDisconnect:
        raise Refusal(400, "cut_short", "The request was cut short.", "Send it again.") from None
    if not uploads:
        raise Refusal(
            400, "no_pictures", "There is no picture in the request.",
            "Send at least one file in the form.",
        )  # fmt: skip
    return uploads


async def _from_form(request: Request) -> list[Upload]:
    try:
        # one more than allowed, so that what is refused is told from a broken form
        async with request.form(max_files=MOST_FILES + 1, max_fields=100) as form:
            files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
            if len(files) > MOST_FILES:
                raise _too_many()
            return [
                Upload(
                    (file.filename or "picture")[:200],
                    await file.read() if (file.size or 0) <= MOST_PICTURE else None,
                )
                for file in files
            ]
    except (MultiPartException, HTTPException) as error:
        words = str(getattr(error, "message", "") or getattr(error, "detail", ""))
        if "too many files" in words.lower():
            raise _too_many() from error
        raise Refusal(
            400, "broken_form", "The form cannot be read.", "Send ordinary multipart/form-data."
        ) from error


def _too_many() -> Refusal:
    return Refusal(
        413, "too_many", f"There are more than {MOST_FILES} files in the request.",
        "Send fewer at a time.",
    )  # fmt: skip


def working_copy_of(upload: Upload) -> bytes:
    """The copy that the network looks at, as for every picture. Raises PictureRefused."""
    if upload.data is None:
        raise PictureRefused(
            f"The picture has more than {MOST_PICTURE // 1_000_000} MB.", "Make it smaller.",
            "too_large",
        )  # fmt: skip
    return encode(reduce(decode_with_size(upload.data, at_least=WORKING_SIDE).image))
