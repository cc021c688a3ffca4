"""The HTTP API: what is in these pictures? One token per classifier, in the Authorization header.

Routes for Starlette, handed the services of the server. Every response other than 200 is
{"error", "message", "remedy"}: one word for programs, two sentences for people.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import wraps
from pathlib import Path
from typing import Protocol

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import Receive, Scope, Send

from tlcore import __version__
from tlcore.classifier.manifest import CLASSIFIER_FOLDER, has_classifier
from tlcore.errors import GraftError, NotFound
from tlcore.serving.openapi import document
from tlcore.serving.prediction_service import Engine, PredictionService
from tlcore.serving.rate_limit import RateLimit
from tlcore.serving.uploads import Refusal, check_length, receive
from tlcore.workspace import Workspace

Handler = Callable[["Api", Request], Awaitable[Response]]
PICTURES_AT_ONCE, PICTURES_PER_SECOND = 500.0, 100.0  # per token
WRONG_AT_ONCE, WRONG_PER_SECOND = 20.0, 0.2  # wrong tokens, per address
MOST_WAITING = 128  # requests at once; more are sent away at once instead of piling up

log = logging.getLogger(__name__)


class Services(Protocol):
    """What the server has."""

    @property
    def workspace(self) -> Workspace: ...

    @property
    def engine(self) -> Engine: ...


def routes(services: Callable[[], Services]) -> list[BaseRoute]:
    """The routes under /api, all of it: no address there leads on to the pages of the app.

    `services` is called for each request.
    """
    api = Api(services)
    own = [
        Route("/health", api.health),
        Route("/openapi.json", api.openapi),
        Route("/classifiers/{id}/predict", api.predict, methods=["POST"]),
    ]
    return [Mount("/api", app=Router(own, redirect_slashes=False, default=_unknown_address))]


def with_refusals(handler: Handler) -> Handler:
    """Turn what goes wrong into plain JSON; what nobody foresaw is logged and said in short."""

    @wraps(handler)
    async def respond(self: Api, request: Request) -> Response:
        try:
            return await handler(self, request)
        except Refusal as refusal:
            return _refused(refusal)
        except NotFound as error:
            return _refused(Refusal(404, "not_found", error.message, error.remedy))
        except GraftError as error:
            return _refused(Refusal(503, "unavailable", error.message, error.remedy, 5.0))
        except Exception:  # the last line before the network: no traceback leaves the server
            log.exception("a request failed")
            return _refused(
                Refusal(500, "failed", "Something went wrong in Graft.", "Try once more.")
            )

    return respond


class Api:
    """The handlers, with their limits."""

    def __init__(self, services: Callable[[], Services]) -> None:
        self._services = services
        self._service = PredictionService(lambda: services().engine)
        self._rate = RateLimit(PICTURES_AT_ONCE, PICTURES_PER_SECOND)
        self._wrong = RateLimit(WRONG_AT_ONCE, WRONG_PER_SECOND)
        self._waiting = 0

    async def health(self, request: Request) -> Response:
        """That the server is alive, and nothing about what is in it."""
        return JSONResponse({"status": "ok", "version": __version__})

    async def openapi(self, request: Request) -> Response:
        """What this API is, for programs that read OpenAPI."""
        return JSONResponse(document())

    @with_refusals
    async def predict(self, request: Request) -> Response:
        """Predictions for one or many pictures. The token is looked at before the body is."""
        if self._waiting >= MOST_WAITING:
            raise Refusal(503, "busy", "Too many are asking just now.", "Try again soon.", 1.0)
        self._waiting += 1
        try:
            caller, folder = await self._allowed(request)
            check_length(request)
            self._slow_down(caller, 1.0)
            uploads = await receive(request)
            self._slow_down(caller, len(uploads) - 1.0)
            predictions = await self._service.predict(folder, uploads)
        finally:
            self._waiting -= 1
        only = predictions[0] if len(predictions) == 1 else {}
        if "refused" in only:
            raise Refusal(422, only["reason"], only["refused"], only["remedy"])
        return JSONResponse({"classifier": request.path_params["id"], "answers": predictions})

    async def _allowed(self, request: Request) -> tuple[str, Path]:
        """Whose token it is, and the folder of its classifier.

        A token is looked up whatever else came from its address: behind one address there may be
        many, and a good token is no guess. Neither is a missing one.
        """
        address = request.client.host if request.client else ""
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise _unauthorized("There is no token in the Authorization header.")
        return await anyio.to_thread.run_sync(
            self._open, address, secret.strip(), request.path_params["id"]
        )

    def _open(self, address: str, secret: str, run_id: str) -> tuple[str, Path]:
        workspace = self._services().workspace
        token = workspace.tokens.find(secret)
        if token is None:
            raise self._unknown(address, "This token is not known.")
        if token.revoked is not None:
            raise self._unknown(address, "This token was taken back.")
        run = workspace.runs.get(run_id)
        if run.deleted is not None or workspace.projects.get(run.project_id).deleted is not None:
            raise NotFound("This classifier was deleted.", "Bring it back in Graft.")
        if token.run_id != run.id:
            raise Refusal(
                403, "wrong_classifier", "This token is for another classifier.",
                "Make one for this classifier on the Take away page.",
            )  # fmt: skip
        folder = workspace.runs.folder(run.id) / CLASSIFIER_FOLDER
        if not has_classifier(folder):
            raise NotFound("This run left no classifier.", "Train it again.")
        return f"token {token.id}", folder

    def _unknown(self, address: str, message: str) -> Refusal:
        """The refusal of a token that opens nothing, which counts as a guess."""
        if (wait := self._wrong.wait(address)) > 0:
            return _too_many_attempts(wait)
        return _unauthorized(message)

    def _slow_down(self, caller: str, cost: float) -> None:
        if (wait := self._rate.wait(caller, cost)) > 0:
            raise Refusal(
                429, "too_fast", "Too many pictures came in a short time.",
                f"Wait {max(1, round(wait))} s.", wait,
            )  # fmt: skip


async def _unknown_address(scope: Scope, receive: Receive, send: Send) -> None:
    """What an address under /api gets that is none of its own."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close"})
        return
    refusal = Refusal(
        404, "not_found", "The API has no such address.", "Its addresses are in /api/openapi.json."
    )
    await _refused(refusal)(scope, receive, send)


def _unauthorized(message: str) -> Refusal:
    return Refusal(
        401, "unauthorized", message,
        "Send “Authorization: Bearer …” with a token from the Take away page.",
    )  # fmt: skip


def _too_many_attempts(wait: float) -> Refusal:
    return Refusal(
        429, "too_many_attempts", "Too many wrong tokens came from this address.",
        f"Wait {max(1, round(wait))} s.", wait,
    )  # fmt: skip


def _refused(refusal: Refusal) -> JSONResponse:
    headers = {"Connection": "close"} if refusal.status in (411, 413) else {}
    if refusal.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if refusal.wait:
        headers["Retry-After"] = str(max(1, round(refusal.wait)))
    body = {"error": refusal.error, "message": refusal.message, "remedy": refusal.remedy}
    return JSONResponse(body, refusal.status, headers)
