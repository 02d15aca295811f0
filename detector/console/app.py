"""Adds the console to a service."""

import os

from fastapi import FastAPI, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

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
from detector.console.inner_api import open_client
from detector.console.lead import (
    figures,
    reference_records,
    service_state,
    thresholds,
)
from detector.console.problem_pages import show_problems
from detector.console.rendering import FOLDER
from detector.console.review import (
    appeals,
    bulk,
    case,
    case_list,
    new_appeal,
    queues,
    steps,
)

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


def add_console(app: FastAPI) -> None:
    """Add the pages to a service."""
    app.state.console_client = open_client(app)
    show_problems(app)
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", _KeptFiles(directory=FOLDER / "static"), name="static")


class _KeptFiles(StaticFiles):
    """Lets a browser keep a file, and ask each time whether it is still the same."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers["Cache-Control"] = "no-cache"
        return answer
