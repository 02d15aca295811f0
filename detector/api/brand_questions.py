"""Routes of questions to brands."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.acting import actor_of
from detector.api.brand_question_schemas import (
    NewAnswer,
    NewQuestion,
    QuestionAnswer,
    QuestionId,
    QuestionOptions,
)
from detector.api.case_schemas import CaseId
from detector.api.flag_schemas import EvidenceOptions
from detector.api.match import FILE
from detector.api.openapi import problems
from detector.api.pagination import Page, link_to_next
from detector.api.permission import marketplace_of, needs, with_key
from detector.api.service import service_of
from detector.errors import Unknown
from detector.listings.flags.evidence import find_exhibit
from detector.listings.flags.flag_list import find_flag
from detector.matching.steps import Step, timed
from detector.review.questions.answer import answer_question, restriction
from detector.review.questions.ask import ask_brand
from detector.review.questions.question_list import (
    QuestionView,
    find_question,
    list_questions,
)
from detector.store.table import utc_now

router = APIRouter(
    prefix="/v1",
    tags=["brand questions"],
    dependencies=[with_key],
    responses=problems({404: "No such question, or none that the caller sees."}),
)

Asker = Annotated[Principal, Depends(needs(Capability.CASES_DECIDE))]
Reader = Annotated[Principal, Depends(needs(Capability.CASES_READ))]
Answerer = Annotated[Principal, Depends(needs(Capability.QUESTIONS_ANSWER))]


def as_answer(view: QuestionView) -> QuestionAnswer:
    """Show a question as the brand sees it."""
    row, listing = view.row, view.listing

    def said(name: str) -> str | None:
        value = listing.details.get(name)
        return None if value is None else str(value)

    return QuestionAnswer.model_validate(
        {
            "question_id": row.id,
            "case_id": row.case_id,
            "state": row.state,
            "question": row.text,
            "asked_at": row.asked_at,
            "answer_until": row.due_at,
            "brand": {"id": view.brand.id, "name": view.brand.name},
            "listing": {
                "id": listing.id,
                "marketplace_id": listing.marketplace,
                "listing_id": listing.external_id,
                "seller_id": listing.seller_id,
                **{
                    name: said(name)
                    for name in ("url", "title", "price", "currency", "condition")
                },
            },
            "images": [
                {
                    name: image.get(name)
                    for name in (
                        "position",
                        "sha256",
                        "reference_id",
                        "external_id",
                        "similarity",
                        "relation",
                    )
                }
                for image in view.case.images
            ],
            "answer": row.answer,
            "explanation": row.explanation,
            "answered_at": row.answered_at,
        }
    )


@router.post(
    "/cases/{case_id}/questions",
    operation_id="ask_brand",
    status_code=201,
    responses=problems({409: "The case is not held with this lease, or was changed."}),
)
def ask(
    request: Request,
    response: Response,
    caller: Asker,
    case_id: CaseId,
    new: NewQuestion,
) -> QuestionAnswer:
    """Ask the brand about a case that the caller holds; its silence gives it back."""
    with service_of(request).store.database.write() as session:
        row = ask_brand(
            session,
            case_id,
            actor=actor_of(caller),
            at=utc_now(),
            lease_token=new.lease_token,
            template=new.template,
            text=new.text,
            version=new.version,
        )
        answer = as_answer(find_question(session, row.id, brand_id=None))
    response.headers["Location"] = f"/v1/brand-questions/{answer.question_id}"
    return answer


@router.get("/brand-questions", operation_id="list_brand_questions")
def list_page(
    request: Request,
    response: Response,
    caller: Reader,
    options: Annotated[QuestionOptions, Query()],
) -> Page[QuestionAnswer]:
    """List questions, the first to be answered first; a brand sees its own."""
    _require_part(caller)
    with service_of(request).store.database.read() as session:
        views, next_cursor = list_questions(
            session,
            brand_id=caller.brand_id,
            to_brand=options.brand_id,
            state=options.state,
            case_id=options.case_id,
            cursor=options.cursor,
            limit=options.limit,
        )
        items = [as_answer(view) for view in views]
    return Page(items=items, next_cursor=link_to_next(request, response, next_cursor))


@router.get("/brand-questions/{question_id}", operation_id="show_brand_question")
def show(request: Request, caller: Reader, question_id: QuestionId) -> QuestionAnswer:
    """Show a question: the listing, its pictures, what they resemble."""
    _require_part(caller)
    with service_of(request).store.database.read() as session:
        return as_answer(find_question(session, question_id, brand_id=caller.brand_id))


@router.get(
    "/brand-questions/{question_id}/evidence",
    operation_id="show_brand_question_evidence",
    response_class=Response,
    responses={200: {"content": {"image/png": {"schema": FILE}}}},
)
async def show_evidence(
    request: Request,
    caller: Reader,
    question_id: QuestionId,
    options: Annotated[EvidenceOptions, Query()],
) -> Response:
    """Draw the listing's picture beside the brand's reference, as a PNG."""
    _require_part(caller)
    service = service_of(request)

    def work() -> bytes:
        engine = service.engine
        with service.store.database.read() as session:
            view = find_question(session, question_id, brand_id=caller.brand_id)
            if view.flag_id is None:
                raise Unknown(
                    "No picture of the listing was matched: a notice opened the case.",
                    remedy="Look at the listing itself.",
                )
            exhibit = find_exhibit(
                session,
                find_flag(session, view.flag_id, marketplace=None),
                position=options.position,
                reference_id=options.reference_id,
                review_threshold=engine.matcher.scoring.review_threshold,
            )
        with timed(service.metrics.observe, Step.EVIDENCE):
            return exhibit.draw(service.store.blobs, engine.extractor)

    async with service.pool.place():
        return Response(await service.pool.run(work), media_type="image/png")


@router.post(
    "/brand-questions/{question_id}/answer",
    operation_id="answer_brand_question",
    responses=problems({409: "It was answered, is over, or cannot act by itself."}),
)
def answer(
    request: Request, caller: Answerer, question_id: QuestionId, new: NewAnswer
) -> QuestionAnswer:
    """Answer for the brand: the answer is evidence, and a reviewer weighs it."""
    act = new.act_on
    with service_of(request).store.database.write() as session:
        answer_question(
            session,
            question_id,
            new.answer,
            actor=actor_of(caller),
            at=utc_now(),
            explanation=new.explanation,
            signed=new.signed,
            act_on=None if act is None else restriction(act.reason_code, act.right_id),
        )
        return as_answer(find_question(session, question_id, brand_id=caller.brand_id))


def _require_part(caller: Principal) -> None:
    """Let brands and the platform look; a marketplace learns no brand's answers."""
    if marketplace_of(caller) is not None:
        raise Unknown(
            "Questions are between the platform and brands.",
            remedy="GET /v1/cases shows how your cases stand.",
        )
