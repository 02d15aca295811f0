"""Every failure as one JSON object, `application/problem+json` (RFC 9457)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ConfigDict, Field
from starlette.exceptions import HTTPException

from detector.api.errors import (
    FieldProblem,
    IdempotencyInProgress,
    InvalidRequest,
    MalformedBody,
    MethodNotAllowed,
    NotFound,
)
from detector.api.schemas import Wire
from detector.api.template import template_of
from detector.errors import Conflict, DetectorError, NotNow
from detector.store.database import is_conflict

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 2
MAX_FIELDS = 20
MAX_NAME_CHARS = 100


class FieldAnswer(Wire):
    """What is wrong with one field of the body, or with one parameter."""

    detail: str = Field(description="What is wrong with it.")
    pointer: str | None = Field(
        description="JSON pointer into the body, as in `#/countries/0`; null for a "
        "parameter."
    )
    parameter: str | None = Field(
        description="Of the query, the path or the head; null for a field of the body."
    )


class Problem(Wire):
    """Why a request failed, and what to do about it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:detector:problem:unreadable_image",
                    "title": "Unreadable image",
                    "status": 422,
                    "detail": "The JPEG picture is damaged or cut short.",
                    "code": "unreadable_image",
                    "remedy": "Send the original file again.",
                    "request_id": "0b2cbd3a1f0e4d5c9a7e6f8d1c2b3a49",
                    "errors": None,
                }
            ]
        },
    )

    type: str = Field(description="URN of the kind of problem; ends in `code`.")
    title: str = Field(description="The kind of problem, in words.")
    status: int = Field(description="The HTTP status.", ge=400, le=599)
    detail: str = Field(description="What is wrong with this request.")
    code: str = Field(description="Stable, for programs.", pattern="^[a-z_]+$")
    remedy: str = Field(description="What to do about it.")
    request_id: str = Field(description="Finds the request in the service's log.")
    errors: list[FieldAnswer] | None = Field(
        description="Every field and parameter that does not fit, "
        f"{MAX_FIELDS} at most; null where the request fails as a whole."
    )


class InternalError(DetectorError):
    """A mistake of ours."""


def problem_response(
    error: Exception, request_id: str, headers: dict[str, str] | None = None
) -> Response:
    """Render any exception; one that is not ours says nothing about itself."""
    if is_conflict(error):
        error = Conflict(
            "What is there already stands against this request.",
            remedy="Read it again, then send the request again as it should be now.",
        )
    if not isinstance(error, DetectorError):
        error = InternalError(
            "The service failed on this request, which is a mistake of its own.",
            remedy="Tell whoever runs the service the request_id.",
        )
    problem = Problem(
        type=f"urn:detector:problem:{error.code}",
        title=error.code.replace("_", " ").capitalize(),
        status=error.status,
        detail=str(error.args[0]),
        code=error.code,
        remedy=error.remedy,
        request_id=request_id,
        errors=_field_answers(error),
    )
    headers = dict(headers or {})
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="detector"'
    if isinstance(error, NotNow):
        headers["Retry-After"] = str(error.retry_after_s)
    elif error.status == HTTPStatus.SERVICE_UNAVAILABLE or isinstance(
        error, IdempotencyInProgress
    ):
        headers["Retry-After"] = str(RETRY_AFTER_S)
    return Response(
        problem.model_dump_json(),
        status_code=error.status,
        headers=headers,
        media_type=MEDIA_TYPE,
    )


def render_http_exception(request: Request, error: Exception) -> Response:
    """Put the framework's own refusals into our form."""
    if not isinstance(error, HTTPException):
        raise TypeError(f"{error!r} is no HTTPException")
    path, method = request.url.path[:200], request.method
    ours: DetectorError
    if isinstance(error.__cause__, DetectorError):  # raised while a body was read
        ours = error.__cause__
    elif error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        ours = MethodNotAllowed(
            f"{path} does not take {method}.",
            remedy="Use a method that the Allow header names.",
        )
    elif error.status_code == HTTPStatus.NOT_FOUND:
        ours = NotFound(
            f"There is nothing at {path}.", remedy="/openapi.json lists what there is."
        )
    else:
        ours = MalformedBody(
            f"{method} {path}: {error.detail}",
            remedy="/openapi.json says what the request should be.",
        )
    headers = dict(error.headers or {})
    if isinstance(ours, MethodNotAllowed) and (methods := _methods_at(request)):
        headers["Allow"] = ", ".join(methods)
    return problem_response(ours, request.state.request_id, headers)


def _methods_at(request: Request) -> list[str]:
    """List what a path takes; the framework knows of its first route only."""
    described = request.app.openapi()["paths"]
    return sorted(map(str.upper, described.get(template_of(request.scope), [])))


def render_validation_error(request: Request, error: Exception) -> Response:
    """Name the fields and parameters that do not fit."""
    if not isinstance(error, RequestValidationError):
        raise TypeError(f"{error!r} is no RequestValidationError")
    fields = [_field_problem(each) for each in error.errors()]
    first = fields[0]
    name = first.pointer or first.parameter
    more = f" There are {len(fields) - 1:,} more." if len(fields) > 1 else ""
    kind = "body's field" if first.pointer else "parameter"
    ours = InvalidRequest(
        f"The {kind} {name!r}: {first.detail}.{more}",
        remedy="/openapi.json says which values it takes.",
        fields=fields[:MAX_FIELDS],
    )
    return problem_response(ours, request.state.request_id)


def _field_problem(error: Mapping[str, Any]) -> FieldProblem:
    """Take over what the framework found wrong with one field."""
    place, *parts = error["loc"]
    names = [str(part)[:MAX_NAME_CHARS] for part in parts]
    detail = str(error["msg"])
    if place != "body":
        return FieldProblem(detail, parameter=".".join(names))
    steps = (quote(n.replace("~", "~0").replace("/", "~1"), safe="~") for n in names)
    return FieldProblem(detail, pointer="/".join(["#", *steps]))


def _field_answers(error: DetectorError) -> list[FieldAnswer] | None:
    fields: Sequence[FieldProblem] = (
        error.fields if isinstance(error, InvalidRequest) else ()
    )
    return [
        FieldAnswer(detail=f.detail, pointer=f.pointer, parameter=f.parameter)
        for f in fields
    ] or None


def render_problems(app: FastAPI) -> None:
    """Let the app answer in this form where the framework refuses a request."""
    app.add_exception_handler(HTTPException, render_http_exception)
    app.add_exception_handler(RequestValidationError, render_validation_error)
