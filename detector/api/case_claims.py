"""Routes of claims: who works on which case."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.acting import actor_of, scope_of
from detector.api.case_answers import as_answer
from detector.api.case_schemas import CaseAnswer, CaseId
from detector.api.decision_schemas import ClaimNext, Held, NextCase, Seen, Skip, Token
from detector.api.openapi import problems
from detector.api.permission import needs, with_key
from detector.api.service import service_of
from detector.api.small_body import SmallBody
from detector.review.advance import advance
from detector.review.move import Given
from detector.review.queue.case_list import find_case, view_cases
from detector.review.queue.claiming import claim_next, heartbeat
from detector.store.table import utc_now

REFUSALS = {
    403: "The caller's role, or scopes, do not allow it.",
    404: "No such case, or none that the caller sees.",
    409: "The case does not allow it as it stands, has changed, or is somebody else's.",
}
router = APIRouter(
    prefix="/v1/cases",
    tags=["cases"],
    dependencies=[with_key],
    route_class=SmallBody,
    responses=problems(REFUSALS),
)

Reviewer = Annotated[Principal, Depends(needs(Capability.CASES_DECIDE))]
Lead = Annotated[Principal, Depends(needs(Capability.CASES_LEAD))]


def take_step(
    request: Request,
    caller: Principal,
    case_id: str,
    event: str,
    given: Given,
    *,
    version: int,
) -> CaseAnswer:
    """Let a caller take a case a step further; show how it stands then."""
    scope = scope_of(caller)
    with service_of(request).store.database.write() as session:
        advance(
            session,
            case_id,
            event,
            actor=actor_of(caller),
            at=utc_now(),
            given=given,
            version=version,
        )
        return as_answer(find_case(session, case_id, scope=scope), scope)


@router.post("/claim-next", operation_id="claim_next_case")
def claim_the_next(request: Request, caller: Reviewer, wanted: ClaimNext) -> NextCase:
    """Take the case that is to be decided first, of those that are free.

    What is due soonest comes first, then what there is most to lose by; a share of the
    claims takes one that was drawn at random. What the caller passed on is not given
    to them again, nor a second opinion on their own.
    """
    scope = scope_of(caller)
    with service_of(request).store.database.write() as session:
        row = claim_next(session, actor_of(caller), at=utc_now(), queue=wanted.queue)
        found = [] if row is None else view_cases(session, [row], scope=scope)
        return NextCase(case=as_answer(found[0], scope) if found else None)


@router.post("/{case_id}/claim", operation_id="claim_case")
def claim(
    request: Request, caller: Reviewer, case_id: CaseId, seen: Seen
) -> CaseAnswer:
    """Take a case, or one that waits for a second opinion; nobody else can then."""
    return take_step(request, caller, case_id, "claim", Given(), version=seen.version)


@router.post("/{case_id}/steal", operation_id="steal_case")
def steal(request: Request, caller: Lead, case_id: CaseId, seen: Seen) -> CaseAnswer:
    """Take a case over from whoever holds it; that is on record."""
    return take_step(request, caller, case_id, "steal", Given(), version=seen.version)


@router.post("/{case_id}/heartbeat", operation_id="keep_case")
def keep(
    request: Request, caller: Reviewer, case_id: CaseId, held: Token
) -> CaseAnswer:
    """Say that the caller still works on a case: the lease begins anew."""
    scope = scope_of(caller)
    with service_of(request).store.database.write() as session:
        row = heartbeat(
            session,
            case_id,
            actor=actor_of(caller),
            at=utc_now(),
            lease_token=held.lease_token,
        )
        return as_answer(view_cases(session, [row], scope=scope)[0], scope)


@router.post("/{case_id}/release", operation_id="release_case")
def release(
    request: Request, caller: Reviewer, case_id: CaseId, held: Held
) -> CaseAnswer:
    """Give a case back."""
    given = Given(lease_token=held.lease_token)
    return take_step(request, caller, case_id, "release", given, version=held.version)


@router.post("/{case_id}/skip", operation_id="skip_case")
def skip(request: Request, caller: Reviewer, case_id: CaseId, held: Skip) -> CaseAnswer:
    """Pass a case on, and say why; passed on often, it goes to the leads."""
    given = Given(lease_token=held.lease_token, reason_code=held.reason_code)
    return take_step(request, caller, case_id, "skip", given, version=held.version)
