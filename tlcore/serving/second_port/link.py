"""A share link in the local network: a try-only page for one classifier, on a second port.

It carries nothing else: no project, no other page, no API. Its address holds 192 random bits, and
it ends with the server, or when it is closed.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import anyio.to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tlcore.errors import GraftError
from tlcore.serving.prediction_service import Engine, PredictionService, manifest_of
from tlcore.serving.rate_limit import RateLimit
from tlcore.serving.second_port.page import local_address, page, with_headers
from tlcore.serving.second_port.port import SecondPort
from tlcore.serving.uploads import Refusal, receive

PAGE = Path(__file__).with_name("link.html")
NAMED = 12
PICTURES_AT_ONCE, PICTURES_PER_SECOND = 20.0, 2.0  # per visitor
There = Callable[[str], bool]  # the id of a run → whether it was not deleted


@dataclass(frozen=True)
class Link:
    """One classifier that is shared: which, where it lies, and the key in its address."""

    run_id: str
    folder: Path
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24))


def link_app(link: Link, engine: Callable[[], Engine], there: There) -> Starlette:
    """The whole of what the second port serves."""
    service = PredictionService(engine)
    rate = RateLimit(PICTURES_AT_ONCE, PICTURES_PER_SECOND)

    async def show(request: Request) -> Response:
        """The page that names the labels."""
        labels = manifest_of(link.folder).labels
        more = f" and {len(labels) - NAMED} more" if len(labels) > NAMED else ""
        return page(PAGE, labels=", ".join(labels[:NAMED]) + more)

    async def predict(request: Request) -> Response:
        """The prediction for one picture."""
        visitor = request.client.host if request.client else ""
        if (wait := rate.wait(visitor)) > 0:
            raise Refusal(429, "too_fast", "That was very quick.", "Wait a moment.", wait)
        pictures = await receive(request)
        [prediction] = await service.predict(link.folder, pictures[:1])
        if "refused" in prediction:
            words, remedy = prediction["refused"], prediction["remedy"]
            raise Refusal(422, prediction["reason"], words, remedy)
        return JSONResponse(prediction)

    routes = [
        Route("/{key}", _guarded(link, there, show), methods=["GET"]),
        Route("/{key}", _guarded(link, there, predict), methods=["POST"]),
    ]
    return Starlette(routes=routes)


def _guarded(
    link: Link, there: There, handler: Callable[[Request], Awaitable[Response]]
) -> Callable[[Request], Awaitable[Response]]:
    """Only with the key and while the run is there; what goes wrong in two sentences."""

    async def guarded(request: Request) -> Response:
        known = hmac.compare_digest(request.path_params["key"].encode(), link.key.encode())
        if not (known and await anyio.to_thread.run_sync(there, link.run_id)):
            return with_headers(PlainTextResponse("Not found", 404))
        try:
            response = await handler(request)
        except Refusal as refusal:
            words = {"message": refusal.message, "remedy": refusal.remedy}
            response = JSONResponse(words, refusal.status)
        except GraftError as error:
            words = {"message": error.message, "remedy": error.remedy}
            response = JSONResponse(words, 503)
        return with_headers(response)

    return guarded


class LinkServer:
    """The second port: closed until `open`. One classifier at a time. Safe for many threads.

    `there` says whether a run is still there; of one that was deleted, nothing is shown.
    """

    def __init__(
        self,
        engine: Callable[[], Engine],
        host: str = "0.0.0.0",
        there: There = lambda run_id: True,
    ) -> None:
        self._engine, self._there = engine, there
        self._lock = threading.Lock()
        self._port = SecondPort("share-link", host)
        self.link: Link | None = None

    def open(self, run_id: str, folder: Path) -> Link:
        """Share a classifier under a new address; an older link is closed.

        Raises:
            GraftError: no port can be listened on.
        """
        with self._lock:
            self._close()
            link = Link(run_id, folder)
            self._start(link)
            self.link = link
            return link

    def close(self) -> None:
        """Close the link and the port."""
        with self._lock:
            self._close()

    @property
    def address(self) -> str | None:
        """What others in the network open; None while nothing is shared."""
        link = self.link
        return None if link is None else f"http://{local_address()}:{self._port.number}/{link.key}"

    def _start(self, link: Link) -> None:
        try:
            self._port.open(link_app(link, self._engine, self._there))
        except OSError as problem:
            raise GraftError(
                f"No port can be opened for others ({problem.strerror or problem}).",
                "Take the classifier away as a web page instead.",
            ) from problem

    def _close(self) -> None:
        self._port.close()
        self.link = None
