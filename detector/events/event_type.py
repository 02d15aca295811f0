"""What can have happened, and whom each concerns."""

from enum import StrEnum


class EventType(StrEnum):
    """What can have happened."""

    MATCH_CREATED = "match.created"
    MATCH_UPDATED = "match.updated"
    MATCH_WITHDRAWN = "match.withdrawn"
    CASE_OPENED = "case.opened"
    CASE_UPDATED = "case.updated"
    CASE_DECIDED = "case.decided"
    CASE_CLOSED = "case.closed"
    ACTION_REQUESTED = "action.requested"
    ACTION_LIFT_REQUESTED = "action.lift_requested"
    ACTION_FAILED = "action.failed"
    BRAND_CONFIRMATION_REQUESTED = "brand.confirmation_requested"
    BRAND_CONFIRMATION_RECEIVED = "brand.confirmation_received"
    NOTICE_RECEIVED = "notice.received"
    NOTICE_INCOMPLETE = "notice.incomplete"
    NOTICE_DECIDED = "notice.decided"
    NOTICE_WITHDRAWN = "notice.withdrawn"
    STATEMENT_ISSUED = "statement.issued"
    STATEMENT_SUBMISSION_FAILED = "statement.submission_failed"
    APPEAL_RECEIVED = "appeal.received"
    APPEAL_FORWARDED = "appeal.forwarded"
    APPEAL_DECIDED = "appeal.decided"
    DEADLINE_APPROACHING = "deadline.approaching"
    DEADLINE_MISSED = "deadline.missed"
    STANDING_CHANGED = "good_faith.status_changed"
    LISTING_FAILED = "listing.failed"
    SWEEP_COMPLETED = "sweep.completed"
    CATALOGUE_IMPORT_COMPLETED = "catalogue.import_completed"
    CATALOGUE_IMPORT_FAILED = "catalogue.import_failed"
    WEBHOOK_ENDPOINT_DISABLED = "webhook.endpoint_disabled"
    WEBHOOK_TEST = "webhook.test"


FOR_PLATFORM = frozenset(EventType) - {EventType.WEBHOOK_TEST}
"""All; a test goes to the endpoint that is tested, and to nobody else."""
FOR_MARKETPLACES = frozenset(
    {
        EventType.MATCH_CREATED,
        EventType.MATCH_UPDATED,
        EventType.MATCH_WITHDRAWN,
        EventType.CASE_OPENED,
        EventType.CASE_UPDATED,
        EventType.CASE_DECIDED,
        EventType.CASE_CLOSED,
        EventType.ACTION_REQUESTED,
        EventType.ACTION_LIFT_REQUESTED,
        EventType.ACTION_FAILED,
        EventType.STATEMENT_ISSUED,
        EventType.STATEMENT_SUBMISSION_FAILED,
        EventType.APPEAL_RECEIVED,
        EventType.APPEAL_FORWARDED,
        EventType.APPEAL_DECIDED,
        EventType.LISTING_FAILED,
        EventType.WEBHOOK_ENDPOINT_DISABLED,
    }
)
FOR_BRANDS = frozenset(
    {
        EventType.CATALOGUE_IMPORT_COMPLETED,
        EventType.CATALOGUE_IMPORT_FAILED,
        EventType.BRAND_CONFIRMATION_REQUESTED,
        EventType.NOTICE_RECEIVED,
        EventType.NOTICE_INCOMPLETE,
        EventType.NOTICE_DECIDED,
        EventType.NOTICE_WITHDRAWN,
        EventType.APPEAL_FORWARDED,
        EventType.STANDING_CHANGED,
        EventType.WEBHOOK_ENDPOINT_DISABLED,
    }
)
"""Of matches a brand learns what the platform asks it about, and nothing by itself."""
