"""Routes of decisions on many cases at once."""

from collections.abc import Sequence

from fastapi import APIRouter, Request

from detector.api.acting import actor_of
from detector.api.case_claims import REFUSALS, Reviewer
from detector.api.case_schemas import Id
from detector.api.decision_schemas import (
    BatchAnswer,
    BulkAnswer,
    BulkDecision,
    BulkOutcome,
    BulkPreview,
    BulkScope,
    PreviewedCase,
    PreviewedListing,
)
from detector.api.openapi import problems
from detector.api.permission import with_key
from detector.api.service import service_of
from detector.review.decisions.bulk import Outcome, decide_bulk, undo_bulk
from detector.review.decisions.bulk_preview import Candidate, Reach, preview_bulk
from detector.review.decisions.decide import Kind, Opinion
from detector.store.case_tables import CaseListingRow
from detector.store.table import utc_now

router = APIRouter(
    prefix="/v1/cases",
    tags=["cases"],
    dependencies=[with_key],
    responses=problems(REFUSALS),
)


@router.post("/bulk-preview", operation_id="preview_bulk_decision")
def preview(request: Request, caller: Reviewer, wanted: BulkScope) -> BulkPreview:
    """Show every case of the brand with the same picture, or of the same seller.

    Each with what it shows, and why it would be left alone if it would.
    """
    with service_of(request).store.database.read() as session:
        found = preview_bulk(
            session,
            wanted.case_id,
            by=Reach(wanted.by),
            actor=actor_of(caller),
            at=utc_now(),
        )
        included = [each for each in found if each.is_included]
        return BulkPreview(
            num_included=len(included),
            num_listings=sum(len(each.listings) for each in included),
            items=[_case(each) for each in found],
        )


@router.post("/bulk-decisions", operation_id="decide_in_bulk", status_code=201)
def decide_all(request: Request, caller: Reviewer, given: BulkDecision) -> BulkAnswer:
    """Decide the cases that a preview has shown, but for exceptions.

    Each gets a decision of its own, under the same rules as by itself; what does not
    fit is left alone, and said why. Of restrictions of many listings a second opinion
    is asked for.
    """
    batch = decide_bulk(
        service_of(request).store.database,
        given.case_id,
        Opinion(Kind(given.kind), given.reason_code, given.right_id, given.note),
        by=Reach(given.by),
        seen={each.case_id: each.version for each in given.cases},
        exceptions=frozenset(given.exceptions),
        actor=actor_of(caller),
        clock=utc_now,
    )
    return BulkAnswer(
        batch_id=batch.id,
        num_done=_num_done(batch.outcomes),
        outcomes=[_outcome(each) for each in batch.outcomes],
        is_large=batch.is_large,
    )


@router.post("/bulk-decisions/{batch_id}/undo", operation_id="undo_bulk_decision")
def undo_all(request: Request, caller: Reviewer, batch_id: Id) -> BatchAnswer:
    """Take a whole batch back; where others were told already, it says so."""
    database = service_of(request).store.database
    outcomes = undo_bulk(database, batch_id, actor=actor_of(caller), clock=utc_now)
    return BatchAnswer(
        batch_id=batch_id,
        num_done=_num_done(outcomes),
        outcomes=[_outcome(each) for each in outcomes],
    )


def _num_done(outcomes: Sequence[Outcome]) -> int:
    return sum(each.why_not is None for each in outcomes)


def _outcome(each: Outcome) -> BulkOutcome:
    return BulkOutcome(
        case_id=each.case_id, decision_id=each.decision_id, why_not=each.why_not
    )


def _case(each: Candidate) -> PreviewedCase:
    case = each.case
    return PreviewedCase(
        case_id=case.id,
        version=case.version,
        is_included=each.is_included,
        why_not=each.why_not,
        marketplace_id=case.marketplace,
        seller_id=case.seller_id,
        listings=[_listing(row) for row in each.listings],
    )


def _listing(row: CaseListingRow) -> PreviewedListing:
    title, images = row.snapshot.get("title"), row.snapshot.get("images")
    image = images[0] if isinstance(images, list) and images else None
    evidence = f"/v1/flags/{row.flag_id}/evidence?position="
    return PreviewedListing(
        id=row.listing_id,
        title=None if title is None else str(title),
        sha256=None if image is None else image["sha256"],
        evidence=None if image is None else f"{evidence}{image['position']}",
    )
