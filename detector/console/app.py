"""Adds the console to a service."""

from fastapi import FastAPI, Request, Response
from starlette.responses import RedirectResponse
from starlette.staticfiles import StaticFiles

from detector.console import account, sign_in, try_picture
from detector.console.admin import audit, keys, roles, users, webhooks
from detector.console.brand import (
    brands,
    catalogue,
    health,
    imports,
    notices,
    outcomes,
    products,
    questions,
    references,
    rights,
    sellers,
    standing,
)
from detector.console.inner_api import ApiProblem, open_client
from detector.console.lead import (
    figures,
    reference_records,
    service_state,
    thresholds,
)
from detector.console.rendering import FOLDER, page
from detector.console.review import (
    appeals,
    bulk,
    case,
    case_list,
    new_appeal,
    queues,
    steps,
)
from detector.console.viewer import SignInNeeded, Viewer, sign_in_path, viewer_of

ROUTERS = (
    account.router,
    try_picture.router,
    sign_in.router,
    case_list.router,
    case.router,
    thresholds.router,
    figures.router,
    reference_records.router,
    service_state.router,
    queues.router,
    steps.router,
    bulk.router,
    new_appeal.router,
    appeals.router,
    questions.router,
    notices.router,
    sellers.router,
    rights.router,
    outcomes.router,
    standing.router,
    brands.router,
    products.router,
    references.router,
    catalogue.router,
    imports.router,
    health.router,
    users.router,
    keys.router,
    roles.router,
    webhooks.router,
    audit.router,
)
FRAGMENT_HEADER = "HX-Request"


def add_console(app: FastAPI) -> None:
    """Add the pages to a service."""
    app.state.console_client = open_client(app)
    app.add_exception_handler(SignInNeeded, _lead_to_sign_in)
    app.add_exception_handler(ApiProblem, _show_problem)
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")


async def _lead_to_sign_in(request: Request, error: Exception) -> Response:
    if not isinstance(error, SignInNeeded):
        raise TypeError(f"{error!r} is no SignInNeeded")
    place = sign_in_path(error.next_path)
    if FRAGMENT_HEADER in request.headers:
        return Response(status_code=204, headers={"HX-Redirect": place})
    return RedirectResponse(place, 303)


async def _show_problem(request: Request, error: Exception) -> Response:
    """Show what the API refused, as a page or as the part that htmx asked for."""
    if not isinstance(error, ApiProblem):
        raise TypeError(f"{error!r} is no ApiProblem")
    is_part = FRAGMENT_HEADER in request.headers
    return page(
        request,
        "problem_part.html" if is_part else "problem.html",
        viewer=None if is_part else await _viewer_if_known(request),
        status=error.status,
        problem=error.problem,
    )


async def _viewer_if_known(request: Request) -> Viewer | None:
    """Find out who looks; None where the API refuses that too, as too many ask."""
    try:
        return await viewer_of(request)
    except (ApiProblem, SignInNeeded):
        return None
