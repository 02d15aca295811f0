"""Pictures that marketplaces send: kept until they are scanned, named by their hash."""

from collections.abc import Collection, Mapping
from hashlib import sha256

from sqlalchemy import exists, or_, select, update
from sqlalchemy.orm import Session

from detector.catalogue.references import chunks
from detector.store.clock import next_seq
from detector.store.inserting import insert_missing
from detector.store.listing_tables import (
    PictureBytesRow,
    PictureRow,
    PictureSenderRow,
)
from detector.store.store import Store
from detector.store.table import utc_now


def senders_clock(marketplace: str) -> str:
    """Name the clock that whoever takes a marketplace's events holds meanwhile."""
    return f"listings of {marketplace}"


def take_picture(store: Store, marketplace: str, data: bytes) -> str:
    """Keep a picture that came by itself; return its hash."""
    digest = sha256(data).hexdigest()
    with store.database.write() as session:
        next_seq(session, senders_clock(marketplace), 0)
        keep_pictures(session, marketplace, {digest: data})
    return digest


def keep_pictures(
    session: Session, marketplace: str, pictures: Mapping[str, bytes]
) -> None:
    """Keep what a marketplace has sent; what nobody uses is deleted after a while.

    Args:
        session: that writes.
        marketplace: may name them by their hash from now on.
        pictures: SHA-256 → bytes.
    """
    digests, now = sorted(pictures), utc_now()
    for some in chunks(digests):
        # One that somebody has sent before is to stay as long as this sender's. They
        # are locked in one order, as other marketplaces may send the same.
        row = PictureBytesRow
        query = select(row.sha256).where(row.sha256.in_(some)).order_by(row.sha256)
        session.execute(query.with_for_update())
        session.execute(
            update(PictureBytesRow)
            .where(PictureBytesRow.sha256.in_(some))
            .values(created_at=now),
            execution_options={"synchronize_session": False},
        )
    insert_missing(
        session,
        PictureBytesRow,
        [{"sha256": d, "data": pictures[d], "created_at": now} for d in digests],
    )
    insert_missing(
        session,
        PictureSenderRow,
        [
            {"marketplace": marketplace, "sha256": digest, "created_at": now}
            for digest in digests
        ],
    )


def known_to(
    session: Session, marketplace: str, digests: Collection[str]
) -> frozenset[str]:
    """Find the pictures that a marketplace may name by their hash.

    It has sent them, and their bytes, or what was made of them, are still here.
    """
    sender = PictureSenderRow
    found: set[str] = set()
    for some in chunks(sorted(digests)):
        is_here = or_(
            exists().where(PictureBytesRow.sha256 == sender.sha256),
            exists().where(PictureRow.sha256 == sender.sha256),
        )
        query = select(sender.sha256).where(
            sender.marketplace == marketplace, sender.sha256.in_(some), is_here
        )
        found.update(session.scalars(query))
    return frozenset(found)
