"""What is refused, as pages that people read."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from detector.api.authentication import is_protected
from detector.api.cookies import SAFE_METHODS, session_token
from detector.api.errors import Forbidden, Unauthorized
from detector.api.problems import (
    problem_response,
    render_http_exception,
    render_validation_error,
)
from detector.console.inner_api import ApiProblem
from detector.console.rendering import page
from detector.console.sign_in import require_same_site
from detector.console.viewer import (
    MAX_FIELDS,
    SignInNeeded,
    Viewer,
    is_form,
    read_viewer,
    sign_in_path,
)

FRAGMENT_HEADER = "HX-Request"
Render = Callable[[Request, Exception], Response]


def show_problems(app: FastAPI) -> None:
    """Let people be shown a page where programs get `application/problem+json`."""
    app.add_exception_handler(SignInNeeded, _lead_to_sign_in)
    app.add_exception_handler(ApiProblem, _show_problem)
    app.add_exception_handler(Forbidden, _shown(_render_forbidden))
    app.add_exception_handler(HTTPException, _shown(render_http_exception))
    app.add_exception_handler(RequestValidationError, _shown(render_validation_error))


async def _lead_to_sign_in(request: Request, error: Exception) -> Response:
    if not isinstance(error, SignInNeeded):
        raise TypeError(f"{error!r} is no SignInNeeded")
    place = sign_in_path(error.next_path)
    if FRAGMENT_HEADER in request.headers:
        return Response(status_code=204, headers={"HX-Redirect": place})
    if await _written(request):
        over = Unauthorized(
            "Your session is over, so nothing was sent.",
            remedy="Sign in, and repeat what you did; copy from here what you wrote.",
        )
        told = problem_response(over, request.state.request_id)
        return await _show(request, told.status_code, json.loads(bytes(told.body)))
    return RedirectResponse(place, 303)


async def _show_problem(request: Request, error: Exception) -> Response:
    """Show what the API refused."""
    if not isinstance(error, ApiProblem):
        raise TypeError(f"{error!r} is no ApiProblem")
    return await _show(request, error.status, error.problem)


def _render_forbidden(request: Request, error: Exception) -> Response:
    return problem_response(error, request.state.request_id)


def _shown(render: Render) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Show people what programs are told as JSON."""

    async def show(request: Request, error: Exception) -> Response:
        answer = render(request, error)
        is_part = FRAGMENT_HEADER in request.headers
        reads_pages = is_part or "text/html" in request.headers.get("accept", "")
        if is_protected(request.scope["path"]) or not reads_pages:
            return answer
        return await _show(request, answer.status_code, json.loads(bytes(answer.body)))

    return show


async def _show(request: Request, status: int, problem: Mapping[str, Any]) -> Response:
    """Show a problem as a page, or as the part that htmx asked for."""
    is_part = FRAGMENT_HEADER in request.headers
    return page(
        request,
        "problem_part.html" if is_part else "problem.html",
        viewer=None if is_part else await _viewer_if_known(request),
        status=status,
        problem=problem,
        # What could not be read before is not read now.
        written=[] if status in (400, 413) else await _written(request),
    )


async def _written(request: Request) -> list[str]:
    """Read what somebody wrote into a form of ours, so that it is not lost."""
    content_type = request.headers.get("content-type", "")
    if request.method in SAFE_METHODS or not is_form(content_type):
        return []
    try:
        require_same_site(request)
    except Forbidden:
        return []
    form = await request.form(max_fields=MAX_FIELDS)
    return [
        text
        for name, text in form.multi_items()
        # Chosen values have no blanks; passwords may.
        if isinstance(text, str) and " " in text.strip() and "password" not in name
    ]


async def _viewer_if_known(request: Request) -> Viewer | None:
    """Find out who looks; None where that is refused too, as when too many ask."""
    token = session_token(request.headers)
    if token is None:
        return None
    try:
        return await read_viewer(request, token)
    except ApiProblem:
        return None
