"""The questions to a brand, with what it needs to answer them."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.review.questions.answer import unknown_question
from detector.store.case_tables import CaseListingRow, CaseRow, QuestionRow
from detector.store.listing_tables import ListingRow
from detector.store.paging import SortKey, page
from detector.store.tables import BrandRow


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question, and what it is about.

    Attributes:
        row: the question.
        case: that it was asked in.
        listing: that the case is about.
        brand: that is asked.
        flag_id: of the listing's flag, whose evidence can be drawn; None without one.
    """

    row: QuestionRow
    case: CaseRow
    listing: ListingRow
    brand: BrandRow
    flag_id: str | None


def find_question(
    session: Session, question_id: str, *, brand_id: str | None
) -> QuestionView:
    """Look a question up.

    Args:
        session: to read with.
        question_id: of the question.
        brand_id: the only one whose questions are seen; None sees all.

    Raises:
        Unknown: there is none, or none that is seen.
    """
    row = session.get(QuestionRow, question_id)
    if row is None or brand_id not in (None, row.brand_id):
        raise unknown_question(question_id)
    return _view(session, row)


def list_questions(
    session: Session,
    *,
    brand_id: str | None,
    to_brand: str | None = None,
    state: str | None,
    case_id: str | None,
    cursor: str | None,
    limit: int,
) -> tuple[list[QuestionView], str | None]:
    """List questions in pages, those first that are to be answered first.

    Args:
        session: to read with.
        brand_id: the only one whose questions are seen; None sees all.
        to_brand: only those to this brand.
        state: only those in this state.
        case_id: only those of this case.
        cursor: after which the page begins.
        limit: most to return.
    """
    query = select(QuestionRow)
    for column, value in (
        (QuestionRow.brand_id, brand_id),
        (QuestionRow.brand_id, to_brand),
        (QuestionRow.state, state),
        (QuestionRow.case_id, case_id),
    ):
        if value is not None:
            query = query.where(column == value)
    keys: list[SortKey] = [QuestionRow.due_at, QuestionRow.id]
    rows, next_cursor = page(session, query, keys=keys, cursor=cursor, limit=limit)
    return [_view(session, row) for row in rows], next_cursor


def _view(session: Session, row: QuestionRow) -> QuestionView:
    case = session.get_one(CaseRow, row.case_id)
    flag_id = session.scalar(
        select(CaseListingRow.flag_id).where(
            CaseListingRow.case_id == case.id,
            CaseListingRow.listing_id == case.listing_id,
        )
    )
    return QuestionView(
        row,
        case,
        session.get_one(ListingRow, case.listing_id),
        session.get_one(BrandRow, row.brand_id),
        flag_id,
    )
