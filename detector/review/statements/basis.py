"""What a statement rests on: decision, right, notice, listing."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from detector.review.clocks.regimes import Regime, read_regime
from detector.review.corroboration import LIVE_ITEMS
from detector.review.reasons import REASONS, Reason
from detector.store.case_tables import CaseRow, DecisionRow
from detector.store.listing_tables import ListingRow, ListingVersionRow
from detector.store.tables import BrandRow, RightRow
from detector.store.takedown_tables import ActionRow, NoticeItemRow, NoticeRow


@dataclass(frozen=True, slots=True)
class Basis:
    """What a statement rests on.

    Attributes:
        action: that restricts the listing.
        case: it belongs to.
        listing: that is restricted.
        listed_at: when the listing was first offered, as far as is known.
        brand: whose right is infringed.
        decision: that led to it; None where a court decided.
        right: that was named.
        notice: that names the listing and was not withdrawn.
        reason: why.
        regime: whose rules hold.
    """

    action: ActionRow
    case: CaseRow
    listing: ListingRow
    listed_at: datetime
    brand: BrandRow
    decision: DecisionRow | None
    right: RightRow | None
    notice: NoticeRow | None
    reason: Reason
    regime: Regime

    @property
    def is_order(self) -> bool:
        """Whether a court or an authority has ordered it."""
        return self.reason.code == "court_order"

    @property
    def is_found_by_software(self) -> bool:
        """Whether a match of pictures opened the case."""
        return self.case.source == "match" or bool(self.case.images)

    @property
    def has_likelihood(self) -> bool:
        """Whether whoever decided was shown how likely an infringement is."""
        return self.decision is not None and self.decision.likelihood is not None

    @property
    def territories(self) -> list[str]:
        """Where it is restricted."""
        given = self.action.restriction.get("territories")
        return [str(each) for each in given] if isinstance(given, list) else []

    @property
    def ends_on(self) -> date | None:
        """Until when it is restricted; None if no end is set."""
        given = self.action.restriction.get("ends_on")
        return None if given is None else date.fromisoformat(str(given))

    @property
    def kind(self) -> str:
        """Of the restriction, as the transparency database names it."""
        return str(self.action.restriction["kind"])


def find_basis(session: Session, action: ActionRow) -> Basis:
    """Look up what a statement about an action rests on."""
    case = session.get_one(CaseRow, action.case_id)
    listing = session.get_one(ListingRow, action.listing_id)
    decision = (
        None
        if action.decision_id is None
        else session.get_one(DecisionRow, action.decision_id)
    )
    right_id = None if decision is None else decision.right_id
    return Basis(
        action=action,
        case=case,
        listing=listing,
        listed_at=_listed_at(session, listing),
        brand=session.get_one(BrandRow, case.brand_id),
        decision=decision,
        right=None if right_id is None else session.get_one(RightRow, right_id),
        notice=_find_notice(session, case, listing),
        reason=REASONS[action.reason],
        regime=read_regime(case.regime),
    )


def _listed_at(session: Session, listing: ListingRow) -> datetime:
    query = select(func.min(ListingVersionRow.occurred_at)).where(
        ListingVersionRow.listing_id == listing.id
    )
    return session.scalar(query) or listing.occurred_at


def _find_notice(
    session: Session, case: CaseRow, listing: ListingRow
) -> NoticeRow | None:
    query = (
        select(NoticeRow)
        .join(NoticeItemRow, NoticeItemRow.notice_id == NoticeRow.id)
        .where(
            NoticeItemRow.case_id == case.id,
            NoticeItemRow.listing_id == listing.id,
            NoticeItemRow.state.in_(LIVE_ITEMS),
            NoticeRow.state != "incomplete",
        )
        .order_by(NoticeRow.received_at, NoticeRow.id)
        .limit(1)
    )
    return session.scalar(query)
