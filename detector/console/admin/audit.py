"""The page of the record of what was done, and by whom."""

import json
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from detector.console.admin.form_page import form_page
from detector.console.admin.typed_values import moment
from detector.console.brand.own_brand import more_path
from detector.console.inner_api import Answer, ApiProblem
from detector.console.viewer import SignedIn

FIELDS = ("case_id", "event", "actor", "actor_id", "subject", "subject_id")
TIMES = ("since", "until")

router = APIRouter(include_in_schema=False)


@router.get("/audit")
async def show(request: Request, viewer: SignedIn, cursor: str = "") -> Response:
    """Search the record, the newest first."""
    query = request.query_params
    given = {name: query.get(name, "").strip() for name in (*FIELDS, *TIMES)}
    wanted = {
        **{name: given[name] for name in FIELDS if given[name]},
        **{name: at for name in TIMES if (at := moment(given[name])) is not None},
    }
    steps: list[Answer] = []
    refused, following = None, None
    try:
        found = await viewer.api.read(
            "/audit", **wanted, cursor=cursor, newest_first=True
        )
    except ApiProblem as problem:
        if problem.status != 422:
            raise
        refused = problem
    else:
        steps, following = found["items"], found["next_cursor"]
    return form_page(
        request,
        "admin/audit.html",
        viewer=viewer,
        refused=refused,
        steps=[{**each, "written": _write_out(each)} for each in steps],
        given=given,
        csv_path=f"/v1/audit.csv?{urlencode(wanted)}",
        more=more_path(request, following),
    )


def _write_out(step: Answer) -> str:
    """Write what was recorded beside the columns, for whoever wants all of it."""
    rest = {
        name: step[name]
        for name in ("data", "versions", "number", "actor_id", "sha256")
        if step[name]
    }
    return json.dumps(rest, indent=1, ensure_ascii=False, sort_keys=True)
