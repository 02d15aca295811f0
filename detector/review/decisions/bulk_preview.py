"""What a decision on many cases would reach: every one of them, to be looked at."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.errors import InvalidInput, Unknown
from detector.review.actor import Actor
from detector.review.guards.people import LEADS
from detector.review.policy import read_policy
from detector.review.workflow import CLOSED, OPEN, Party
from detector.store.case_tables import CaseListingRow, CaseRow

CLAIMED = "claimed"


class Reach(StrEnum):
    """Which cases are decided together."""

    CLUSTER = "cluster"
    SELLER = "seller"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A case that may be decided with others.

    Attributes:
        case: as it is now.
        listings: that it is about, those taken out left away.
        why_not: why it is left alone; None if it is decided with the others.
    """

    case: CaseRow
    listings: Sequence[CaseListingRow]
    why_not: str | None

    @property
    def is_included(self) -> bool:
        """Whether it is decided with the others."""
        return self.why_not is None


def preview_bulk(
    session: Session, case_id: str, *, by: Reach, actor: Actor, at: datetime
) -> list[Candidate]:
    """List the brand's live cases of the same picture, or of the same seller.

    Args:
        session: to read with.
        case_id: of the case that is looked at.
        by: what they have in common.
        actor: who would decide.
        at: now.

    Raises:
        Unknown: there is no such case.
        InvalidInput: nothing is known that others could have in common with it.
    """
    anchor = session.get(CaseRow, case_id)
    if anchor is None:
        raise Unknown(
            f"There is no case {case_id[:100]!r}.",
            remedy="GET /v1/cases lists those that this key sees.",
        )
    most = read_policy(session, anchor.marketplace).policy.bulk_max
    return list_candidates(session, _ids(session, anchor, by, most), actor=actor, at=at)


def list_candidates(
    session: Session, case_ids: Iterable[str], *, actor: Actor, at: datetime
) -> list[Candidate]:
    """Look at cases, in the order of their ids."""
    cases = session.scalars(
        select(CaseRow).where(CaseRow.id.in_(list(case_ids))).order_by(CaseRow.id)
    ).all()
    rows = session.scalars(
        select(CaseListingRow)
        .where(
            CaseListingRow.case_id.in_([case.id for case in cases]),
            CaseListingRow.removed_at.is_(None),
        )
        .order_by(CaseListingRow.listing_id)
    )
    listings: dict[str, list[CaseListingRow]] = {}
    for row in rows:
        listings.setdefault(row.case_id, []).append(row)
    return [
        Candidate(case, listings.get(case.id, []), _why_not(case, actor, at))
        for case in cases
    ]


def _ids(session: Session, anchor: CaseRow, by: Reach, most: int) -> list[str]:
    """List the ids, one more than may be decided at once if there are as many."""
    query = select(CaseRow.id).where(
        CaseRow.brand_id == anchor.brand_id, CaseRow.state != CLOSED
    )
    value = anchor.cluster_id if by is Reach.CLUSTER else anchor.seller_id
    if value is None:
        raise InvalidInput(
            f"The {by.value} of the case is not known.",
            remedy="Decide it by itself.",
        )
    if by is Reach.CLUSTER:
        query = query.where(CaseRow.cluster_id == value)
    else:
        query = query.where(
            CaseRow.seller_id == value, CaseRow.marketplace == anchor.marketplace
        )
    # The one that is looked at comes first, whatever the limit cuts off.
    others = query.where(CaseRow.id != anchor.id).order_by(CaseRow.id).limit(most - 1)
    return [anchor.id, *session.scalars(others)]


def _why_not(case: CaseRow, actor: Actor, at: datetime) -> str | None:
    if case.state == CLAIMED:
        is_held = case.leased_until is not None and case.leased_until > at
        is_own = case.leased_by == actor.id and is_held
        return None if is_own else "Somebody else works on it."
    if case.state != OPEN:
        return f"It is {case.state.replace('_', ' ')}."
    if case.queue == LEADS and actor.party is not Party.LEAD:
        return "It waits for a lead."
    return None
