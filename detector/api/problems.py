"""Every failure as one JSON object, `application/problem+json` (RFC 9457)."""

from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from detector.api.errors import (
    InvalidRequest,
    MalformedBody,
    MethodNotAllowed,
    NotFound,
    Unauthorized,
)
from detector.errors import DetectorError

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 2


class Problem(BaseModel):
    """Why a request failed, and what to do about it."""

    model_config = ConfigDict(
        extra="forbid",
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


class InternalError(DetectorError):
    """A mistake of ours."""


def problem_response(
    error: Exception, request_id: str, headers: dict[str, str] | None = None
) -> Response:
    """Render any exception; one that is not ours says nothing about itself."""
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
    )
    headers = dict(headers or {})
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = 'Bearer realm="detector"'
    if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
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
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
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
    return problem_response(ours, request.state.request_id, headers)


def render_validation_error(request: Request, error: Exception) -> Response:
    """Name the first parameter that does not fit."""
    if not isinstance(error, RequestValidationError):
        raise TypeError(f"{error!r} is no RequestValidationError")
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"][1:])
    ours = InvalidRequest(
        f"The {first['loc'][0]} parameter {name[:100]!r}: {first['msg']}.",
        remedy="/openapi.json says which values it takes.",
    )
    return problem_response(ours, request.state.request_id)


def render_problems(app: FastAPI) -> None:
    """Let the app answer in this form where the framework refuses a request."""
    app.add_exception_handler(HTTPException, render_http_exception)
    app.add_exception_handler(RequestValidationError, render_validation_error)
