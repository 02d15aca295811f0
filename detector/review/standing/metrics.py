"""What became of somebody's notices over a window, in all and for each reason code."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from detector.review.reasons import REASONS
from detector.review.standing.wilson import Share, Z
from detector.store.takedown_tables import AppealRow, NoticeItemRow, NoticeRow

ACCEPTED, REJECTED, WITHDRAWN = "accepted", "rejected", "withdrawn"
LIFTED = ("overturned", "lapsed")
"""Ends of an appeal after which a restriction was lifted."""
OWN_COMPLAINT = "notifier_complaint"


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of notice items that were decided.

    Attributes:
        accepted: restricted, also if an appeal overturned it.
        rejected: not, by an error of the claimant.
        withdrawn: by the claimant.
        countered: accepted ones that an appeal overturned.
        neutral: not restricted by no error of the claimant; in no rate.
        z: how sure the bounds are.
    """

    accepted: int = 0
    rejected: int = 0
    withdrawn: int = 0
    countered: int = 0
    neutral: int = 0
    z: float = Z

    @property
    def num(self) -> int:
        """Items that the rates are counted from."""
        return self.accepted + self.rejected + self.withdrawn

    @property
    def takedown(self) -> Share:
        """A / (A + R + X)."""
        return Share(self.accepted, self.num, self.z)

    @property
    def counter_notice(self) -> Share:
        """C / A."""
        return Share(self.countered, self.accepted, self.z)

    @property
    def accuracy(self) -> Share:
        """(A - C) / (A + R + X)."""
        return Share(self.accepted - self.countered, self.num, self.z)

    def as_json(self) -> dict[str, object]:
        """Show counts and rates."""
        return {
            "accepted": self.accepted,
            "rejected": self.rejected,
            "withdrawn": self.withdrawn,
            "countered": self.countered,
            "neutral": self.neutral,
            "takedown_rate": self.takedown.as_json(),
            "counter_notice_rate": self.counter_notice.as_json(),
            "accuracy": self.accuracy.as_json(),
        }


@dataclass(frozen=True, slots=True)
class Figures:
    """Outcomes over a window: of all items, and by what the notices claimed."""

    since: datetime
    until: datetime
    total: Outcomes
    by_reason: Mapping[str, Outcomes]

    def as_json(self) -> dict[str, object]:
        """Show them as standing and events do."""
        return {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "total": self.total.as_json(),
            "by_reason": {
                code: each.as_json() for code, each in sorted(self.by_reason.items())
            },
        }


def measure(
    session: Session,
    whose: ColumnElement[bool],
    *,
    at: datetime,
    window_days: int,
    z: float = Z,
) -> Figures:
    """Count what became of notices.

    Args:
        session: that reads.
        whose: condition on the notices.
        at: end of the window; what is decided then is in it.
        window_days: how long it is.
        z: how sure the bounds are.
    """
    since = at - timedelta(days=window_days)
    was_countered = exists().where(
        AppealRow.case_id == NoticeItemRow.case_id,
        AppealRow.kind != OWN_COMPLAINT,
        AppealRow.state.in_(LIFTED),
    )
    query = (
        select(
            NoticeRow.reason_code,
            NoticeItemRow.state,
            NoticeItemRow.reason_code,
            was_countered,
        )
        .join(NoticeRow, NoticeRow.id == NoticeItemRow.notice_id)
        .where(
            whose,
            NoticeItemRow.decided_at > since,
            NoticeItemRow.decided_at <= at,
            NoticeItemRow.state.in_((ACCEPTED, REJECTED, WITHDRAWN)),
        )
    )
    found: dict[str, Counter[str]] = {}
    for claimed, state, reason, is_countered in session.execute(query):
        found.setdefault(claimed, Counter()).update(
            _kinds(state, reason, bool(is_countered))
        )
    return Figures(
        since=since,
        until=at,
        total=_outcomes(sum(found.values(), Counter()), z),
        by_reason={code: _outcomes(counts, z) for code, counts in found.items()},
    )


def _kinds(state: str, reason: str | None, is_countered: bool) -> Iterable[str]:
    if state == ACCEPTED:
        return ("accepted", "countered") if is_countered else ("accepted",)
    if state == WITHDRAWN:
        return ("withdrawn",)
    known = REASONS.get(reason or "")
    is_error = known is not None and known.is_claimant_error
    return ("rejected",) if is_error else ("neutral",)


def _outcomes(counts: Counter[str], z: float) -> Outcomes:
    return Outcomes(
        accepted=counts["accepted"],
        rejected=counts["rejected"],
        withdrawn=counts["withdrawn"],
        countered=counts["countered"],
        neutral=counts["neutral"],
        z=z,
    )
