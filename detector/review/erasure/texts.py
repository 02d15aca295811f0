"""Erases what rows say of a subject; the rows stay, where others refer to them."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, String, cast, delete, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from detector.catalogue.references import chunks
from detector.review.erasure.subject import Belongings, Subject
from detector.store.case_tables import (
    CaseListingRow,
    CaseRow,
    CommentRow,
    DecisionRow,
    QuestionRow,
)
from detector.store.event_tables import EventRow
from detector.store.listing_tables import (
    FlagRow,
    ListingImportRow,
    ListingProblemRow,
    ListingRow,
    ListingVersionRow,
    SightingRow,
)
from detector.store.standing_tables import StandingRow
from detector.store.tables import AuthorizedSellerRow
from detector.store.takedown_tables import (
    ActionRow,
    AppealRow,
    LegalHoldRow,
    NoticeItemRow,
    StatementRow,
)
from detector.store.work_tables import GivenAnswerRow, JobRow

ERASED = "erased"
SILENT = {"synchronize_session": False}
ROWS_AT_ONCE = 500
WORDS_AT_ONCE = 20


def erase_listings(session: Session, listings: Sequence[str]) -> None:
    """Leave of listings and flags that there were some, and when."""
    for some in chunks(listings):
        for row in session.scalars(select(ListingRow).where(ListingRow.id.in_(some))):
            # The marketplace may send it again one day, as a listing of its own.
            row.external_id, row.version, row.content_sha256 = row.id, 0, ""
            row.state, row.details, row.seller_id, row.error = "deleted", {}, None, None
        session.flush()
        flags = select(FlagRow).where(FlagRow.listing_id.in_(some))
        for flag in session.scalars(flags):
            flag.state, flag.is_sample = "withdrawn", False
            flag.images, flag.signals, flag.authorization = [], {}, None
        _set(session, NoticeItemRow.listing_id, some, external_id=ERASED, url=None)
        _set(session, CaseListingRow.listing_id, some, snapshot={})


def erase_cases(session: Session, ids: Sequence[str]) -> None:
    """Leave of cases what was decided and when, and nothing of what was said."""
    for some in chunks(ids):
        for case in session.scalars(select(CaseRow).where(CaseRow.id.in_(some))):
            case.seller_id = case.cluster_id = None
            case.images, case.signals = [], {}
            case.basis = {n: v for n, v in case.basis.items() if n != "pictures"}
        session.flush()
        comments = delete(CommentRow).where(CommentRow.case_id.in_(some))
        session.execute(comments, execution_options=SILENT)
        _set(session, CaseListingRow.case_id, some, snapshot={})
        _set(session, DecisionRow.case_id, some, note=None)
        _set(session, QuestionRow.case_id, some, text=ERASED, explanation=None)
        _set(session, ActionRow.case_id, some, error=None, external_id=None)
        _set(session, StatementRow.case_id, some, text=ERASED, record=None, error=None)
        _set(
            session,
            AppealRow.case_id,
            some,
            external_id=None,
            grounds=ERASED,
            explanation=ERASED,
            documents=[],
            statements={},
            contact={},
            claimant_answer=None,
            answer=None,
        )


def erase_shared_cases(
    session: Session, ids: Sequence[str], listings: Sequence[str]
) -> None:
    """Leave in cases about others' listings, too, what is said of those."""
    for some in chunks(ids):
        for case in session.scalars(select(CaseRow).where(CaseRow.id.in_(some))):
            parts = session.scalars(
                select(CaseListingRow).where(
                    CaseListingRow.case_id == case.id,
                    CaseListingRow.listing_id.not_in(listings),
                )
            ).all()
            if case.listing_id in listings and parts:
                case.listing_id = parts[0].listing_id
                shown = parts[0].snapshot.get("images")
                case.images = list(shown) if isinstance(shown, list) else []
                case.signals = {}
        session.flush()


def erase_seller(session: Session, subject: Subject, former: Sequence[str]) -> None:
    """Erase what is known of a seller beside the listings."""
    if subject.seller is None:
        return
    marketplace, seller_id = subject.seller
    version = ListingVersionRow
    said = version.details["seller"]["id"].as_string() == seller_id
    for some in chunks(former):
        session.execute(
            delete(version).where(version.listing_id.in_(some), said),
            execution_options=SILENT,
        )
        session.execute(
            update(SightingRow)
            .where(SightingRow.listing_id.in_(some), SightingRow.seller_id == seller_id)
            .values(seller_id=None),
            execution_options=SILENT,
        )
    seller = AuthorizedSellerRow
    session.execute(
        delete(seller).where(
            seller.marketplace == marketplace, seller.seller_id == seller_id
        ),
        execution_options=SILENT,
    )
    session.execute(
        delete(StandingRow).where(
            StandingRow.subject == "seller", StandingRow.subject_id == subject.id
        ),
        execution_options=SILENT,
    )
    lifted = LegalHoldRow.lifted_at.is_not(None)
    session.execute(
        update(LegalHoldRow)
        .where(lifted, LegalHoldRow.subject_id == subject.id)
        .values(subject_id=ERASED, reason=ERASED),
        execution_options=SILENT,
    )


def erase_traces(session: Session, belongings: Belongings) -> dict[str, int]:
    """Erase what events, jobs, answers and reports of files say of a subject.

    What mentions one of our ids goes, or loses what it says. A name, which others may
    bear elsewhere, counts only where the marketplace is concerned.

    Returns:
        How many rows of each kind.
    """
    counts = {"events": 0, "jobs": 0, "problems": 0, "answers": 0}
    event, job, problem = EventRow, JobRow, ListingProblemRow
    here = event.marketplace.in_(belongings.marketplaces)
    of_files = select(ListingImportRow.id).where(
        ListingImportRow.marketplace.in_(belongings.marketplaces)
    )
    for ids in _shares(belongings.ids):
        counts["events"] += _silence(session, _says(event.data, ids))
        told = or_(_says(job.payload, ids), _says(job.last_error, ids))
        jobs = delete(job).where(job.state != "leased", told).returning(job.id)
        counts["jobs"] += len(session.scalars(jobs).all())
    for names in _shares(belongings.names):
        quoted = [json.dumps(name) for name in names]
        counts["events"] += _silence(session, here & _says(event.data, quoted))
        told = problem.import_id.in_(of_files) & _says(problem.message, names)
        problems = delete(problem).where(told).returning(problem.seq)
        counts["problems"] += len(session.scalars(problems).all())
    quoted = [json.dumps(w) for w in (*belongings.ids, *belongings.names)]
    counts["answers"] = _erase_answers(session, [word.encode() for word in quoted])
    return counts


def _shares(words: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(words), WORDS_AT_ONCE):
        yield words[start : start + WORDS_AT_ONCE]


def _silence(session: Session, where: ColumnElement[bool]) -> int:
    """Take from events what they said; return how many there were."""
    rows = session.scalars(select(EventRow).where(where)).all()
    for row in rows:
        row.data = {ERASED: True}
    session.flush()
    return len(rows)


def _erase_answers(session: Session, words: Sequence[bytes]) -> int:
    """Delete answers that were kept for requests that are sent again."""
    rows = session.execute(
        select(GivenAnswerRow.id, GivenAnswerRow.body),
        execution_options={"yield_per": ROWS_AT_ONCE},
    )
    ids = [id for id, body in rows if body and any(word in body for word in words)]
    for some in chunks(ids):
        session.execute(
            delete(GivenAnswerRow).where(GivenAnswerRow.id.in_(some)),
            execution_options=SILENT,
        )
    return len(ids)


def _says(
    column: InstrumentedAttribute[Any], words: Sequence[str]
) -> ColumnElement[bool]:
    text = cast(column, String)
    return or_(*(text.contains(word, autoescape=True) for word in words))


def _set(
    session: Session,
    column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None],
    ids: Sequence[str],
    **values: object,
) -> None:
    """Write values into the rows whose column names one of some ids."""
    session.execute(
        update(column.class_).where(column.in_(ids)).values(values),
        execution_options=SILENT,
    )
