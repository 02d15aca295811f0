"""Does a sweep that was asked for, in chunks that survive a kill."""

import time
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from detector.catalogue.references import chunks
from detector.events.outbox import EventType, emit
from detector.listings.intake.scan_queue import MAX_ATTEMPTS, SCAN_KIND
from detector.listings.pictures.keep import CLOCK as PICTURE_CLOCK
from detector.listings.sweeps.sweep import (
    DELETED,
    NewReferences,
    next_pictures,
    read_pictures,
    read_references,
)
from detector.listings.sweeps.sweep_list import OPEN_STATES
from detector.store.clock import next_seq
from detector.store.database import Database
from detector.store.jobs import enqueue
from detector.store.listing_tables import (
    ListingImageRow,
    ListingRow,
    PictureRow,
    SweepRow,
)
from detector.store.sweep_tables import SweepCandidateRow
from detector.store.table import utc_now
from detector.store.worker import Context
from models.embedder import Embedder

CHUNK = 500
"""Pictures read at once: 2.6 MB of vectors, some 0.1 s of work."""
REST = 0.5
"""Of the core that it works on, others are left a third."""
FAILED = "failed"


def lowest_score(embedder: Embedder) -> float:
    """Say from which score on a picture may be worth another look.

    Halfway from the gate to `review`. Measured on edited packshots among 800
    references: 96 % of the copies reach it; above the gate lies nearly every picture.
    """
    calibration = embedder.calibration
    if calibration is None:
        return 0.0
    return max(0.0, (calibration.gate + calibration.review) / 2)


@dataclass(frozen=True, slots=True)
class Look:
    """A listing that is to be looked at again.

    Attributes:
        listing_id: of its row.
        version: of it.
        again: pictures that are to be looked at even if their results hold.
    """

    listing_id: str
    version: int
    again: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SweepJob:
    """Handles jobs of the kind `sweep`.

    Attributes:
        database: where everything is.
        embedder: the copy embedder, whose vectors are compared.
        rest: how long it rests after a chunk, as a share of what that took.
        chunk: pictures between two commits.
    """

    database: Database
    embedder: Embedder
    rest: float = REST
    chunk: int = CHUNK

    def run(self, context: Context) -> None:
        """Sweep from where it was left; returns early if it is to stop."""
        sweep_id = str(context.job.payload["sweep_id"])
        with context.session() as session:
            row = session.get_one(SweepRow, sweep_id, with_for_update=True)
            if not _goes_on(row):
                self._end(context, session, row)
                return
            row.state, row.finished_at, row.error = "running", None, None
            row.started_at = row.started_at or utc_now()
        with self.database.read() as session:
            row = session.get_one(SweepRow, sweep_id)
            references = read_references(
                session,
                self.embedder,
                from_seq=row.from_seq,
                to_seq=row.to_seq,
                brand_id=row.brand_id,
            )
            following = select(func.count()).where(PictureRow.seq > row.position)
            num_total = row.num_done + session.execute(following).scalar_one()
        is_going_on = len(references) > 0
        while is_going_on and not context.should_stop():
            start = time.monotonic()
            is_going_on = self._step(context, sweep_id, references, num_total)
            time.sleep(self.rest * (time.monotonic() - start))
        if not is_going_on and not context.is_finished:
            self._finish(context, sweep_id)

    def _step(
        self,
        context: Context,
        sweep_id: str,
        references: NewReferences,
        num_total: int,
    ) -> bool:
        """Compare the next chunk; False after the last one, or if it was canceled."""
        with self.database.read() as session:
            row = session.get_one(SweepRow, sweep_id)
            following = next_pictures(session, row.position, self.chunk)
            pictures = read_pictures(
                session,
                self.embedder,
                [digest for _, digest in following],
                since=row.since,
                to_seq=row.to_seq,
            )
        found = []
        if pictures:
            floor = lowest_score(self.embedder)
            scores = references.scores(pictures)
            found = [
                {
                    "sweep_id": sweep_id,
                    "picture_sha256": picture.sha256,
                    "score": float(score),
                }
                for picture, score in zip(pictures, scores, strict=True)
                if score > floor
            ]
        with context.session() as session:
            row = session.get_one(SweepRow, sweep_id, with_for_update=True)
            if row.state not in OPEN_STATES:
                self._end(context, session, row)
                return False
            row.num_references, row.num_total = len(references), num_total
            if following:
                row.position = following[-1][0]
                row.num_done += len(following)
                row.num_found += len(found)
                if found:
                    session.execute(insert(SweepCandidateRow), found)
                context.progress(session)
                return True
            # Who stores pictures holds this clock: after this, whoever does so knows
            # of the sweep, and nothing was stored before that it has not seen.
            next_seq(session, PICTURE_CLOCK, 0)
            more = select(PictureRow.seq).where(PictureRow.seq > row.position).limit(1)
            return session.scalar(more) is not None

    def _finish(self, context: Context, sweep_id: str) -> None:
        """Have the best of what was found looked at."""
        with self.database.read() as session:
            row = session.get_one(SweepRow, sweep_id)
            looks, num_listings = choose_looks(
                session, sweep_id, since=row.since, max_looks=row.max_looks
            )
        with context.session() as session:
            row = session.get_one(SweepRow, sweep_id, with_for_update=True)
            if row.state in OPEN_STATES:
                for look in looks:
                    payload = {
                        "listing_id": look.listing_id,
                        "version": look.version,
                        "attempt": 0,
                        "again": list(look.again),
                    }
                    enqueue(
                        session,
                        SCAN_KIND,
                        payload=payload,
                        max_attempts=MAX_ATTEMPTS,
                    )
                row.state, row.finished_at = "done", utc_now()
                row.num_total = row.num_done
                row.num_looked = len(looks)
                row.num_skipped = num_listings - len(looks)
                emit(
                    session,
                    EventType.SWEEP_COMPLETED,
                    marketplace=None,
                    brand_id=None,
                    data=as_event(row),
                )
            self._end(context, session, row)

    def _end(self, context: Context, session: Session, row: SweepRow) -> None:
        candidates = delete(SweepCandidateRow).where(
            SweepCandidateRow.sweep_id == row.id
        )
        session.execute(candidates)
        context.finish(session)


def choose_looks(
    session: Session, sweep_id: str, *, since: datetime, max_looks: int
) -> tuple[list[Look], int]:
    """Choose the listings that show the most alike of the pictures found.

    A picture that many of them show is looked at again with the first; by then its
    result holds for the others.

    Args:
        session: to read with.
        sweep_id: whose candidates.
        since: when a listing that counts was received, at the earliest.
        max_looks: most listings.

    Returns:
        The listings, the best first, and how many there would be without a limit.
    """
    candidate, image = SweepCandidateRow, ListingImageRow
    best = func.max(candidate.score)
    found = (
        select(ListingRow.id, ListingRow.version)
        .join(image, image.listing_id == ListingRow.id)
        .join(candidate, candidate.picture_sha256 == image.sha256)
        .where(candidate.sweep_id == sweep_id)
        .where(ListingRow.state != DELETED, ListingRow.received_at >= since)
        .group_by(ListingRow.id, ListingRow.version)
    )
    count = select(func.count()).select_from(found.subquery())
    ordered = found.order_by(best.desc(), ListingRow.id).limit(max_looks)
    chosen = [(id, version) for id, version in session.execute(ordered)]
    shown: dict[str, list[str]] = {id: [] for id, _ in chosen}
    for some in chunks(list(shown)):
        query = (
            select(image.listing_id, image.sha256)
            .join(candidate, candidate.picture_sha256 == image.sha256)
            .where(candidate.sweep_id == sweep_id, image.listing_id.in_(some))
        )
        for id, digest in session.execute(query):
            shown[id].append(str(digest))
    looks, seen = [], set[str]()
    for id, version in chosen:
        again = set(shown[id]) - seen
        seen |= again
        looks.append(Look(id, version, tuple(sorted(again))))
    return looks, session.execute(count).scalar_one()


def as_event(row: SweepRow) -> dict[str, object]:
    """Say how a sweep went."""
    return {
        "sweep_id": row.id,
        "brand_id": row.brand_id,
        "num_references": row.num_references,
        "num_pictures": row.num_done,
        "num_found": row.num_found,
        "num_looked": row.num_looked,
        "num_skipped": row.num_skipped,
    }


def _goes_on(row: SweepRow) -> bool:
    """Say if a sweep has more to do, one whose job is tried again included."""
    return row.state in (*OPEN_STATES, FAILED)
