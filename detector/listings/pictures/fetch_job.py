"""Fetches the pictures that a listing names by URL, apart from those who compute."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from detector.catalogue.image_fetch import ImageFetcher
from detector.errors import DetectorError, FetchFailed, FetchRefused
from detector.listings.intake.scan_queue import MAX_ATTEMPTS, SCAN_KIND
from detector.store.inserting import insert_new
from detector.store.jobs import enqueue
from detector.store.listing_tables import (
    ListingImageRow,
    ListingRow,
    PictureBytesRow,
    PictureSenderRow,
)
from detector.store.store import Store
from detector.store.table import utc_now
from detector.store.worker import Context

KIND = "listing_fetch"
DELAYS = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
"""After which a picture that could not be fetched is tried again."""


def ask_for_fetch(
    session: Session, listing_id: str, version: int, again: Collection[str]
) -> None:
    """Have a listing's pictures fetched, and scanned then.

    Args:
        session: of the transaction that asks.
        listing_id: of the listing.
        version: of it; nothing is done for one that has moved on.
        again: pictures to be fetched although they have been looked at.
    """
    payload = {
        "listing_id": listing_id,
        "version": version,
        "num_tries": 0,
        "again": sorted(again),
    }
    enqueue(session, KIND, payload=payload)


@dataclass(frozen=True, slots=True)
class FetchJob:
    """Handles jobs of the kind `listing_fetch`.

    Attributes:
        store: where to.
        fetcher: of pictures on allowed hosts.
    """

    store: Store
    fetcher: ImageFetcher

    def run(self, context: Context) -> None:
        """Fetch what is missing, one by one; early if it is to stop."""
        payload = context.job.payload
        listing_id, version = str(payload["listing_id"]), int(str(payload["version"]))
        again = payload["again"] if isinstance(payload["again"], list) else []
        num_tries = int(str(payload["num_tries"]))
        with self.store.database.read() as session:
            wanted = _wanted(session, listing_id, version, again)
        is_worth_trying = False
        for position, url in wanted:
            if context.should_stop():
                return
            outcome = self._fetch(url)
            is_worth_trying |= isinstance(outcome, FetchFailed) and not isinstance(
                outcome, FetchRefused
            )
            with context.session() as session:
                _note(session, listing_id, version, position, outcome)
                context.progress(session)
        retry_at = None
        if is_worth_trying and num_tries < len(DELAYS):
            retry_at = utc_now() + DELAYS[num_tries]
        with context.session() as session:
            task = {"listing_id": listing_id, "version": version, "again": again}
            enqueue(
                session,
                SCAN_KIND,
                payload=task | {"attempt": 1, "is_last": retry_at is None},
                max_attempts=MAX_ATTEMPTS,
            )
            if retry_at is not None:
                enqueue(
                    session,
                    KIND,
                    payload=task | {"num_tries": num_tries + 1},
                    run_at=retry_at,
                )
            context.finish(session, is_forgotten=True)

    def _fetch(self, url: str) -> bytes | DetectorError:
        try:
            return self.fetcher.fetch(url)
        except DetectorError as error:
            return error


def _wanted(
    session: Session, listing_id: str, version: int, again: Sequence[object]
) -> list[tuple[int, str]]:
    """List position and URL of the pictures whose bytes are not here."""
    row = ListingImageRow
    waits = exists().where(PictureBytesRow.sha256 == row.sha256)
    query = (
        select(row.position, row.url)
        .join(ListingRow, ListingRow.id == row.listing_id)
        .where(row.listing_id == listing_id, row.url.is_not(None))
        .where(ListingRow.version == version, ListingRow.state != "deleted")
        .where(row.sha256.is_(None) | (row.sha256.in_(map(str, again)) & ~waits))
        .order_by(row.position)
    )
    return [(position, str(url)) for position, url in session.execute(query)]


def _note(
    session: Session,
    listing_id: str,
    version: int,
    position: int,
    outcome: bytes | DetectorError,
) -> None:
    """Write down what came of one picture, if the listing is still the same.

    What a URL leads to may have changed since; then the listing shows another picture.
    """
    lock = {"key_share": True}
    listing = session.get(ListingRow, listing_id, with_for_update=lock)
    image = session.get(ListingImageRow, (listing_id, position))
    if listing is None or image is None or listing.version != version:
        return
    if isinstance(outcome, DetectorError):
        image.error_code, image.error = outcome.code, str(outcome)
        return
    digest = sha256(outcome).hexdigest()
    insert_new(
        session, PictureBytesRow, sha256=digest, data=outcome, created_at=utc_now()
    )
    insert_new(
        session,
        PictureSenderRow,
        marketplace=listing.marketplace,
        sha256=digest,
        created_at=utc_now(),
    )
    image.sha256, image.error_code, image.error = digest, None, None
