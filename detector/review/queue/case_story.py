"""All of a case that somebody may know: what was asked, said and done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.review.queue.audit_list import AuditFilter, AuditView, read_audit
from detector.review.queue.case_list import CaseView
from detector.review.queue.scope import Scope
from detector.store.case_tables import (
    CaseListingRow,
    CommentRow,
    DecisionRow,
    QuestionRow,
)
from detector.store.listing_tables import ListingRow
from detector.store.takedown_tables import (
    ActionRow,
    AppealRow,
    NoticeItemRow,
    NoticeRow,
)

ABOUT_OTHERS = frozenset(
    {
        "seller_history",
        "known_removed",
        "reference_distinctiveness",
        "cluster_size",
        "first_seen",
        "claimed_first_seen",
    }
)
"""Signals that tell of other listings, sellers and marketplaces; no brand sees them."""


@dataclass(frozen=True, slots=True)
class CaseStory:
    """All of a case that somebody may know; what they may not is left out.

    Attributes:
        listings: with what each said when it came in.
        names: listing → the marketplace's id of it.
        signals: by name.
        questions: to the brand.
        notices: of brands, with their items about the case.
        appeals: against decisions.
        actions: that the marketplace was asked for.
        comments: of colleagues, but for those of whoever gave a first opinion that is
            hidden.
        history: step by step.
    """

    listings: Sequence[CaseListingRow]
    names: Mapping[str, str]
    signals: Mapping[str, object]
    questions: Sequence[QuestionRow]
    notices: Sequence[tuple[NoticeRow, NoticeItemRow]]
    appeals: Sequence[AppealRow]
    actions: Sequence[ActionRow]
    comments: Sequence[CommentRow]
    history: Sequence[AuditView]


def tell_story(session: Session, view: CaseView, *, scope: Scope) -> CaseStory:
    """Gather what somebody may know of a case."""
    case_id, is_brand = view.row.id, scope.brand_id is not None
    made = session.scalars(select(DecisionRow).where(DecisionRow.case_id == case_id))
    secret = {row.decided_by for row in made if not scope.shows(row)}
    comments = session.scalars(
        select(CommentRow)
        .where(CommentRow.case_id == case_id)
        .order_by(CommentRow.created_at, CommentRow.id)
    )
    listings = session.scalars(
        select(CaseListingRow)
        .where(CaseListingRow.case_id == case_id)
        .order_by(CaseListingRow.added_at, CaseListingRow.listing_id)
    ).all()
    some = ListingRow.id.in_([row.listing_id for row in listings])
    named = session.execute(select(ListingRow.id, ListingRow.external_id).where(some))
    questions = session.scalars(
        select(QuestionRow)
        .where(QuestionRow.case_id == case_id)
        .order_by(QuestionRow.asked_at)
    ).all()
    signals = view.row.signals
    return CaseStory(
        listings=listings,
        names={row.id: row.external_id for row in named},
        signals={n: s for n, s in signals.items() if n not in ABOUT_OTHERS}
        if is_brand
        else signals,
        questions=[] if scope.marketplace is not None else questions,
        notices=_notices(session, case_id),
        appeals=_appeals(session, case_id, scope),
        actions=[] if is_brand else _actions(session, case_id, scope),
        comments=[]
        if scope.is_outside
        else [row for row in comments if row.author not in secret],
        history=[]
        if scope.is_outside
        else list(read_audit(session, AuditFilter(case_id=case_id), scope=scope)),
    )


def _notices(session: Session, case_id: str) -> list[tuple[NoticeRow, NoticeItemRow]]:
    query = (
        select(NoticeRow, NoticeItemRow)
        .join(NoticeItemRow, NoticeItemRow.notice_id == NoticeRow.id)
        .where(NoticeItemRow.case_id == case_id)
        .order_by(NoticeRow.received_at, NoticeRow.id, NoticeItemRow.position)
    )
    return [(notice, item) for notice, item in session.execute(query)]


def _appeals(session: Session, case_id: str, scope: Scope) -> list[AppealRow]:
    """List appeals; a brand sees its own complaints, and what it has to answer."""
    query = select(AppealRow).where(AppealRow.case_id == case_id)
    rows = session.scalars(query.order_by(AppealRow.received_at, AppealRow.id)).all()
    if scope.brand_id is None:
        return list(rows)
    return [
        row
        for row in rows
        if row.forwarded_at is not None or row.kind == "notifier_complaint"
    ]


def _actions(session: Session, case_id: str, scope: Scope) -> list[ActionRow]:
    query = select(ActionRow).where(ActionRow.case_id == case_id)
    if scope.is_outside:
        query = query.where(ActionRow.requested_at.is_not(None))
    return list(session.scalars(query.order_by(ActionRow.created_at, ActionRow.id)))
