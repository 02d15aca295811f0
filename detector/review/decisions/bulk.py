"""Decisions on many cases at once: one record each, one batch, one undo."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from detector.errors import Conflict, Unknown, WrongRole
from detector.review.actor import Actor
from detector.review.advance import advance
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
from detector.store.listing_tables import FlagRow, ListingRow
from detector.store.takedown_tables import NoticeItemRow


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
    session: Session,
    case_id: str,
    opinion: Opinion,
    *,
    by: Reach,
    seen: Mapping[str, int],
    exceptions: Collection[str] = (),
    actor: Actor,
    at: datetime,
) -> Batch:
    """Decide the cases that a preview has shown alike; what does not fit is left.

    A listing that is excepted from a case of several gets a case of its own.

    Args:
        session: that writes.
        case_id: of the case that was looked at.
        opinion: what is made of all of them.
        by: what they have in common.
        seen: case → its version as the preview has shown it.
        exceptions: ids of cases or listings that are left alone.
        actor: who decides.
        at: when.

    Raises:
        Unknown: there is no such case.
        WrongRole: the actor decides no cases.
    """
    _require_reviewer(actor)
    found = preview_bulk(session, case_id, by=by, actor=actor, at=at)
    marketplace = session.get_one(CaseRow, case_id).marketplace
    policy = read_policy(session, marketplace).policy
    reached = {each.case.id for each in found if each.case.id in seen}
    _lock(session, reached, exceptions)
    candidates = list_candidates(session, reached, actor=actor, at=at)
    chosen = [
        each
        for each in candidates
        if each.is_included
        and each.case.version == seen[each.case.id]
        and _kept(each, exceptions)
    ]
    num_listings = sum(len(_kept(each, exceptions)) for each in chosen)
    is_large = num_listings > policy.second_review_listings
    batch = {"batch_id": "bat_" + uuid.uuid4().hex, "is_large_batch": is_large}
    outcomes = [
        Outcome(id, None, "It is not among those that have that in common.")
        for id in seen.keys() - reached
    ]
    for each in candidates:
        if each in chosen:
            outcomes.append(
                _decide_one(session, each, opinion, exceptions, batch, actor, at)
            )
        else:
            why_not = _why_left(each, seen[each.case.id])
            outcomes.append(Outcome(each.case.id, None, why_not))
    outcomes.sort(key=lambda outcome: outcome.case_id)
    return Batch(str(batch["batch_id"]), is_large, outcomes)


def undo_bulk(
    session: Session, batch_id: str, *, actor: Actor, at: datetime
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
    decisions = session.execute(query).all()
    if not decisions:
        raise Unknown(
            f"There is no batch {batch_id[:100]!r}.",
            remedy="The answer to a bulk decision names its batch.",
        )
    _lock_cases(session, [case_id for case_id, _ in decisions])
    outcomes = []
    for case_id, decision_id in decisions:
        try:
            with session.begin_nested():
                _require_standing(session, decision_id)
                advance(session, case_id, "undo", actor=actor, at=at)
            outcomes.append(Outcome(case_id, decision_id))
        except Conflict as error:
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


def _lock(session: Session, reached: set[str], exceptions: Collection[str]) -> None:
    """Lock the listings that get cases of their own, then the cases."""
    excepted = (
        select(CaseListingRow.listing_id)
        .where(
            CaseListingRow.case_id.in_(reached),
            CaseListingRow.listing_id.in_(list(exceptions)),
        )
        .order_by(CaseListingRow.listing_id)
    )
    for listing_id in session.scalars(excepted).all():
        session.get_one(ListingRow, listing_id, with_for_update={"key_share": True})
    _lock_cases(session, reached)


def _lock_cases(session: Session, case_ids: Collection[str]) -> None:
    query = (
        select(CaseRow)
        .where(CaseRow.id.in_(list(case_ids)))
        .order_by(CaseRow.id)
        .with_for_update()
    )
    session.scalars(query.execution_options(populate_existing=True)).all()


def _decide_one(
    session: Session,
    each: Candidate,
    opinion: Opinion,
    exceptions: Collection[str],
    batch: Mapping[str, object],
    actor: Actor,
    at: datetime,
) -> Outcome:
    case = each.case
    case_id = case.id
    try:
        with session.begin_nested():
            for row in each.listings:
                if row.listing_id in exceptions:
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
    except Conflict as error:
        return Outcome(case_id, None, str(error.args[0]))


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
