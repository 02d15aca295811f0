"""Pages of appeals: listed, and each with all that whoever decides it needs."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from detector.api.appeal_schemas import AppealState
from detector.console.inner_api import Answer, ApiProblem, path_of
from detector.console.rendering import page
from detector.console.review.decision_bar import read_reasons, read_rights
from detector.console.viewer import SignedIn, Viewer

STATES = AppealState.__args__  # type: ignore[attr-defined]
WAITING = "received"
ALL = "all"

router = APIRouter(prefix="/appeals", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Steps:
    """What a viewer can do with an appeal.

    Attributes:
        decided_before: they decided the case, so that somebody else has to hear it.
        can_take: it waits, and the viewer may take it up.
        is_held: the viewer has taken it up.
        can_forward: it can be handed on to the claimant.
        can_answer: the viewer can answer it for the claimant.
        can_withdraw: it is the viewer's side's, and can be taken back.
    """

    decided_before: bool
    can_take: bool
    is_held: bool
    can_forward: bool
    can_answer: bool
    can_withdraw: bool


@router.get("")
async def show_list(request: Request, viewer: SignedIn) -> Response:
    """List appeals; whoever decides them sees first what waits."""
    first = WAITING if viewer.may("appeals:decide") else ALL
    state = request.query_params.get("state") or first
    cursor = request.query_params.get("cursor")
    wanted = None if state == ALL else state
    found = await viewer.api.read("/appeals", state=wanted, cursor=cursor, limit=50)
    next_cursor = found["next_cursor"]
    query = urlencode({"state": state, "cursor": next_cursor or ""})
    return page(
        request,
        "appeals/list.html",
        viewer=viewer,
        appeals=found["items"],
        state=state,
        states=(ALL, *STATES),
        next_url=f"/appeals?{query}" if next_cursor else None,
    )


@router.get("/{appeal_id}")
async def show(request: Request, viewer: SignedIn, appeal_id: str) -> Response:
    """Show an appeal, what it is about, and what can be done with it."""
    return await _page(request, viewer, appeal_id)


@router.post("/{appeal_id}/{step}")
async def take_step(
    request: Request, viewer: SignedIn, appeal_id: str, step: str
) -> Response:
    """Do something with an appeal; what is refused is told, and what was typed kept."""
    if step not in BODIES:
        return Response(status_code=404)
    form = await request.form()
    typed = {name: str(value) for name, value in form.items() if value}
    body = {name: typed[name] for name in BODIES[step] if name in typed}
    path = path_of("appeals", appeal_id)
    try:
        await viewer.api.write("POST", f"{path}/{step}", body or None)
    except ApiProblem as refused:
        return await _page(request, viewer, appeal_id, refused=refused, typed=typed)
    return RedirectResponse(path, 303)


BODIES: Mapping[str, tuple[str, ...]] = {
    "take": (),
    "give-back": ("lease_token",),
    "decision": ("lease_token", "outcome", "answer", "reason_code", "right_id"),
    "forward": (),
    "claimant-answer": ("answer", "document", "note"),
    "withdraw": (),
}
"""Step → fields of its form that the API gets."""


async def _page(
    request: Request,
    viewer: Viewer,
    appeal_id: str,
    *,
    refused: ApiProblem | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    appeal = await viewer.api.read(path_of("appeals", appeal_id))
    path = path_of("cases", appeal["case_id"])
    case, pictures, reasons = await asyncio.gather(
        viewer.api.read(path),
        viewer.api.read(f"{path}/pictures"),
        read_reasons(viewer),
    )
    steps = _steps(viewer, appeal, case)
    is_complaint = appeal["kind"] == "notifier_complaint"
    rights: Answer = []
    if steps.is_held and is_complaint:
        rights = await read_rights(viewer, case["brand"]["id"])
    return page(
        request,
        "appeals/appeal.html",
        viewer=viewer,
        status=refused.status if refused else 200,
        problem=refused.problem if refused else None,
        typed=typed or {},
        appeal=appeal,
        case=case,
        pictures=pictures["items"],
        is_complaint=is_complaint,
        policy=await _policy(viewer, appeal["marketplace_id"]),
        says={each["code"]: each for kind in reasons.values() for each in kind},
        reasons_to_restrict=reasons["restrict"],
        rights=rights,
        steps=steps,
    )


async def _policy(viewer: Viewer, marketplace: str) -> Answer | None:
    """Read how the marketplace handles cases; brands are not shown."""
    if viewer.brand_id is not None:
        return None
    path = path_of("case-policies", marketplace)
    return (await viewer.api.read(path))["policy"]


def _steps(viewer: Viewer, appeal: Answer, case: Answer) -> Steps:
    decides, writes = viewer.may("appeals:decide"), viewer.may("appeals:write")
    is_live = appeal["state"] in ("received", "forwarded", "in_review")
    is_of_brand = appeal["kind"] == "notifier_complaint"
    deciders = {each["decided_by"] for each in case["decisions"]}
    lease = case["lease"]
    is_outside = viewer.brand_id is not None or viewer.marketplace is not None
    is_own_side = is_of_brand == (viewer.brand_id is not None)
    return Steps(
        decided_before=decides and is_live and viewer.id in deciders,
        can_take=decides and "take_appeal" in case["events"],
        is_held=decides
        and appeal["state"] == "in_review"
        and lease is not None
        and lease["token"] is not None,
        can_forward=decides
        and appeal["forwards"]
        and appeal["state"] == "received"
        and not is_of_brand,
        can_answer=writes
        and appeal["state"] == "forwarded"
        and viewer.marketplace is None,
        can_withdraw=writes and is_live and is_outside and is_own_side,
    )
