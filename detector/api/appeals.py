"""Routes of appeals: received, handed on, decided by somebody else."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.acting import actor_of
from detector.api.appeal_schemas import (
    AppealAnswer,
    AppealDecision,
    AppealId,
    AppealOptions,
    ClaimantAnswer,
    HeldAppeal,
    NewAppeal,
    TakenAppeal,
)
from detector.api.case_schemas import CaseId
from detector.api.openapi import problems
from detector.api.pagination import Page, link_to_next
from detector.api.permission import marketplace_of, needs, with_key
from detector.api.service import service_of
from detector.errors import InvalidInput
from detector.review.appeals.appeal import DMCA, GivenAppeal
from detector.review.appeals.appeal_list import (
    AppealFilter,
    AppealView,
    find_appeal,
    list_appeals,
)
from detector.review.appeals.decide import (
    LIVE,
    answer_as_claimant,
    give_appeal_back,
    opinion,
    overturn,
    take_appeal,
    uphold,
    withdraw_appeal,
)
from detector.review.appeals.receive import (
    complete_appeal,
    forward_appeal,
    receive_appeal,
)
from detector.review.clocks.regimes import read_regime
from detector.store.table import utc_now

router = APIRouter(
    prefix="/v1",
    tags=["appeals"],
    dependencies=[with_key],
    responses=problems(
        {
            404: "No such appeal or case, or none that the caller sees.",
            409: "It cannot be done as things stand.",
        }
    ),
)

Reader = Annotated[Principal, Depends(needs(Capability.APPEALS_READ))]
Writer = Annotated[Principal, Depends(needs(Capability.APPEALS_WRITE))]
Decider = Annotated[Principal, Depends(needs(Capability.APPEALS_DECIDE))]


def as_answer(view: AppealView, caller: Principal) -> AppealAnswer:
    """Show an appeal as far as the caller may know it."""
    row = view.row
    # A claimant is given the contact where the law has it handed on (17 USC 512(g)).
    is_told = caller.brand_id is None or (
        row.created_by == caller.id or view.case.regime == DMCA
    )
    is_inside = caller.brand_id is None and caller.marketplace is None
    is_live = row.state in LIVE
    given = row.claimant_answer
    return AppealAnswer.model_validate(
        {
            "appeal_id": row.id,
            "external_id": row.external_id,
            "case_id": row.case_id,
            "title": view.listing.details.get("title"),
            "brand": {"id": view.brand.id, "name": view.brand.name},
            "marketplace_id": view.case.marketplace,
            "forwards": read_regime(view.case.regime).forwards,
            "kind": row.kind,
            "state": row.state,
            "grounds": row.grounds,
            "explanation": row.explanation,
            "documents": row.documents,
            "signed": sorted(row.statements),
            "contact": row.contact if is_told else None,
            "missing": row.missing,
            "claimant_answer": None if given is None else given["answer"],
            "answer": row.answer,
            "due_at": view.case.due_at if is_inside and is_live else None,
            "received_at": row.received_at,
            "forwarded_at": row.forwarded_at,
            "decided_at": row.decided_at,
        }
    )


def _given(new: NewAppeal) -> GivenAppeal:
    return GivenAppeal(
        kind=new.kind,
        grounds=new.grounds,
        explanation=new.explanation,
        external_id=new.external_id,
        documents=[each.model_dump() for each in new.documents],
        signed=new.signed,
        contact=new.contact.model_dump(exclude_none=True),
    )


@router.post("/cases/{case_id}/appeals", operation_id="appeal", status_code=201)
def receive(
    request: Request,
    response: Response,
    caller: Writer,
    case_id: CaseId,
    new: NewAppeal,
) -> AppealAnswer:
    """Appeal against a decision; the receipt says what is missing, if anything is."""
    seen = marketplace_of(caller)
    with service_of(request).store.database.write() as session:
        row = receive_appeal(
            session, case_id, _given(new), actor=actor_of(caller), at=utc_now()
        )
        view = find_appeal(session, row.id, brand_id=caller.brand_id, marketplace=seen)
        answer = as_answer(view, caller)
    response.headers["Location"] = f"/v1/appeals/{answer.appeal_id}"
    return answer


@router.get("/appeals", operation_id="list_appeals")
def list_page(
    request: Request,
    response: Response,
    caller: Reader,
    options: Annotated[AppealOptions, Query()],
) -> Page[AppealAnswer]:
    """List appeals, in the order in which they came."""
    wanted = AppealFilter(
        state=options.state,
        case_id=options.case_id,
        brand_id=caller.brand_id,
        marketplace=marketplace_of(caller),
    )
    with service_of(request).store.database.read() as session:
        views, next_cursor = list_appeals(
            session, wanted, cursor=options.cursor, limit=options.limit
        )
        items = [as_answer(view, caller) for view in views]
    return Page(items=items, next_cursor=link_to_next(request, response, next_cursor))


@router.get("/appeals/{appeal_id}", operation_id="show_appeal")
def show(request: Request, caller: Reader, appeal_id: AppealId) -> AppealAnswer:
    """Show an appeal: what was said, what it lacks, what was decided."""
    with service_of(request).store.database.read() as session:
        view = find_appeal(
            session,
            appeal_id,
            brand_id=caller.brand_id,
            marketplace=marketplace_of(caller),
        )
        return as_answer(view, caller)


@router.put("/appeals/{appeal_id}", operation_id="complete_appeal")
def complete(
    request: Request, caller: Writer, appeal_id: AppealId, new: NewAppeal
) -> AppealAnswer:
    """Send an incomplete appeal again, whole."""
    with service_of(request).store.database.write() as session:
        complete_appeal(
            session, appeal_id, _given(new), actor=actor_of(caller), at=utc_now()
        )
        view = find_appeal(session, appeal_id, brand_id=None, marketplace=None)
        return as_answer(view, caller)


@router.post("/appeals/{appeal_id}/forward", operation_id="forward_appeal")
def forward(request: Request, caller: Decider, appeal_id: AppealId) -> AppealAnswer:
    """Hand an appeal on to the claimant, where the regime does so."""
    with service_of(request).store.database.write() as session:
        forward_appeal(session, appeal_id, actor=actor_of(caller), at=utc_now())
        view = find_appeal(session, appeal_id, brand_id=None, marketplace=None)
        return as_answer(view, caller)


@router.post("/appeals/{appeal_id}/claimant-answer", operation_id="answer_appeal")
def answer_appeal(
    request: Request, caller: Writer, appeal_id: AppealId, new: ClaimantAnswer
) -> AppealAnswer:
    """Show that a court is seized, or take the claim back."""
    if (new.document is not None) != (new.answer == "sues"):
        raise InvalidInput(
            "A document goes with `sues`, and with nothing else.",
            remedy="Name the document that shows the suit, or withdraw without one.",
        )
    with service_of(request).store.database.write() as session:
        answer_as_claimant(
            session,
            appeal_id,
            actor=actor_of(caller),
            at=utc_now(),
            document=new.document,
            note=new.note,
        )
        view = find_appeal(session, appeal_id, brand_id=None, marketplace=None)
        return as_answer(view, caller)


@router.post("/appeals/{appeal_id}/take", operation_id="take_appeal")
def take(request: Request, caller: Decider, appeal_id: AppealId) -> TakenAppeal:
    """Take an appeal up; whoever decided the case before cannot."""
    with service_of(request).store.database.write() as session:
        case = take_appeal(session, appeal_id, actor=actor_of(caller), at=utc_now())
        view = find_appeal(session, appeal_id, brand_id=None, marketplace=None)
        return TakenAppeal.model_validate(
            {
                "lease_token": case.lease_token,
                "leased_until": case.leased_until,
                "case_version": case.version,
                "appeal": as_answer(view, caller),
            }
        )


@router.post("/appeals/{appeal_id}/give-back", operation_id="give_appeal_back")
def give_back(
    request: Request, caller: Decider, appeal_id: AppealId, held: HeldAppeal
) -> AppealAnswer:
    """Leave an appeal to another appeals reviewer."""
    with service_of(request).store.database.write() as session:
        give_appeal_back(
            session,
            appeal_id,
            actor=actor_of(caller),
            at=utc_now(),
            lease_token=held.lease_token,
        )
        view = find_appeal(session, appeal_id, brand_id=None, marketplace=None)
        return as_answer(view, caller)


@router.post("/appeals/{appeal_id}/decision", operation_id="decide_appeal")
def decide(
    request: Request, caller: Decider, appeal_id: AppealId, new: AppealDecision
) -> AppealAnswer:
    """Decide an appeal, with reasons; what was wrong is lifted."""
    actor, at = actor_of(caller), utc_now()
    with service_of(request).store.database.write() as session:
        if new.outcome == "upheld":
            uphold(
                session,
                appeal_id,
                actor=actor,
                at=at,
                lease_token=new.lease_token,
                answer=new.answer,
            )
        else:
            code = new.reason_code
            overturn(
                session,
                appeal_id,
                actor=actor,
                at=at,
                lease_token=new.lease_token,
                answer=new.answer,
                restriction=None if code is None else opinion(code, new.right_id),
            )
        view = find_appeal(session, appeal_id, brand_id=None, marketplace=None)
        return as_answer(view, caller)


@router.post("/appeals/{appeal_id}/withdraw", operation_id="withdraw_appeal")
def withdraw(request: Request, caller: Writer, appeal_id: AppealId) -> AppealAnswer:
    """Take an appeal back: what was decided holds."""
    with service_of(request).store.database.write() as session:
        withdraw_appeal(session, appeal_id, actor=actor_of(caller), at=utc_now())
        view = find_appeal(session, appeal_id, brand_id=None, marketplace=None)
        return as_answer(view, caller)
