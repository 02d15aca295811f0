"""What stands against an erasure: holds, decisions that go on, files on their way."""

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from detector.review.erasure.subject import Belongings, Subject, SubjectKind
from detector.review.following import MOOT
from detector.review.workflow import CLOSED
from detector.store.case_tables import CaseRow
from detector.store.holds import is_held
from detector.store.listing_tables import ListingImportRow, ListingRow
from detector.store.takedown_tables import LegalHoldRow
from detector.store.work_tables import ImportRow


def find_obstacles(session: Session, subject: Subject, found: Belongings) -> list[str]:
    """Say what stands against erasing."""
    said: list[str] = []
    listings = {*found.listings, *found.former}
    held = select(ListingRow.id).where(ListingRow.id.in_(listings), is_held())
    cases_held = exists().where(
        LegalHoldRow.lifted_at.is_(None),
        LegalHoldRow.subject.in_(["case", subject.kind.value]),
        LegalHoldRow.subject_id.in_([*found.cases, *found.shared, subject.id]),
    )
    if session.scalar(held.limit(1)) or session.scalar(select(cases_held)):
        said.append("Something of it is on legal hold.")
    going_on = session.scalars(
        select(CaseRow.id).where(
            CaseRow.id.in_([*found.cases, *found.shared]),
            CaseRow.state.not_in([CLOSED, *MOOT]),
        )
    ).all()
    said += [
        f"The case {id} was decided, and has not ended." for id in sorted(going_on)
    ]
    waiting = session.scalars(
        select(ListingImportRow.id).where(
            ListingImportRow.marketplace.in_(found.marketplaces),
            ListingImportRow.finished_at.is_(None),
        )
    ).all()
    if subject.kind is SubjectKind.BRAND:
        importing = select(ImportRow.id).where(
            ImportRow.brand_id == subject.id, ImportRow.finished_at.is_(None)
        )
        waiting = [*waiting, *session.scalars(importing)]
    said += [f"The file {id} is still being taken in." for id in sorted(waiting)]
    return said
