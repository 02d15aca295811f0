"""How the service describes itself: OpenAPI 3.1 at /openapi.json."""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from detector.api.authentication import is_protected
from detector.api.idempotency import MAX_KEY_LENGTH, STORING_NOTHING, WRITING
from detector.api.problems import MEDIA_TYPE, Problem
from detector.api.schemas import Wire
from detector.listings.intake.event_fields import ListingEventFields

Responses = dict[int | str, dict[str, Any]]
Described = dict[str, Any]

REFUSALS = {
    401: "No valid key.",
    403: "The role does not allow it.",
    404: "There is no such thing, or none that the caller sees.",
    422: "A parameter or a field does not fit, or the bytes are no picture.",
    429: "Too many requests: try again after the time in Retry-After.",
    500: "A mistake of the service.",
    503: "Not ready, or too much to do: try again after the time in Retry-After.",
}
"""How any request can fail."""

REFUSALS_OF_WRITES = {
    400: "The body is not what its Content-Type says.",
    408: "The body did not arrive in time.",
    409: "What is there stands against it, or the first request with this "
    "Idempotency-Key is being worked on.",
    413: "The body or the picture is over a limit.",
    415: "A body of that type is not taken.",
}

HEADERS: Described = {
    "X-Request-ID": {
        "description": "Finds the request in the service's log.",
        "schema": {"type": "string"},
    },
    "RateLimit-Policy": {
        "description": 'How many requests one may make: `"default";q=6000;w=60`.',
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": "How many are left, and the seconds until some come back: "
        '`"default";r=5990;t=60`.',
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds to wait.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "Idempotency-Replayed": {
        "description": "`true` where the answer was given before.",
        "schema": {"type": "string"},
    },
}

PARAMETERS: Described = {
    "X-Request-ID": {
        "name": "X-Request-ID",
        "in": "header",
        "description": "A name for the request, of up to 64 letters, digits, `.`, `_` "
        "and `-`; others are replaced.",
        "schema": {"type": "string"},
    },
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "New for each request and sent again with each repetition of "
        "it: the request is then done once, and answered as it was the first time. "
        "Kept for 24 hours. Answers that ask to be tried again (408, 409, 429, 5xx) "
        "are not kept; a secret that was answered is not either.",
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": MAX_KEY_LENGTH,
            "pattern": "^[!#-~]+$",
        },
        "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
    },
}


def problems(meanings: Mapping[int, str]) -> Responses:
    """Declare answers of a route that are problems.

    Args:
        meanings: status → what it means there, where that says more than `REFUSALS`.
    """
    return {
        status: {"description": meaning, "model": Problem, "content": {MEDIA_TYPE: {}}}
        for status, meaning in meanings.items()
    }


class Api(FastAPI):
    """An app that says once what is true of all routes.

    It also mends two things in the framework's description, which would declare
    problems as plain JSON and take the nulls out of examples.
    """

    def openapi(self) -> Described:
        """Describe the routes."""
        if self.openapi_schema is None:
            described = super().openapi()
            components = described["components"]
            components["headers"] = HEADERS
            components["parameters"] = PARAMETERS
            components["schemas"] |= _schemas_of_large_bodies()
            for path, operations in described["paths"].items():
                for method, operation in operations.items():
                    _complete(operation, path, method.upper())
            for model in _below(Wire):
                schema = components["schemas"].get(model.__name__, {})
                if "examples" in schema:
                    schema["examples"] = model.model_json_schema()["examples"]
            self.openapi_schema = described
        return self.openapi_schema


def _complete(operation: Described, path: str, method: str) -> None:
    """Add to an operation what is true of all like it."""
    is_write = method in WRITING
    takes_key = is_write and is_protected(path) and path not in STORING_NOTHING
    refusals = REFUSALS if is_protected(path) or is_write else {}
    if is_write:
        refusals = refusals | REFUSALS_OF_WRITES
    responses = operation["responses"]
    for status, meaning in refusals.items():
        responses.setdefault(str(status), {"description": meaning})
    for status, response in responses.items():
        if int(status) >= 400:
            schema = {"$ref": "#/components/schemas/Problem"}
            response["content"] = {MEDIA_TYPE: {"schema": schema}}
        names = ["X-Request-ID"]
        if is_protected(path):
            names += ["RateLimit-Policy", "RateLimit"]
        if status in {"429", "503"}:
            names.append("Retry-After")
        if takes_key and int(status) < 500:
            names.append("Idempotency-Replayed")
        headers = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
        response["headers"] = {**headers, **response.get("headers", {})}
    names = ["X-Request-ID", *(["Idempotency-Key"] if takes_key else [])]
    operation.setdefault("parameters", []).extend(
        {"$ref": f"#/components/parameters/{name}"} for name in names
    )


def _schemas_of_large_bodies() -> Described:
    """Describe what routes read by themselves, as it may be too large for others."""
    _, described = models_json_schema(
        [(ListingEventFields, "validation")],
        ref_template="#/components/schemas/{model}",
    )
    schemas: Described = described["$defs"]
    return schemas


def _below(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for each in model.__subclasses__():
        yield each
        yield from _below(each)
