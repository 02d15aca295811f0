"""Decisions on many cases at once: one record each, one batch, one undo."""

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from detector.errors import Busy, Conflict, Unknown, WrongRole
from detector.review.actor import Actor
from detector.review.advance import advance, lock_case
from detector.review.decisions.bulk_preview import (
    CLAIMED,
    Candidate,
    Reach,
    list_candidates,
    preview_bulk,
)
from detector.review.decisions.decide import Opinion, decide
from detector.review.following import leave_case
from detector.review.opening import NOTICE, open_case
from detector.review.policy import read_policy
from detector.review.workflow import Party
from detector.store.case_tables import CaseListingRow, CaseRow, DecisionRow
from detector.store.database import Database
from detector.store.listing_tables import FlagRow, ListingRow
from detector.store.takedown_tables import NoticeItemRow

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a case in a batch.

    Attributes:
        case_id: of the case.
        decision_id: what was decided; None if it was left alone.
        why_not: why it was left alone; None if it was not.
    """

    case_id: str
    decision_id: str | None
    why_not: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What was decided at once.

    Attributes:
        id: names the batch, to undo it.
        is_large: a second opinion is asked for of restrictions.
        outcomes: of each case, in the order of their ids.
    """

    id: str
    is_large: bool
    outcomes: Sequence[Outcome]


def decide_bulk(
    database: Database,
    case_id: str,
    opinion: Opinion,
    *,
    by: Reach,
    seen: Mapping[str, int],
    exceptions: Collection[str] = (),
    actor: Actor,
    clock: Clock,
) -> Batch:
    """Decide the cases that a preview has shown alike; what does not fit is left.

    Each is decided in a transaction of its own, so that nobody waits for all of them.
    A listing that is excepted from a case of several gets a case of its own.

    Args:
        database: that the cases are in.
        case_id: of the case that was looked at.
        opinion: what is made of all of them.
        by: what they have in common.
        seen: case → its version as the preview has shown it.
        exceptions: ids of cases or listings that are left alone.
        actor: who decides.
        clock: says when it is.

    Raises:
        Unknown: there is no such case.
        WrongRole: the actor decides no cases.
    """
    _require_reviewer(actor)
    with database.read() as session:
        found = preview_bulk(session, case_id, by=by, actor=actor, at=clock())
        marketplace = session.get_one(CaseRow, case_id).marketplace
        policy = read_policy(session, marketplace).policy
    reached = [each for each in found if each.case.id in seen]
    num_listings = sum(
        len(_kept(each, exceptions)) for each in reached if each.is_included
    )
    is_large = num_listings > policy.second_review_listings
    batch = {"batch_id": "bat_" + uuid.uuid4().hex, "is_large_batch": is_large}
    outcomes = [
        Outcome(id, None, "It is not among those that have that in common.")
        for id in seen.keys() - {each.case.id for each in reached}
    ]
    for each in reached:
        id, at = each.case.id, clock()
        try:
            with database.write() as session:
                outcome = _decide_one(
                    session, id, opinion, seen[id], exceptions, batch, actor, at
                )
        except (Busy, Conflict) as error:
            outcome = Outcome(id, None, str(error.args[0]))
        outcomes.append(outcome)
    outcomes.sort(key=lambda outcome: outcome.case_id)
    return Batch(str(batch["batch_id"]), is_large, outcomes)


def undo_bulk(
    database: Database, batch_id: str, *, actor: Actor, clock: Clock
) -> list[Outcome]:
    """Take a batch back; of what others were told already, say so.

    Raises:
        Unknown: there is no such batch.
        WrongRole: the actor decides no cases.
    """
    _require_reviewer(actor)
    query = (
        select(DecisionRow.case_id, DecisionRow.id)
        .where(DecisionRow.batch_id == batch_id)
        .order_by(DecisionRow.case_id)
    )
    with database.read() as session:
        decisions = session.execute(query).all()
    if not decisions:
        raise Unknown(
            f"There is no batch {batch_id[:100]!r}.",
            remedy="The answer to a bulk decision names its batch.",
        )
    outcomes = []
    for case_id, decision_id in decisions:
        try:
            with database.write() as session:
                lock_case(session, case_id, actor)
                _require_standing(session, decision_id)
                advance(session, case_id, "undo", actor=actor, at=clock())
            outcomes.append(Outcome(case_id, decision_id))
        except (Busy, Conflict) as error:
            outcomes.append(Outcome(case_id, None, str(error.args[0])))
    return outcomes


def _require_reviewer(actor: Actor) -> None:
    if actor.party not in (Party.REVIEWER, Party.LEAD):
        raise WrongRole(
            f"A {actor.party.value} decides no cases.", remedy="It takes a reviewer."
        )


def _require_standing(session: Session, decision_id: str) -> None:
    state = session.get_one(DecisionRow, decision_id).state
    if state not in ("pending", "effective"):
        raise Conflict(f"The decision is {state} already.", remedy="Nothing to do.")


def _kept(each: Candidate, exceptions: Collection[str]) -> list[CaseListingRow]:
    """List the listings of a case that are not excepted."""
    if each.case.id in exceptions:
        return []
    return [row for row in each.listings if row.listing_id not in exceptions]


def _why_left(each: Candidate, version: int) -> str:
    if each.why_not is not None:
        return each.why_not
    if each.case.version != version:
        return "It was changed since it was shown."
    return "It was excepted."


def _decide_one(
    session: Session,
    case_id: str,
    opinion: Opinion,
    version: int,
    exceptions: Collection[str],
    batch: Mapping[str, object],
    actor: Actor,
    at: datetime,
) -> Outcome:
    _lock_listings(session, case_id, exceptions)
    case = lock_case(session, case_id, actor)
    (each,) = list_candidates(session, [case_id], actor=actor, at=at)
    kept = _kept(each, exceptions)
    if not each.is_included or case.version != version or not kept:
        return Outcome(case_id, None, _why_left(each, version))
    for row in each.listings:
        if row not in kept:
            _part(session, case, row, at)
    if case.state != CLAIMED:
        advance(session, case_id, "claim", actor=actor, at=at)
    verdict = decide(
        session,
        case_id,
        opinion,
        actor=actor,
        at=at,
        lease_token=case.lease_token or "",
        batch=batch,
    )
    return Outcome(case_id, verdict.decision.id)


def _lock_listings(session: Session, case_id: str, exceptions: Collection[str]) -> None:
    """Lock the listings that get cases of their own; they come before cases."""
    rows = session.scalars(
        select(CaseListingRow.listing_id)
        .where(CaseListingRow.case_id == case_id)
        .order_by(CaseListingRow.listing_id)
    ).all()
    for listing_id in rows:
        if listing_id in exceptions:
            session.get_one(ListingRow, listing_id, with_for_update={"key_share": True})


def _part(session: Session, case: CaseRow, row: CaseListingRow, at: datetime) -> None:
    """Give a listing a case of its own, with the notices that name it."""
    leave_case(session, case, row.listing_id, at=at)
    listing = session.get_one(ListingRow, row.listing_id)
    flag = None if row.flag_id is None else session.get(FlagRow, row.flag_id)
    items = NoticeItemRow.case_id == case.id, NoticeItemRow.listing_id == listing.id
    is_noticed = session.scalar(select(NoticeItemRow.notice_id).where(*items).limit(1))
    own = open_case(
        session,
        listing,
        case.brand_id,
        flag=flag,
        at=at,
        source=case.source if is_noticed is None else NOTICE,
        regime=case.regime,
    )
    session.execute(update(NoticeItemRow).where(*items).values(case_id=own.id))
