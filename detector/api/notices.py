"""Routes of notices: what brands claim of listings, and what became of it."""

import io
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.acting import actor_of
from detector.api.list_file import CSV_BODY, read_list_file
from detector.api.notice_schemas import (
    NewNotice,
    NoticeAnswer,
    NoticeCsvOptions,
    NoticeFileAnswer,
    NoticeId,
    NoticeOptions,
    WithdrawnItems,
)
from detector.api.openapi import problems
from detector.api.pagination import Page, link_to_next
from detector.api.permission import marketplace_of, needs, with_key
from detector.api.service import service_of
from detector.errors import WrongRole
from detector.review.notices.give import complete_notice, give_notice
from detector.review.notices.notice import WARNING, GivenNotice, NoticeItem
from detector.review.notices.notice_file import give_in_parts, read_items
from detector.review.notices.notice_list import (
    NoticeFilter,
    NoticeView,
    find_notice,
    list_notices,
)
from detector.review.notices.withdraw import withdraw_notice
from detector.store.table import utc_now

PREFIX = "/v1/notices"

router = APIRouter(
    prefix=PREFIX,
    tags=["notices"],
    dependencies=[with_key],
    responses=problems({404: "No such notice, or none that the caller sees."}),
)

Reader = Annotated[Principal, Depends(needs(Capability.NOTICES_READ))]
Writer = Annotated[Principal, Depends(needs(Capability.NOTICES_WRITE))]


def as_answer(view: NoticeView, caller: Principal) -> NoticeAnswer:
    """Show a notice; who gave it is no marketplace's business."""
    row, is_told = view.row, marketplace_of(caller) is None
    return NoticeAnswer.model_validate(
        {
            "notice_id": row.id,
            "external_id": row.external_id,
            "state": row.state,
            "brand_id": row.brand_id,
            "marketplace_id": row.marketplace,
            "right_id": row.right_id,
            "reason_code": row.reason_code,
            "explanation": row.explanation,
            "territories": row.territories,
            "message_to_seller": row.message_to_seller,
            "notifier": row.notifier if is_told else None,
            "contact": row.contact if is_told else None,
            "evidence": row.evidence,
            "discloses_identity": row.discloses_identity,
            "signed": sorted(row.statements),
            "missing": row.missing,
            "warning": WARNING,
            "items": [
                {
                    "listing_id": item.external_id,
                    "url": item.url,
                    "image_position": item.image_position,
                    "state": item.state,
                    "reason_code": item.reason_code,
                    "case_id": item.case_id,
                    "decided_at": item.decided_at,
                }
                for item in view.items
            ],
            "received_at": row.received_at,
            "decided_at": row.decided_at,
            "withdrawn_at": row.withdrawn_at,
        }
    )


def _given(new: NewNotice) -> GivenNotice:
    return GivenNotice(
        marketplace=new.marketplace_id,
        reason_code=new.reason_code,
        explanation=new.explanation,
        items=[
            NoticeItem(item.listing_id, item.url, item.image_position)
            for item in new.items
        ],
        notifier=new.notifier.model_dump(exclude_none=True),
        right_id=new.right_id,
        external_id=new.external_id,
        contact=new.contact.model_dump(exclude_none=True),
        evidence=[each.model_dump() for each in new.evidence],
        signed=new.signed,
        territories=new.territories,
        message_to_seller=new.message_to_seller,
        discloses_identity=new.discloses_identity,
    )


@router.post(
    "",
    operation_id="give_notice",
    status_code=201,
    responses=problems({409: "A notice has that external_id already."}),
)
def give(
    request: Request, response: Response, caller: Writer, new: NewNotice
) -> NoticeAnswer:
    """Give notice of listings; the receipt says what is missing, if anything is."""
    actor, brand_id = actor_of(caller), _brand_of(caller)
    with service_of(request).store.database.write() as session:
        row = give_notice(
            session, _given(new), actor=actor, brand_id=brand_id, at=utc_now()
        )
        answer = as_answer(find_notice(session, row.id), caller)
    service_of(request).wake_worker()
    response.headers["Location"] = f"{PREFIX}/{answer.notice_id}"
    return answer


@router.post(
    "/csv",
    operation_id="give_notice_by_file",
    openapi_extra=CSV_BODY,
)
async def give_by_file(
    request: Request, caller: Writer, options: Annotated[NoticeCsvOptions, Query()]
) -> NoticeFileAnswer:
    """Give notice of the listings of a file: `listing_id` and perhaps `url` in a row.

    Of more than 300 listings several notices are made. Rows that cannot be used are
    told, and the others are kept.
    """
    actor, brand_id = actor_of(caller), _brand_of(caller)
    data = await read_list_file(request)
    service = service_of(request)

    def work() -> NoticeFileAnswer:
        items, problems = read_items(io.BytesIO(data))
        with service.store.database.write() as session:
            ids = give_in_parts(
                session,
                GivenNotice(
                    marketplace=options.marketplace_id,
                    reason_code=options.reason_code,
                    explanation=options.explanation,
                    items=items,
                    notifier={"name": options.name, "email": options.email},
                    right_id=options.right_id,
                    signed=options.signed,
                ),
                actor=actor,
                brand_id=brand_id,
                at=utc_now(),
            )
            notices = [
                as_answer(find_notice(session, notice_id), caller) for notice_id in ids
            ]
        return NoticeFileAnswer.model_validate(
            {
                "notices": notices,
                "problems": [
                    {
                        "row": each.row,
                        "column": each.column,
                        "code": each.code,
                        "message": each.message,
                        "remedy": each.remedy,
                    }
                    for each in problems
                ],
            }
        )

    answer = await run_in_threadpool(work)
    service.wake_worker()
    return answer


@router.get("", operation_id="list_notices")
def list_page(
    request: Request,
    response: Response,
    caller: Reader,
    options: Annotated[NoticeOptions, Query()],
) -> Page[NoticeAnswer]:
    """List notices, with what became of each listing."""
    seen = marketplace_of(caller)
    is_foreign = (
        seen is not None and options.marketplace_id not in (None, seen)
    ) or caller.brand_id not in (None, options.brand_id or caller.brand_id)
    if is_foreign:
        return Page(items=[], next_cursor=None)
    wanted = NoticeFilter(
        state=options.state,
        brand_id=caller.brand_id or options.brand_id,
        marketplace=seen or options.marketplace_id,
    )
    with service_of(request).store.database.read() as session:
        views, next_cursor = list_notices(
            session,
            wanted,
            cursor=options.cursor,
            limit=options.limit,
            newest_first=options.newest_first,
        )
        items = [as_answer(view, caller) for view in views]
    return Page(items=items, next_cursor=link_to_next(request, response, next_cursor))


@router.get("/{notice_id}", operation_id="show_notice")
def show(request: Request, caller: Reader, notice_id: NoticeId) -> NoticeAnswer:
    """Show a notice: its receipt, what it lacks, what became of each listing."""
    with service_of(request).store.database.read() as session:
        return as_answer(
            find_notice(
                session,
                notice_id,
                brand_id=caller.brand_id,
                marketplace=marketplace_of(caller),
            ),
            caller,
        )


@router.put(
    "/{notice_id}",
    operation_id="complete_notice",
    responses=problems({409: "The notice is not incomplete."}),
)
def complete(
    request: Request, caller: Writer, notice_id: NoticeId, new: NewNotice
) -> NoticeAnswer:
    """Send an incomplete notice again, whole."""
    actor, _ = actor_of(caller), _brand_of(caller)
    with service_of(request).store.database.write() as session:
        complete_notice(session, notice_id, _given(new), actor=actor, at=utc_now())
        answer = as_answer(find_notice(session, notice_id), caller)
    service_of(request).wake_worker()
    return answer


@router.post(
    "/{notice_id}/withdraw",
    operation_id="withdraw_notice",
    responses=problems({409: "It was withdrawn before."}),
)
def withdraw(
    request: Request, caller: Writer, notice_id: NoticeId, taken: WithdrawnItems
) -> NoticeAnswer:
    """Take a notice back; what was restricted because of it alone is lifted."""
    actor, _ = actor_of(caller), _brand_of(caller)
    with service_of(request).store.database.write() as session:
        withdraw_notice(
            session,
            notice_id,
            actor=actor,
            at=utc_now(),
            listing_ids=taken.listing_ids,
        )
        return as_answer(find_notice(session, notice_id), caller)


def _brand_of(caller: Principal) -> str:
    """Say for which brand a caller gives notice; nobody does so for another."""
    if caller.brand_id is None:
        raise WrongRole(
            "Notice is given by a brand.",
            remedy="Use a key, or log in as a user, of the brand.",
        )
    return caller.brand_id
