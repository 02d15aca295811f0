"""Shows cases: to each what they may know."""

from collections.abc import Sequence
from dataclasses import asdict

from detector.api.case_details import CaseDetails
from detector.api.case_schemas import CaseAnswer
from detector.review.decisions.decide import read_likelihood
from detector.review.queue.audit_list import AuditView
from detector.review.queue.case_list import CaseView
from detector.review.queue.case_story import CaseStory
from detector.review.queue.explanation import explain
from detector.review.queue.scope import Scope
from detector.review.workflow import WORKFLOW
from detector.store.case_tables import CaseListingRow, DecisionRow
from detector.store.table import Table

Json = dict[str, object]
OF_DECISIONS = (
    "id",
    "kind",
    "opinion",
    "state",
    "reason_code",
    "right_id",
    "corroboration",
    "restriction",
    "note",
    "decided_by",
    "role",
    "batch_id",
    "likelihood",
    "undo_until",
    "told_at",
    "decided_at",
)
NOT_OUTSIDE = ("note", "decided_by", "role", "batch_id", "likelihood")
"""Of a decision, what nobody outside the platform learns."""
OF_QUESTIONS = (
    "id",
    "state",
    "text",
    "answer",
    "explanation",
    "asked_at",
    "due_at",
    "answered_at",
)
OF_APPEALS = (
    "id",
    "kind",
    "state",
    "grounds",
    "explanation",
    "answer",
    "received_at",
    "decided_at",
)
OF_ACTIONS = (
    "id",
    "kind",
    "state",
    "listing_id",
    "error",
    "requested_at",
    "ended_at",
)
OF_COMMENTS = ("id", "author", "text", "created_at")
OF_STEPS = (
    "seq",
    "at",
    "event",
    "actor_id",
    "subject",
    "subject_id",
    "case_id",
    "number",
    "from_state",
    "to_state",
    "reason_code",
    "data",
    "versions",
    "sha256",
)


def as_answer(view: CaseView, scope: Scope) -> CaseAnswer:
    """Show how a case stands."""
    return CaseAnswer.model_validate(_summary(view, scope))


def as_details(view: CaseView, story: CaseStory, scope: Scope) -> CaseDetails:
    """Show all of a case."""
    row, is_inside = view.row, not scope.is_outside
    return CaseDetails.model_validate(
        {
            **_summary(view, scope),
            "verdict": row.basis.get("verdict"),
            "images": row.images,
            "signals": story.signals,
            "reason": asdict(explain(row.images, story.signals)),
            "listings": [
                _listing(each, story.names[each.listing_id], scope)
                for each in story.listings
            ],
            "decisions": [_decision(each, scope) for each in view.decisions],
            "questions": _rows(story.questions, OF_QUESTIONS),
            "notices": [
                {
                    **_row(notice, ("id", "state", "claim_type", "reason_code")),
                    **_row(notice, ("explanation", "received_at")),
                    "item_state": item.state,
                    "listing_id": item.listing_id,
                }
                for notice, item in story.notices
            ],
            "appeals": _rows(story.appeals, OF_APPEALS),
            "actions": _rows(story.actions, OF_ACTIONS),
            "comments": _rows(story.comments, OF_COMMENTS),
            "history": [as_step(each) for each in story.history],
            "basis": row.basis if is_inside else None,
            "previous_id": row.previous_id if is_inside else None,
            "cluster_id": row.cluster_id if is_inside else None,
            "events": WORKFLOW.events_from(row.state, row.closure) if is_inside else [],
        }
    )


def as_step(view: AuditView) -> Json:
    """Show something that was done."""
    return {
        **_row(view.row, OF_STEPS),
        "actor": view.actor.name,
        "role": view.actor.role,
    }


def _summary(view: CaseView, scope: Scope) -> Json:
    row, listing, is_inside = view.row, view.listing, not scope.is_outside
    decision = view.decision
    lease = None
    if is_inside and row.leased_until is not None:
        is_own = row.leased_by == scope.person
        lease = {
            "held_by": row.leased_by,
            "until": row.leased_until,
            "token": row.lease_token if is_own else None,
        }
    return {
        "case_id": row.id,
        "state": view.state,
        "closure": view.closure,
        "version": row.version,
        "source": row.source,
        "queue": row.queue if is_inside else None,
        "listing": {
            "id": listing.id,
            "marketplace_id": listing.marketplace,
            "listing_id": listing.external_id,
            "version": listing.version,
            "url": listing.details.get("url"),
            "seller_id": None if scope.brand_id is not None else listing.seller_id,
        },
        "title": listing.details.get("title"),
        "brand": {"id": view.brand.id, "name": view.brand.name},
        "relation": row.basis.get("relation"),
        "similarity": row.basis.get("similarity"),
        "likelihood": read_likelihood(row.images),
        "best": max(row.images, key=_strength, default=None),
        "decision": None if decision is None else _decision(decision, scope),
        "risk": row.risk if is_inside else None,
        "is_random": row.is_random if is_inside else None,
        "is_brand_silent": row.is_brand_silent,
        "is_litigated": row.is_litigated,
        "regime": row.regime,
        "due_at": row.due_at if is_inside else None,
        "lease": lease,
        "opened_at": row.opened_at,
        "closed_at": row.closed_at if view.state == "closed" else None,
        "updated_at": row.updated_at,
    }


def _strength(image: Json) -> float:
    return float(str(image.get("similarity") or 0))


def _decision(row: DecisionRow, scope: Scope) -> Json:
    hidden = NOT_OUTSIDE if scope.is_outside else ()
    return {**_row(row, OF_DECISIONS), **dict.fromkeys(hidden)}


def _listing(row: CaseListingRow, name: str, scope: Scope) -> Json:
    snapshot = dict(row.snapshot)
    images = snapshot.get("images")
    is_brand = scope.brand_id is not None
    if is_brand:
        snapshot.pop("seller", None)
    evidence = []
    if not is_brand and row.flag_id is not None and isinstance(images, list):
        evidence = [
            f"/v1/flags/{row.flag_id}/evidence?position={image['position']}"
            for image in images
        ]
    return {
        "id": row.listing_id,
        "listing_id": name,
        "version": row.version,
        "is_open": row.is_open,
        "snapshot": snapshot,
        "evidence": evidence,
        "added_at": row.added_at,
        "removed_at": row.removed_at,
    }


def _rows(rows: Sequence[Table], names: tuple[str, ...]) -> list[Json]:
    return [_row(row, names) for row in rows]


def _row(row: Table, names: tuple[str, ...]) -> Json:
    return {name: getattr(row, name) for name in names}
