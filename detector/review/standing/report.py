"""How detection, review and takedowns do over a window: figures for reports."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import quantiles

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from detector.review.clocks.deadlines import DECISION
from detector.review.learning.fit import measure_quality
from detector.review.reasons import REASONS
from detector.review.standing.metrics import OWN_COMPLAINT
from detector.review.standing.tier import Tier
from detector.review.standing.wilson import Share
from detector.store.case_tables import CaseRow, DeadlineRow, DecisionRow
from detector.store.listing_tables import FlagRow, ListingRow
from detector.store.standing_tables import StandingRow
from detector.store.takedown_tables import ActionRow, AppealRow, NoticeRow

HOUR = 3600.0
Z_95 = 1.96
"""Of a normal distribution, 95 % lie between -Z_95 and Z_95."""
UNDECIDED = ("open", "claimed", "awaiting_brand", "awaiting_second")
AGES_DAYS = (1, 3, 7)
ANSWERED = ("upheld", "overturned", "lapsed")
GIVEN_WAY = ("overturned", "lapsed")


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure, and what it was counted from.

    Attributes:
        group: `detection`, `review` or `transparency`.
        name: of the figure.
        value: None of nothing.
        num: from how many it was counted.
        lower: bound of the interval; None where it is no share.
        upper: likewise.
    """

    group: str
    name: str
    value: float | None
    num: int
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True, slots=True)
class _Decided:
    """A case, and the decision in which it came to an end."""

    case: CaseRow
    decision: DecisionRow

    @property
    def is_restricted(self) -> bool:
        return self.decision.kind == "restrict"

    @property
    def is_upheld(self) -> bool:
        return self.is_restricted and self.decision.state == "effective"

    @property
    def is_own(self) -> bool:
        return self.case.source == "match"


def measure_all(session: Session, *, since: datetime, until: datetime) -> list[Metric]:
    """Count all figures of a window; what happened at `until` is in it.

    Args:
        session: to read with.
        since: begin; what happened then is not in it.
        until: end.
    """
    decided = _read_decided(session, since, until)
    return [
        *_detection(session, decided, since, until),
        *_review(session, decided, since, until),
        *_transparency(session, decided, since, until),
    ]


def kappa(pairs: Sequence[tuple[bool, bool]]) -> float | None:
    """Compute Cohen's kappa of two opinions on the same; None where it has no value."""
    if not pairs:
        return None
    first, second = (sum(each) / len(pairs) for each in zip(*pairs, strict=True))
    observed = sum(one == other for one, other in pairs) / len(pairs)
    by_chance = first * second + (1 - first) * (1 - second)
    return None if by_chance == 1 else (observed - by_chance) / (1 - by_chance)


def _detection(
    session: Session, decided: Sequence[_Decided], since: datetime, until: datetime
) -> Iterable[Metric]:
    own = [each for each in decided if each.is_own]
    sample = [each for each in own if each.case.is_random]
    restricted = [each for each in decided if each.is_restricted]
    upheld = [each for each in decided if each.is_upheld]
    yield _share("detection", "precision", (each.is_restricted for each in own))
    yield _share("detection", "post_appeal_precision", (e.is_upheld for e in own))
    yield _share("detection", "random_sample_precision", (e.is_upheld for e in sample))
    # Of what is known to infringe; what nobody found is in no figure.
    yield _share("detection", "recall_estimate", (each.is_own for each in upheld))
    yield _share("detection", "proactive_share", (each.is_own for each in restricted))
    listings = _count(session, ListingRow.received_at, since, until)
    flags = _count(session, FlagRow.created_at, since, until)
    per_1000 = flags / listings * 1_000 if listings else None
    yield Metric("detection", "flags_per_1000_listings", per_1000, listings)
    told = [each for each in own if each.decision.likelihood is not None]
    quality = None
    if told:
        quality = measure_quality(
            np.array([each.decision.likelihood for each in told], dtype=np.float64),
            np.array([each.is_upheld for each in told], dtype=np.float64),
        )
    brier, ece = (None, None) if quality is None else (quality.brier, quality.ece)
    yield Metric("detection", "brier_score", brier, len(told))
    yield Metric("detection", "expected_calibration_error", ece, len(told))


def _review(
    session: Session, decided: Sequence[_Decided], since: datetime, until: datetime
) -> Iterable[Metric]:
    yield from _times(
        "review",
        "hours_to_decision",
        [_hours(each.case.opened_at, each.decision.decided_at) for each in decided],
    )
    minutes = [
        each.decision.seconds / 60
        for each in decided
        if each.decision.seconds is not None
    ]
    yield from _times("review", "minutes_worked_on", minutes)
    ends = session.scalars(
        select(DeadlineRow.state).where(
            DeadlineRow.kind == DECISION,
            DeadlineRow.state != "running",
            DeadlineRow.ended_at > since,
            DeadlineRow.ended_at <= until,
        )
    )
    yield _share("review", "decided_in_time", (state == "stopped" for state in ends))
    skipped = (bool(each.case.skipped_by) for each in decided)
    yield _share("review", "skip_rate", skipped)
    states = session.scalars(
        select(DecisionRow.state).where(
            DecisionRow.decided_at > since, DecisionRow.decided_at <= until
        )
    )
    yield _share("review", "undo_rate", (state == "undone" for state in states))
    pairs = _read_pairs(session, since, until)
    yield _share("review", "observed_agreement", (a == b for a, b in pairs))
    yield Metric("review", "cohens_kappa", kappa(pairs), len(pairs))
    opened = list(
        session.scalars(
            select(CaseRow.opened_at).where(
                CaseRow.state.in_(UNDECIDED), CaseRow.opened_at <= until
            )
        )
    )
    for days in AGES_DAYS:
        old = [at for at in opened if at <= until - timedelta(days=days)]
        name = f"waiting_over_{days}_days"
        yield Metric("review", name, float(len(old)), len(opened))


def _transparency(
    session: Session, decided: Sequence[_Decided], since: datetime, until: datetime
) -> Iterable[Metric]:
    group = "transparency"
    notices = _count(session, NoticeRow.received_at, since, until)
    yield Metric(group, "notices", float(notices), notices)
    by_notice = [each for each in decided if not each.is_own]
    yield _share(group, "notices_acted_on", (each.is_restricted for each in by_notice))
    restricted = [each for each in decided if each.is_restricted]
    yield _share(group, "restricted_as_illegal", map(_is_illegal, restricted))
    # No rule of the service restricts by itself: a person decides each case.
    yield Metric(group, "restricted_by_automated_means", 0.0, len(restricted))
    likely = (each.decision.likelihood is not None for each in restricted)
    yield _share(group, "restricted_with_likelihood_shown", likely)
    appeals = session.scalars(
        select(AppealRow).where(
            AppealRow.received_at > since, AppealRow.received_at <= until
        )
    ).all()
    complaints = [each for each in appeals if each.kind != OWN_COMPLAINT]
    rate = len(complaints) / len(restricted) if restricted else None
    yield Metric(group, "appeals", float(len(appeals)), len(appeals))
    yield Metric(group, "appeals_per_restriction", rate, len(restricted))
    ended = [each for each in appeals if each.state in ANSWERED]
    yield _share(group, "reversal_rate", (each.state in GIVEN_WAY for each in ended))
    hours = [
        _hours(each.received_at, each.decided_at)
        for each in ended
        if each.decided_at is not None
    ]
    yield from _times(group, "hours_to_answer_appeals", hours)
    lifts = session.scalars(
        select(ActionRow).where(
            ActionRow.kind == "lift",
            ActionRow.ended_at > since,
            ActionRow.ended_at <= until,
        )
    )
    yield from _times(
        group,
        "hours_to_lift",
        [_hours(each.created_at, each.ended_at) for each in lifts if each.ended_at],
    )
    suspended = session.scalar(
        select(func.count(StandingRow.id)).where(
            StandingRow.tier == Tier.RESTRICTED,
            StandingRow.created_at > since,
            StandingRow.created_at <= until,
        )
    )
    yield Metric(group, "restricted_for_misuse", float(suspended or 0), suspended or 0)


def _read_decided(session: Session, since: datetime, until: datetime) -> list[_Decided]:
    query = (
        select(CaseRow, DecisionRow)
        .join(DecisionRow, DecisionRow.case_id == CaseRow.id)
        .where(
            DecisionRow.decided_at > since,
            DecisionRow.decided_at <= until,
            DecisionRow.state.in_(("effective", "overturned")),
        )
        .order_by(DecisionRow.decided_at, DecisionRow.opinion, DecisionRow.id)
    )
    newest = {case.id: _Decided(case, row) for case, row in session.execute(query)}
    return list(newest.values())


def _read_pairs(
    session: Session, since: datetime, until: datetime
) -> list[tuple[bool, bool]]:
    """Read first and second opinions on the same case: was it to be restricted?"""
    query = (
        select(DecisionRow.case_id, DecisionRow.opinion, DecisionRow.kind)
        .where(DecisionRow.decided_at > since, DecisionRow.decided_at <= until)
        .order_by(DecisionRow.decided_at, DecisionRow.opinion, DecisionRow.id)
    )
    first: dict[str, bool] = {}
    pairs = []
    for case_id, opinion, kind in session.execute(query):
        if opinion == 1:
            first[case_id] = kind == "restrict"
        elif case_id in first:
            pairs.append((first.pop(case_id), kind == "restrict"))
    return pairs


def _is_illegal(decided: _Decided) -> bool:
    reason = REASONS.get(decided.decision.reason_code)
    return reason is not None and reason.ground == "illegal"


def _share(group: str, name: str, hits: Iterable[bool]) -> Metric:
    found = list(hits)
    share = Share(sum(found), len(found), Z_95)
    return Metric(group, name, share.rate, share.num, share.lower, share.upper)


def _times(group: str, name: str, times: Sequence[float]) -> Iterable[Metric]:
    cuts = quantiles(times, n=10, method="inclusive") if len(times) > 1 else None
    only = times[0] if times else None
    for suffix, place in (("p50", 4), ("p90", 8)):
        value = only if cuts is None else cuts[place]
        yield Metric(group, f"{name}_{suffix}", value, len(times))


def _hours(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() / HOUR


def _count(
    session: Session,
    column: InstrumentedAttribute[datetime],
    since: datetime,
    until: datetime,
) -> int:
    query = select(func.count()).where(column > since, column <= until)
    return session.scalar(query) or 0
