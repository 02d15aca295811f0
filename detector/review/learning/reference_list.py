"""References' records, listed."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.store.paging import SortKey, page
from detector.store.standing_tables import ReferenceRecordRow
from detector.store.tables import ReferenceRow


@dataclass(frozen=True, slots=True)
class RecordView:
    """A reference's record, and whose reference it is."""

    row: ReferenceRecordRow
    brand_id: str


def find_record(session: Session, reference_id: str) -> RecordView:
    """Look up the record of a reference that has one."""
    row = session.get_one(ReferenceRecordRow, reference_id)
    return _view(session, row)


def list_records(
    session: Session,
    *,
    is_quarantined: bool | None,
    brand_id: str | None,
    cursor: str | None,
    limit: int,
) -> tuple[list[RecordView], str | None]:
    """List records in pages, in the order of the references' ids."""
    query = select(ReferenceRecordRow)
    if is_quarantined is not None:
        query = query.where(ReferenceRecordRow.is_quarantined == is_quarantined)
    if brand_id is not None:
        own = select(ReferenceRow.id).where(ReferenceRow.brand_id == brand_id)
        query = query.where(ReferenceRecordRow.reference_id.in_(own))
    keys: list[SortKey] = [ReferenceRecordRow.reference_id]
    rows, next_cursor = page(session, query, keys=keys, cursor=cursor, limit=limit)
    return [_view(session, row) for row in rows], next_cursor


def _view(session: Session, row: ReferenceRecordRow) -> RecordView:
    return RecordView(row, session.get_one(ReferenceRow, row.reference_id).brand_id)
