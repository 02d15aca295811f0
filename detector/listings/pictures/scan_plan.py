"""What there is to do for listings that are to be scanned."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.catalogue.references import chunks
from detector.listings.pictures.keep import picture_rows
from detector.listings.pictures.standing import Standing
from detector.matching.match import Verdict
from detector.store.blobs import Blobs
from detector.store.jobs import Job
from detector.store.listing_tables import (
    ListingImageRow,
    ListingRow,
    PictureBytesRow,
    PictureRow,
)

Images = Mapping[str, Sequence[ListingImageRow]]


@dataclass(frozen=True, slots=True)
class Task:
    """A version of a listing that is to be scanned.

    Attributes:
        attempt: 0 until its pictures have been fetched where that was needed.
        again: pictures that are to be looked at even if their results hold.
        is_last: what could not be fetched will not be tried again.
    """

    listing_id: str
    version: int
    attempt: int
    again: frozenset[str]
    is_last: bool

    @classmethod
    def of(cls, job: Job) -> "Task":
        """Read a job's payload."""
        payload = job.payload
        again = payload.get("again") or ()
        return cls(
            str(payload["listing_id"]),
            int(str(payload["version"])),
            int(str(payload.get("attempt") or 0)),
            frozenset(map(str, again if isinstance(again, list) else ())),
            bool(payload.get("is_last", True)),
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to do for some tasks.

    Attributes:
        ready: listings to be scanned, as far as is known now.
        to_fetch: listings whose pictures must be fetched first.
        digests: pictures of the ready ones.
        wanted: those of them that must be looked at.
    """

    ready: tuple[Task, ...]
    to_fetch: tuple[Task, ...]
    digests: frozenset[str]
    wanted: tuple[str, ...]


def make_plan(
    session: Session, tasks: Sequence[Task], standing: Standing, blobs: Blobs
) -> Plan:
    """Find out which pictures of which listings must be looked at.

    Those, too, whose result holds, if evidence can be drawn from it only now: the file
    was lost, or never here, and somebody has sent it.
    """
    listings: dict[str, ListingRow] = {}
    for some in chunks([task.listing_id for task in tasks]):
        query = select(ListingRow).where(ListingRow.id.in_(some))
        listings |= {row.id: row for row in session.scalars(query)}
    live = [
        task
        for task in tasks
        if task.listing_id in listings and is_current(listings[task.listing_id], task)
    ]
    images = images_of(session, [task.listing_id for task in live])
    to_fetch = [
        task
        for task in live
        if task.attempt == 0
        and any(image.sha256 is None for image in images.get(task.listing_id, ()))
    ]
    ready = [task for task in live if task not in to_fetch]
    digests = digests_of(images, ready)
    rows = list(picture_rows(session, sorted(digests)).values())
    again = {digest for task in ready for digest in task.again}
    again |= _sent_evidence(session, rows, blobs)
    wanted = digests - (standing.in_force(session, rows) - again)
    return Plan(
        tuple(ready), tuple(to_fetch), frozenset(digests), tuple(sorted(wanted))
    )


def _sent_evidence(
    session: Session, rows: Iterable[PictureRow], blobs: Blobs
) -> set[str]:
    """Name the pictures of flags that are not kept, and whose bytes wait."""
    lacking = [
        row.sha256
        for row in rows
        if row.verdict in (Verdict.MATCH, Verdict.REVIEW)
        and not (row.is_kept and blobs.size(row.sha256) is not None)
    ]
    sent: set[str] = set()
    for some in chunks(lacking):
        query = select(PictureBytesRow.sha256).where(PictureBytesRow.sha256.in_(some))
        sent.update(session.scalars(query))
    return sent


def without_missing(session: Session, plan: Plan, missing: set[str]) -> Plan:
    """Have pictures fetched again whose bytes are gone, where a URL is known."""
    if not missing:
        return plan
    images = images_of(session, [task.listing_id for task in plan.ready])
    to_fetch = [
        replace(task, again=task.again | missing)
        for task in plan.ready
        if task.attempt == 0
        and any(
            image.sha256 in missing and image.url is not None
            for image in images.get(task.listing_id, ())
        )
    ]
    bounced = {task.listing_id for task in to_fetch}
    ready = tuple(t for t in plan.ready if t.listing_id not in bounced)
    return replace(
        plan,
        ready=ready,
        to_fetch=(*plan.to_fetch, *to_fetch),
        digests=frozenset(digests_of(images, ready)),
    )


def is_current(listing: ListingRow, task: Task) -> bool:
    """Tell whether a listing still is what it was when its scan was asked for."""
    return listing.version == task.version and listing.state != "deleted"


def images_of(session: Session, listing_ids: Sequence[str]) -> Images:
    """Read the pictures of listings, in their order."""
    found: dict[str, list[ListingImageRow]] = {}
    for some in chunks(listing_ids):
        query = select(ListingImageRow).where(ListingImageRow.listing_id.in_(some))
        for row in session.scalars(query.order_by(ListingImageRow.position)):
            found.setdefault(row.listing_id, []).append(row)
    return found


def digests_of(images: Images, tasks: Iterable[Task]) -> set[str]:
    """Name the pictures that tasks are about, as far as their bytes are known."""
    return {
        image.sha256
        for task in tasks
        for image in images.get(task.listing_id, ())
        if image.sha256 is not None
    }
