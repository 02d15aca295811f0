"""Which events are news, which were sent before, and which cannot be."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.catalogue.references import chunks
from detector.listings.intake.event import EventFault, EventKind, ListingEvent
from detector.listings.intake.given_pictures import known_to
from detector.store.listing_tables import ListingRow


class Status(StrEnum):
    """What became of an event."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    STALE = "stale"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one event.

    Attributes:
        status: `accepted`: it holds from now on; `duplicate`: it was taken before;
            `stale`: a newer one is known; `invalid`: see `faults`.
        listing_id: our id of the listing.
        faults: why it is invalid.
        notes: what else there is to know of it.
    """

    status: Status
    listing_id: str
    faults: tuple[EventFault, ...] = ()
    notes: tuple[EventFault, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """The version of a listing that holds, and what it says."""

    version: int
    content_sha256: str


def judge(
    session: Session,
    events: Sequence[ListingEvent],
    ids: Sequence[str],
    known: Mapping[str, Known],
) -> tuple[list[Outcome], dict[str, ListingEvent]]:
    """Say what becomes of each event, and which is to hold of each listing."""
    outcomes: dict[int, Outcome] = {}
    nameable = _nameable_pictures(session, events)
    newest: dict[str, tuple[int, ListingEvent]] = {}
    for n, (id, event) in enumerate(zip(ids, events, strict=True)):
        outcome = _compare(id, event, known.get(id))
        if outcome is None and (faults := _unknown_pictures(event, nameable)):
            outcome = Outcome(Status.INVALID, id, faults)
        if outcome is not None:
            outcomes[n] = outcome
        elif id not in newest or event.version > newest[id][1].version:
            newest[id] = (n, event)
    holding = {
        id: Known(event.version, event.content_sha256)
        for id, (_, event) in newest.items()
    }
    for n, (id, event) in enumerate(zip(ids, events, strict=True)):
        if n in outcomes:
            continue
        outcome = None if newest[id][0] == n else _compare(id, event, holding[id])
        outcomes[n] = outcome or Outcome(Status.ACCEPTED, id)
    return (
        [outcomes[n] for n in range(len(events))],
        {id: event for id, (_, event) in newest.items()},
    )


def _compare(id: str, event: ListingEvent, known: Known | None) -> Outcome | None:
    """Say what becomes of an event that is no news; None if it is."""
    if known is None or event.version > known.version:
        return None
    if event.version < known.version:
        note = EventFault(
            "/version",
            "newer_version_known",
            f"Version {known.version} of the listing is known.",
            "Nothing needs to be done if this is what was said before; what holds now "
            f"needs a version above {known.version}.",
        )
        return Outcome(Status.STALE, id, notes=(note,))
    if event.content_sha256 == known.content_sha256:
        return Outcome(Status.DUPLICATE, id)
    fault = EventFault(
        "/version",
        "version_conflict",
        f"Version {event.version} was sent before, and said something else.",
        "Give every change of a listing a higher version.",
    )
    return Outcome(Status.INVALID, id, (fault,))


def known_versions(session: Session, ids: Collection[str]) -> dict[str, Known]:
    """Read the versions that hold; unknown listings are left out."""
    row = ListingRow
    known = {}
    for some in chunks(sorted(set(ids))):
        query = select(row.id, row.version, row.content_sha256).where(row.id.in_(some))
        for id, version, content in session.execute(query):
            known[id] = Known(version, content)
    return known


def has_pictures(event: ListingEvent) -> bool:
    """Say whether a listing shows pictures from then on."""
    return event.type is not EventKind.DELETED and bool(event.images)


def _nameable_pictures(
    session: Session, events: Sequence[ListingEvent]
) -> Mapping[str, Collection[str]]:
    """Find what each marketplace may name by hash: sent before, or along with this."""
    here: dict[str, set[str]] = defaultdict(set)
    named: dict[str, set[str]] = defaultdict(set)
    for event in events:
        for image in event.images:
            if image.sha256 is not None:
                kind = named if image.data is None else here
                kind[event.marketplace].add(image.sha256)
    for marketplace, digests in named.items():
        here[marketplace] |= known_to(session, marketplace, digests)
    return here


def _unknown_pictures(
    event: ListingEvent, nameable: Mapping[str, Collection[str]]
) -> tuple[EventFault, ...]:
    if not has_pictures(event):
        return ()
    known = nameable.get(event.marketplace, ())
    return tuple(
        EventFault(
            f"/images/{n}/sha256",
            "unknown_picture",
            "No picture of that hash has been sent, or it is no longer here.",
            "Send its bytes to /v1/pictures first, or inline as `data`.",
        )
        for n, image in enumerate(event.images)
        if image.sha256 is not None and image.data is None and image.sha256 not in known
    )
