"""Which cases somebody may look at, and how far others are told how they stand."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, exists, or_, true

from detector.review.workflow import OPEN
from detector.store.case_tables import CaseRow, DecisionRow, QuestionRow
from detector.store.takedown_tables import AppealRow, NoticeItemRow, NoticeRow

INTERNAL = ("claimed", "awaiting_second")
"""States that are nobody's business outside: to others the case is open."""

DISPATCHED = ("no_action", "duplicate")
"""Closures that are told once they cannot be undone any more."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose cases are seen: all, a marketplace's own, or those a brand has a part in.

    Attributes:
        brand_id: of the brand that looks; it sees cases about which it was asked, gave
            notice, or has an appeal to answer.
        marketplace: that looks.
        person: who looks; their own opinion is no secret to them.
        is_blind: they may be asked for a second opinion, so that first ones are hidden
            from them.
    """

    brand_id: str | None = None
    marketplace: str | None = None
    person: str | None = None
    is_blind: bool = False

    @property
    def is_outside(self) -> bool:
        """Whether it is a brand or a marketplace that looks."""
        return self.brand_id is not None or self.marketplace is not None

    def covers(self) -> ColumnElement[bool]:
        """Say it as a condition on cases."""
        if self.brand_id is not None:
            return and_(CaseRow.brand_id == self.brand_id, _has_part(self.brand_id))
        if self.marketplace is not None:
            return CaseRow.marketplace == self.marketplace
        return true()

    def shows(self, decision: DecisionRow) -> bool:
        """Say whether they may know of a decision."""
        if self.is_outside:
            return decision.told_at is not None
        is_own = decision.decided_by == self.person
        return not self.is_blind or is_own or decision.state != "pending"

    def state(self) -> ColumnElement[str]:
        """Say in which state a case is, to whoever looks.

        What can still be undone has not happened for others.
        """
        if not self.is_outside:
            return CaseRow.state.expression
        is_hidden = or_(CaseRow.state.in_(INTERNAL), _is_untold())
        return case((is_hidden, OPEN), else_=CaseRow.state)


def _has_part(brand_id: str) -> ColumnElement[bool]:
    was_asked = exists().where(
        QuestionRow.case_id == CaseRow.id, QuestionRow.brand_id == brand_id
    )
    gave_notice = exists().where(
        NoticeItemRow.case_id == CaseRow.id,
        NoticeRow.id == NoticeItemRow.notice_id,
        NoticeRow.brand_id == brand_id,
    )
    has_to_answer = exists().where(
        AppealRow.case_id == CaseRow.id, AppealRow.forwarded_at.is_not(None)
    )
    return or_(was_asked, gave_notice, has_to_answer)


def _is_untold() -> ColumnElement[bool]:
    """Say of a decided case that nobody outside has been told."""
    holds = and_(DecisionRow.case_id == CaseRow.id, DecisionRow.state == "effective")
    return and_(
        or_(CaseRow.state == "action_pending", CaseRow.closure.in_(DISPATCHED)),
        exists().where(holds),
        ~exists().where(holds, DecisionRow.told_at.is_not(None)),
    )
