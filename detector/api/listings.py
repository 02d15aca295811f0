"""Routes of listings: events in, and what was found."""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.body import read_body
from detector.api.errors import (
    BodyTooLarge,
    FieldProblem,
    InvalidRequest,
    MalformedBody,
)
from detector.api.flags import as_answer as as_flag_answer
from detector.api.json_bodies import require_json_type
from detector.api.listing_schemas import (
    EVENTS_BODY,
    MAX_EVENTS,
    EventFaultAnswer,
    FullListingAnswer,
    ListingAnswer,
    ListingDetails,
    ListingImageAnswer,
    ListingOptions,
    OutcomeAnswer,
    OutcomeCounts,
    OutcomesAnswer,
)
from detector.api.openapi import problems
from detector.api.pagination import Page, link_to_next
from detector.api.permission import marketplace_of, needs, with_key
from detector.api.schemas import MatchedReference
from detector.api.service import Service, service_of
from detector.listings.formats import match_as_json
from detector.listings.intake.batch_json import RepeatedName, parse_batch
from detector.listings.intake.event import EventFault, ListingEvent, read_event
from detector.listings.intake.listing_list import (
    ListingFilter,
    ListingView,
    list_listings,
    view_listing,
)
from detector.listings.intake.take import Outcome, Status, take_events
from detector.listings.pictures.result import PictureResult
from detector.store.counting import Counted
from detector.store.listing_tables import ListingImageRow, ListingRow

MAX_SHOWN_ID = 200
MAX_VALUES = 2_000_000
"""What a body may hold at most, counted by separators: each takes memory to parse."""

router = APIRouter(prefix="/v1/listings", tags=["listings"], dependencies=[with_key])

Reader = Annotated[Principal, Depends(needs(Capability.LISTINGS_READ))]
Writer = Annotated[Principal, Depends(needs(Capability.LISTINGS_WRITE))]


@router.post(
    "",
    operation_id="send_listings",
    openapi_extra=EVENTS_BODY,
    responses=problems(
        {
            403: "The role does not allow it, or the key names no marketplace.",
            413: "The body is over DETECTOR_MAX_LISTINGS_BYTES.",
            429: "Too many requests, or too many listings wait to be scanned: try "
            "again after the time in Retry-After. Nothing was taken.",
        }
    ),
)
async def send_listings(request: Request, caller: Writer) -> OutcomesAnswer:
    """Say what happened to listings: 1 to 500 events, which may come again.

    Each event is taken or refused by itself. It says all of its listing: what an
    update leaves out is gone. Pictures are looked at soon after; what is found is told
    in events, and by GET /v1/listings/{id}.
    """
    service = service_of(request)
    settings = service.settings
    marketplace = marketplace_of(caller)
    require_json_type(request.headers.get("content-type"))
    async with service.intake.place():
        body = await read_body(
            request,
            max_bytes=settings.max_listings_bytes,
            timeout_s=settings.body_timeout_s,
            setting="DETECTOR_MAX_LISTINGS_BYTES",
        )
        return await service.intake.run(lambda: _take(service, body, marketplace))


def _take(service: Service, body: bytes, marketplace: str | None) -> OutcomesAnswer:
    settings = service.settings
    given = _events_of(body)
    read = [
        read_event(
            raw, marketplace=marketplace, max_image_bytes=settings.max_image_bytes
        )
        for raw in given
    ]
    events = [each for each in read if isinstance(each, ListingEvent)]
    outcomes = iter(
        take_events(service.store, events, max_queued=settings.max_queued_listings)
    )
    results = [
        _taken(n, each, next(outcomes))
        if isinstance(each, ListingEvent)
        else _unread(n, raw, each)
        for n, (raw, each) in enumerate(zip(given, read, strict=True))
    ]
    counts = Counter(str(result.status) for result in results)
    for status in Status:
        service.metrics.count(Counted(f"listing.{status}"), counts[status.value])
    if counts[Status.ACCEPTED]:
        service.wake_worker()
    return OutcomesAnswer(
        results=results,
        counts=OutcomeCounts(
            **{status.value: counts[status.value] for status in Status}
        ),
    )


def _events_of(body: bytes) -> list[object]:
    """Take a body apart into what should be events.

    Raises:
        BodyTooLarge: parsing it would take a multiple of its size.
        MalformedBody: it is no JSON.
        InvalidRequest: it is something else than some events.
    """
    if sum(body.count(separator) for separator in (b",", b"[", b"{")) > MAX_VALUES:
        raise BodyTooLarge(
            f"The body holds over {MAX_VALUES:,} values.",
            remedy="Send fewer events at once.",
        )
    try:
        parsed = parse_batch(body)
        if isinstance(parsed, RepeatedName):
            raise ValueError("the object has the same name twice")
    except ValueError as error:
        raise MalformedBody(
            f"The body is not the JSON it should be: {str(error)[:200]}.",
            remedy="Let a JSON library write the body, in UTF-8.",
        ) from error
    listings = parsed.get("listings") if isinstance(parsed, dict) else None
    wrong = pointer = None
    if not isinstance(parsed, dict) or parsed.keys() != {"listings"}:
        wrong, pointer = "The body is no object with `listings` and no other name", "#"
    elif not isinstance(listings, list):
        wrong, pointer = "`listings` is no list", "#/listings"
    elif not 1 <= len(listings) <= MAX_EVENTS:
        wrong, pointer = f"`listings` holds {len(listings):,} events", "#/listings"
    if not isinstance(listings, list) or wrong is not None:
        raise InvalidRequest(
            f"{wrong}.",
            remedy=f'Send {{"listings": […]}} with 1 to {MAX_EVENTS} events.',
            fields=[FieldProblem(f"{wrong}.", pointer=pointer)],
        )
    return listings


def _taken(n: int, event: ListingEvent, outcome: Outcome) -> OutcomeAnswer:
    return OutcomeAnswer(
        status=outcome.status.value,
        id=outcome.listing_id,
        listing_id=event.listing_id,
        version=event.version,
        errors=_faults(n, outcome.faults),
        warnings=_faults(n, (*event.warnings, *outcome.notes)),
    )


def _unread(n: int, raw: object, faults: Iterable[EventFault]) -> OutcomeAnswer:
    name = raw.get("listing_id") if isinstance(raw, dict) else None
    is_shown = isinstance(name, str) and name.isprintable()
    return OutcomeAnswer(
        status="invalid",
        id=None,
        listing_id=str(name)[:MAX_SHOWN_ID] if is_shown else None,
        version=None,
        errors=_faults(n, faults),
        warnings=[],
    )


def _faults(n: int, faults: Iterable[EventFault]) -> list[EventFaultAnswer]:
    return [
        EventFaultAnswer(
            code=fault.code,
            detail=fault.message,
            pointer=f"/listings/{n}{fault.pointer}",
            remedy=fault.remedy,
        )
        for fault in faults
    ]


@router.get("", operation_id="list_listings")
def list_all(
    request: Request,
    response: Response,
    caller: Reader,
    options: Annotated[ListingOptions, Query()],
) -> Page[ListingAnswer]:
    """List the listings that the caller sees; a marketplace sees its own."""
    own = marketplace_of(caller)
    asked = options.marketplace_id
    if own is not None and asked not in (None, own):
        return Page(items=[], next_cursor=None)
    wanted = ListingFilter(
        marketplace=own or asked,
        state=options.state,
        verdict=options.verdict,
        seller_id=options.seller_id,
        updated_since=options.updated_since,
    )
    with service_of(request).store.database.read() as session:
        rows, next_cursor = list_listings(
            session, wanted=wanted, cursor=options.cursor, limit=options.limit
        )
        items = [ListingAnswer.model_validate(_fields(row)) for row in rows]
    return Page(items=items, next_cursor=link_to_next(request, response, next_cursor))


@router.get("/{listing_id}", operation_id="show_listing")
def show(request: Request, caller: Reader, listing_id: str) -> FullListingAnswer:
    """Show a listing, by our id of it, with its pictures and what was found."""
    own = marketplace_of(caller)
    with service_of(request).store.database.read() as session:
        view = view_listing(session, listing_id, marketplace=own)
        return _full_answer(
            view,
            is_own=own is not None,
            shows_flags=Capability.FLAGS_READ in caller.capabilities,
        )


def _fields(row: ListingRow) -> dict[str, object]:
    same = {
        name: getattr(row, name)
        for name in ListingAnswer.model_fields
        if name not in ("marketplace_id", "listing_id", "url", "title")
    }
    return {
        **same,
        "marketplace_id": row.marketplace,
        "listing_id": row.external_id,
        "url": row.details.get("url"),
        "title": row.details.get("title"),
    }


def _full_answer(
    view: ListingView, *, is_own: bool, shows_flags: bool
) -> FullListingAnswer:
    flags = [as_flag_answer(each) for each in view.flags] if shows_flags else None
    images = [
        _image(image, view.results.get(image.sha256 or ""), is_own=is_own)
        for image in view.images
    ]
    return FullListingAnswer.model_validate(
        {
            **_fields(view.row),
            "details": ListingDetails.model_validate(view.row.details),
            "images": images,
            "flags": flags,
        }
    )


def _image(
    image: ListingImageRow, result: PictureResult | None, *, is_own: bool
) -> ListingImageAnswer:
    error_code = image.error_code or (result and result.error_code)
    state = "failed" if error_code else "waiting" if result is None else "scanned"
    matches = []
    for match in result.matches if result is not None else ():
        reference = result.references.get(match.reference_id) if result else None
        if reference is not None:
            names = {
                "reference_id": reference.id,
                "external_id": reference.external_id,
                "brand": reference.brand,
                "product_id": reference.product_id,
                "reference_role": reference.role,
            }
            matches.append(
                MatchedReference.model_validate(names | match_as_json(match))
            )
    return ListingImageAnswer.model_validate(
        {
            "position": image.position,
            "sha256": image.sha256,
            "url": image.url,
            "state": state,
            "error_code": error_code,
            "error": image.error or (result and result.error),
            "verdict": result and result.verdict,
            "matches": matches,
            "cluster_id": result and result.cluster_id,
            "same_as": None if is_own or result is None else result.same_as,
        }
    )
