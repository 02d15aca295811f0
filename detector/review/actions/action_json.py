"""Actions and statements as those are told whom they concern."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.review.tell import Json, write_time
from detector.store.listing_tables import ListingRow
from detector.store.takedown_tables import ActionRow, StatementRow


def describe_action(session: Session, action: ActionRow) -> Json:
    """Say what is to be done with which listing, and what became of it."""
    listing = session.get_one(ListingRow, action.listing_id)
    return {
        "action_id": action.id,
        "case_id": action.case_id,
        "kind": action.kind,
        "state": action.state,
        "listing": {
            "id": listing.id,
            "marketplace_id": listing.marketplace,
            "listing_id": listing.external_id,
            "url": listing.details.get("url"),
        },
        "restriction": action.restriction,
        "lifts_id": action.lifts_id,
        "reason": action.reason,
        "num_failures": action.num_failures,
        "error": action.error,
        "external_id": action.external_id,
        "requested_at": write_time(action.requested_at),
        "ended_at": write_time(action.ended_at),
    }


def describe_in_full(session: Session, action: ActionRow) -> Json:
    """Say it with the statement that goes with it."""
    return {
        **describe_action(session, action),
        "statement": describe_statement(session, action),
    }


def describe_statement(session: Session, action: ActionRow) -> Json | None:
    """Say what the seller is to be told with an action; None if nothing is."""
    query = select(StatementRow).where(StatementRow.action_id == action.id)
    row = session.scalar(query)
    if row is None:
        return None
    return {"statement_id": row.id, "language": row.language, "text": row.text}
