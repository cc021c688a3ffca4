"""The OpenAPI document of the HTTP API, as plain data."""

from __future__ import annotations

from typing import Any

from tlcore import __version__
from tlcore.serving.uploads import MOST_BODY, MOST_FILES, MOST_PICTURE

REFUSALS = {
    "400": "The form is broken, cut short or empty",
    "401": "No token, an unknown one, or one that was taken back",
    "403": "The token is for another classifier",
    "404": "There is no such classifier",
    "411": "The request does not say how long it is",
    "413": f"Over {MOST_BODY // 1_000_000} MB, or over {MOST_FILES} files",
    "415": "Neither a form with files nor a picture",
    "422": "The only file in the request is no picture that can be read",
    "429": "Too fast; Retry-After says how many seconds to wait",
    "503": "Busy; Retry-After says how many seconds to wait",
}


def document() -> dict[str, Any]:
    """OpenAPI 3.1."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Graft", "version": __version__, "description": "Ask a classifier."},
        "paths": {
            "/api/health": {"get": _health()},
            "/api/classifiers/{id}/predict": {"post": _predict()},
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Answer": _answer(), "Refused": _refused_file(), "Problem": _problem()},
        },
    }


def _health() -> dict[str, Any]:
    shape = _object(status={"const": "ok"}, version={"type": "string"})
    return {
        "summary": "Whether the server is alive",
        "operationId": "health",
        "responses": {"200": {"description": "It is", "content": _json(shape)}},
    }


def _predict() -> dict[str, Any]:
    file = {"type": "string", "contentMediaType": "image/*"}
    form = _object(files={"type": "array", "items": file, "maxItems": MOST_FILES})
    either = {"oneOf": [_reference("Answer"), _reference("Refused")]}
    answer = _object(classifier={"type": "string"}, answers={"type": "array", "items": either})
    problem = _json(_reference("Problem"))
    return {
        "summary": "What is in these pictures?",
        "description": (
            f"Up to {MOST_FILES} files, each up to {MOST_PICTURE // 1_000_000} MB: JPEG, PNG, "
            "WebP, GIF, BMP, TIFF, HEIC or AVIF. Answers come in the order of the files."
        ),
        "operationId": "predict",
        "security": [{"token": []}],
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
        ],
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {"schema": form},
                "image/*": {"schema": {"type": "string", "contentMediaType": "image/*"}},
            },
        },
        "responses": {
            "200": {"description": "One answer per picture", "content": _json(answer)},
            **{
                code: {"description": words, "content": problem} for code, words in REFUSALS.items()
            },
        },
    }


def _answer() -> dict[str, Any]:
    share = {"type": "number", "minimum": 0, "maximum": 1}
    return _object(
        file={"type": "string"},
        label={"type": "string", "description": "the likeliest label"},
        probability=share,
        declined={"type": "boolean", "description": "true: too unsure, “I don't know”"},
        probabilities={"type": "object", "additionalProperties": share},
    )


def _refused_file() -> dict[str, Any]:
    text = {"type": "string"}
    return _object(file=text, refused=text, remedy=text, reason=text)


def _problem() -> dict[str, Any]:
    text = {"type": "string"}
    return _object(error=text, message=text, remedy=text)


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
