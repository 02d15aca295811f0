"""What the forms of the decision bar do, for browsers without our script too."""

from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request, Response
from starlette.responses import RedirectResponse

from detector.console.admin.typed_values import whole
from detector.console.inner_api import Answer, path_of
from detector.console.review.decision_bar import ANY_QUEUE
from detector.console.viewer import SignedIn, Viewer

STEPS = frozenset(
    {
        "claim",
        "steal",
        "undo",
        "release",
        "skip",
        "dismiss",
        "restrict",
        "second-opinion",
        "questions",
        "comments",
        "void",
        "revoke",
        "reopen",
    }
)
LEAVES = frozenset({"skip", "dismiss", "restrict", "second-opinion", "questions"})
"""Steps after which the next case of the queue is worked on."""
DECISIONS = frozenset({"dismiss", "restrict", "second-opinion"})
OURS = frozenset({"csrf", "queue"})
"""Fields that the API does not get."""

router = APIRouter(include_in_schema=False)


@router.post("/review/next")
async def go_on(
    viewer: SignedIn, queue: str = Form(ANY_QUEUE), after: str = Form("")
) -> Response:
    """Lead to the next case of a queue: one that the viewer holds, or a free one."""
    return RedirectResponse(await next_path(viewer, queue, after=after), 303)


@router.post("/cases/{case_id}/{step}")
async def take(request: Request, viewer: SignedIn, case_id: str, step: str) -> Response:
    """Take a step with a case, and go on."""
    form = await request.form()
    queue = str(form.get("queue") or "") or None
    body = {name: _value(name, str(value)) for name, value in form.items()}
    body = {name: value for name, value in body.items() if name not in OURS}
    if step not in STEPS:
        return Response(status_code=404)
    path = path_of("cases", case_id)
    done = await viewer.api.write("POST", f"{path}/{step}", body)
    if step == "undo" and queue is not None:
        seen = {"version": done["version"]}
        await viewer.api.write("POST", f"{path}/claim", seen)
    if step == "release" and queue is not None:
        return RedirectResponse("/review", 303)
    if step not in LEAVES or queue is None:
        return RedirectResponse(case_path(case_id, queue), 303)
    decided = case_id if step in DECISIONS else None
    return RedirectResponse(
        await next_path(viewer, queue, after=case_id, decided=decided), 303
    )


async def next_path(
    viewer: Viewer, queue: str, *, after: str = "", decided: str | None = None
) -> str:
    """Name the page of the next case, which is the viewer's then.

    Args:
        viewer: who works.
        queue: on which.
        after: the case that they look at, which is not the next.
        decided: the case that was decided just now, to be undone there.
    """
    wanted = None if queue == ANY_QUEUE else queue
    held: Answer = await viewer.api.read("/cases", mine=True, order="deadline")
    for case in held["items"]:
        of_queue = "second" if case["state"] == "awaiting_second" else case["queue"]
        if case["case_id"] != after and wanted in (None, of_queue):
            return case_path(case["case_id"], queue, decided=decided)
    claimed = await viewer.api.write("POST", "/cases/claim-next", {"queue": wanted})
    if claimed["case"] is None:
        query = {"empty": queue, "decided": decided}
        return "/review?" + urlencode({k: v for k, v in query.items() if v})
    return case_path(claimed["case"]["case_id"], queue, decided=decided)


def case_path(case_id: str, queue: str | None, *, decided: str | None = None) -> str:
    """Name the page of a case, worked on as one of a queue."""
    query = {"queue": queue, "decided": decided}
    text = urlencode({name: value for name, value in query.items() if value})
    return f"/cases/{case_id}" + (f"?{text}" if text else "")


def _value(name: str, text: str) -> str | int | None:
    return whole(text) if name == "version" else text or None
