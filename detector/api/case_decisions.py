"""Routes of decisions: what people make of cases."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.acting import actor_of, scope_of
from detector.api.case_answers import as_answer
from detector.api.case_claims import REFUSALS, Lead, Reviewer, take_step
from detector.api.case_details import CommentAnswer
from detector.api.case_schemas import CaseAnswer, CaseId
from detector.api.decision_schemas import (
    CourtOrder,
    Dismissal,
    NewComment,
    Noted,
    Restriction,
    SecondOpinion,
    Seen,
)
from detector.api.openapi import problems
from detector.api.permission import needs, with_key
from detector.api.service import service_of
from detector.review.decisions.comments import add_comment, take_noted_step
from detector.review.decisions.decide import (
    Kind,
    Opinion,
    decide,
    give_second_opinion,
)
from detector.review.decisions.orders import Order, apply_order
from detector.review.move import Given
from detector.review.queue.case_list import find_case
from detector.store.table import utc_now

router = APIRouter(
    prefix="/v1/cases",
    tags=["cases"],
    dependencies=[with_key],
    responses=problems(REFUSALS),
)

Lawyer = Annotated[Principal, Depends(needs(Capability.ORDERS_APPLY))]


@router.post("/{case_id}/restrict", operation_id="restrict_case")
def restrict(
    request: Request, caller: Reviewer, case_id: CaseId, given: Restriction
) -> CaseAnswer:
    """Decide that the listings are to be restricted.

    It takes a person who has logged in, a right that holds, and more than similar
    pictures. The rules may ask for a second opinion, or for the seller to be heard
    first; nothing is sent before `undo_until`.
    """
    opinion = Opinion(Kind.RESTRICT, given.reason_code, given.right_id, given.note)
    return _decide(request, caller, case_id, opinion, given)


@router.post("/{case_id}/dismiss", operation_id="dismiss_case")
def dismiss(
    request: Request, caller: Reviewer, case_id: CaseId, given: Dismissal
) -> CaseAnswer:
    """Decide that nothing is done; nobody is told before `undo_until`."""
    opinion = Opinion(Kind.NO_ACTION, given.reason_code, note=given.note)
    return _decide(request, caller, case_id, opinion, given)


@router.post("/{case_id}/second-opinion", operation_id="give_second_opinion")
def give_opinion(
    request: Request, caller: Reviewer, case_id: CaseId, given: SecondOpinion
) -> CaseAnswer:
    """Say what somebody else makes of it, who has not seen the first opinion.

    If both would restrict, it is done; otherwise it goes to a lead.
    """
    scope = scope_of(caller)
    opinion = Opinion(Kind(given.kind), given.reason_code, given.right_id, given.note)
    with service_of(request).store.database.write() as session:
        give_second_opinion(
            session,
            case_id,
            opinion,
            actor=actor_of(caller),
            at=utc_now(),
            lease_token=given.lease_token,
            version=given.version,
        )
        return as_answer(find_case(session, case_id, scope=scope), scope)


@router.post("/{case_id}/void", operation_id="void_case")
def void(request: Request, caller: Lead, case_id: CaseId, given: Noted) -> CaseAnswer:
    """Take a first opinion back without a verdict, and close the case."""
    return _take_noted_step(request, caller, case_id, "void", given)


@router.post("/{case_id}/undo", operation_id="undo_decision")
def undo(request: Request, caller: Reviewer, case_id: CaseId, seen: Seen) -> CaseAnswer:
    """Take a decision back before anybody outside was told: its maker or a lead."""
    return take_step(request, caller, case_id, "undo", Given(), version=seen.version)


@router.post("/{case_id}/revoke", operation_id="revoke_decision")
def revoke(request: Request, caller: Lead, case_id: CaseId, given: Noted) -> CaseAnswer:
    """Take a restriction back later: what was restricted is lifted."""
    return _take_noted_step(request, caller, case_id, "revoke", given)


@router.post("/{case_id}/reopen", operation_id="reopen_case")
def reopen(request: Request, caller: Lead, case_id: CaseId, given: Noted) -> CaseAnswer:
    """Open a case again: there is new evidence. It goes to the leads."""
    return _take_noted_step(request, caller, case_id, "reopen", given)


@router.post(
    "/{case_id}/court-orders", operation_id="apply_court_order", status_code=201
)
def order(
    request: Request, caller: Lawyer, case_id: CaseId, given: CourtOrder
) -> CaseAnswer:
    """Do as a court or an authority has ordered, whatever was decided before."""
    scope = scope_of(caller)
    with service_of(request).store.database.write() as session:
        apply_order(
            session,
            case_id,
            Order(given.order),
            actor=actor_of(caller),
            at=utc_now(),
            document=given.document,
            note=given.note,
            version=given.version,
        )
        return as_answer(find_case(session, case_id, scope=scope), scope)


@router.post("/{case_id}/comments", operation_id="comment_case", status_code=201)
def comment(
    request: Request, caller: Reviewer, case_id: CaseId, given: NewComment
) -> CommentAnswer:
    """Say something to colleagues; nobody outside the platform sees it."""
    with service_of(request).store.database.write() as session:
        row = add_comment(
            session, case_id, given.text, actor=actor_of(caller), at=utc_now()
        )
        return CommentAnswer(
            id=row.id, author=row.author, text=row.text, created_at=row.created_at
        )


def _decide(
    request: Request,
    caller: Principal,
    case_id: str,
    opinion: Opinion,
    given: Dismissal,
) -> CaseAnswer:
    scope = scope_of(caller)
    with service_of(request).store.database.write() as session:
        decide(
            session,
            case_id,
            opinion,
            actor=actor_of(caller),
            at=utc_now(),
            lease_token=given.lease_token,
            version=given.version,
        )
        return as_answer(find_case(session, case_id, scope=scope), scope)


def _take_noted_step(
    request: Request, caller: Principal, case_id: str, event: str, given: Noted
) -> CaseAnswer:
    scope = scope_of(caller)
    with service_of(request).store.database.write() as session:
        take_noted_step(
            session,
            case_id,
            event,
            given.note,
            actor=actor_of(caller),
            at=utc_now(),
            version=given.version,
        )
        return as_answer(find_case(session, case_id, scope=scope), scope)
