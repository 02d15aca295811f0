"""Changes to references, each noted for the search indexes in the same transaction."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from detector.catalogue.changes import ChangeKind, ChangeLog
from detector.catalogue.references import ACTIVE, reference_id
from detector.store.database import Database
from detector.store.inserting import insert_new
from detector.store.standing_tables import DismissedLikenessRow, ReferenceRecordRow
from detector.store.table import utc_now
from detector.store.tables import BrandRow, ReferenceProductRow, ReferenceRow


class Outcome(StrEnum):
    """What became of something that was put in."""

    ADDED = "added"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"


def put_reference(
    session: Session,
    log: ChangeLog,
    *,
    brand_id: str,
    external_id: str,
    digest: str,
    role: str | None = None,
    image_rights: str | None = None,
    product_ids: Iterable[str] = (),
) -> tuple[ReferenceRow, Outcome]:
    """Add a reference, or give it another picture.

    Args:
        session: to write with.
        log: of the same session.
        brand_id: whose it is.
        external_id: the brand's own name of it.
        digest: SHA-256 of its picture, whose features are stored.
        role: what it shows; as it was, or `official`, if None.
        image_rights: whether the brand owns it; as it was, or `unknown`, if None.
        product_ids: our ids of products that it shows, besides those it showed.
    """
    row_id = reference_id(brand_id, external_id)
    row = session.get(ReferenceRow, row_id)
    outcome = Outcome.UNCHANGED
    if row is None:
        row = ReferenceRow(
            id=row_id,
            brand_id=brand_id,
            external_id=external_id,
            image_sha256=digest,
            role=role or "official",
            image_rights=image_rights or "unknown",
            state=ACTIVE,
        )
        session.add(row)
        outcome = Outcome.ADDED
    elif row.image_sha256 != digest:
        row.image_sha256 = digest
        outcome = Outcome.REPLACED
    if role is not None and row.role != role:
        row.role = role
    if image_rights is not None and row.image_rights != image_rights:
        row.image_rights = image_rights
    session.flush()
    if outcome is not Outcome.UNCHANGED:
        log.note(row_id, ChangeKind.ADD)
    for product_id in product_ids:
        show_product(session, row_id, product_id)
    return row, outcome


def show_product(session: Session, reference_id: str, product_id: str) -> bool:
    """Note that a reference shows a product; False if that was known."""
    return insert_new(
        session, ReferenceProductRow, reference_id=reference_id, product_id=product_id
    )


def set_reference_state(
    log: ChangeLog, row: ReferenceRow, state: str, expires_at: datetime | None
) -> None:
    """Let a reference be searched, or not, and until when."""
    was, row.state, row.expires_at = row.state, state, expires_at
    if expires_at is not None and expires_at <= utc_now() and state == ACTIVE:
        row.state = "expired"
    if row.state != was:
        kind = ChangeKind.ADD if row.state == ACTIVE else ChangeKind.REMOVE
        log.note(row.id, kind)


def remove_references(session: Session, log: ChangeLog, ids: Sequence[str]) -> int:
    """Remove references; return how many there were. Their pictures stay."""
    num_removed = 0
    for row_id in ids:
        for table in (ReferenceProductRow, DismissedLikenessRow, ReferenceRecordRow):
            session.execute(delete(table).where(table.reference_id == row_id))
        row = session.get(ReferenceRow, row_id)
        if row is not None:
            session.delete(row)
            session.flush()
            log.note(row_id, ChangeKind.REMOVE)
            num_removed += 1
    return num_removed


def set_brand_state(
    session: Session, log: ChangeLog, row: BrandRow, state: str
) -> None:
    """Let a brand's references be searched, or none of them."""
    if row.state == state:
        return
    row.state = state
    kind = ChangeKind.ADD if state == ACTIVE else ChangeKind.REMOVE
    session.flush()
    for name in session.scalars(
        select(ReferenceRow.id)
        .where(ReferenceRow.brand_id == row.id, ReferenceRow.state == ACTIVE)
        .order_by(ReferenceRow.id)
    ).all():
        log.note(name, kind)


def expire_references(database: Database) -> int:
    """Take the references whose time has come out of the search; return how many."""
    due = (
        select(ReferenceRow)
        .where(ReferenceRow.state == ACTIVE, ReferenceRow.expires_at <= utc_now())
        .order_by(ReferenceRow.id)
    )
    with database.read() as session:
        if not session.scalar(select(exists(due))):
            return 0
    with database.write() as session:
        log = ChangeLog(session)
        rows = session.scalars(due).all()
        for row in rows:
            row.state = "expired"
            log.note(row.id, ChangeKind.REMOVE)
    return len(rows)
