"""What can have happened, and whom each concerns."""

from enum import StrEnum


class EventType(StrEnum):
    """What can have happened."""

    MATCH_CREATED = "match.created"
    MATCH_UPDATED = "match.updated"
    MATCH_WITHDRAWN = "match.withdrawn"
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
        EventType.LISTING_FAILED,
        EventType.WEBHOOK_ENDPOINT_DISABLED,
    }
)
FOR_BRANDS = frozenset(
    {
        EventType.CATALOGUE_IMPORT_COMPLETED,
        EventType.CATALOGUE_IMPORT_FAILED,
        EventType.WEBHOOK_ENDPOINT_DISABLED,
    }
)
"""Of matches a brand learns what the platform asks it about, and nothing by itself."""
