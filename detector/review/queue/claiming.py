"""Claims: who takes a case has it alone, for as long as they are heard of."""

from datetime import datetime, timedelta
from random import SystemRandom

from sqlalchemy import ColumnElement, String, and_, cast, exists, or_, select
from sqlalchemy.orm import Session

from detector.errors import LeaseHeld, Refused, WrongRole
from detector.review.actor import SYSTEM, Actor
from detector.review.advance import advance, lock_case
from detector.review.guards.people import LEADS
from detector.review.policy import EVERYWHERE, read_policy
from detector.review.workflow import OPEN, Party
from detector.store.case_tables import CaseRow, DecisionRow
from detector.store.database import Database

SECOND = "second"
"""Names the cases that wait for a second opinion, whichever queue they were in."""
WAITS_FOR_SECOND = "awaiting_second"
WORKERS = (Party.REVIEWER, Party.LEAD)


def claim_next(
    session: Session,
    actor: Actor,
    *,
    at: datetime,
    queue: str | None = None,
    lot: float | None = None,
) -> CaseRow | None:
    """Take the case that is to be decided first, of those that are free.

    What is due soonest comes first, of that what there is most to lose by. A share of
    the claims, which the policy names, takes one that was drawn at random instead: what
    becomes of these is measured without a bias.

    Args:
        session: that writes.
        actor: who works; passes over what they passed on, and over their own opinions.
        at: now.
        queue: only of this one; `second` for second opinions.
        lot: 0..1, decides whether one is drawn at random; None draws the lot itself.

    Returns:
        The case, with the lease; None if none waits for the actor.

    Raises:
        WrongRole: the actor works on no cases.
    """
    if actor.party not in WORKERS:
        raise WrongRole(
            f"A {actor.party.value} claims no cases.", remedy="It takes a reviewer."
        )
    share = read_policy(session, EVERYWHERE).policy.random_share
    drawn = SystemRandom().random() if lot is None else lot
    found = None
    if drawn < share:
        found = _first(session, actor, at, queue, is_random=True)
    found = found or _first(session, actor, at, queue, is_random=False)
    if found is None:
        return None
    return advance(session, found, "claim", actor=actor, at=at).case


def heartbeat(
    session: Session, case_id: str, *, actor: Actor, at: datetime, lease_token: str
) -> CaseRow:
    """Say that the actor still works on a case: the lease begins anew.

    Raises:
        LeaseHeld: they do not hold it, or no longer.
    """
    case = lock_case(session, case_id, actor)
    is_held = case.leased_until is not None and case.leased_until > at
    if (
        not is_held
        or case.leased_by != actor.id
        or case.lease_token != lease_token  # not theirs, or of an earlier claim
    ):
        raise LeaseHeld(
            "The case is not, or no longer, held with this lease.",
            remedy="Claim it, and send the lease token that the answer names.",
        )
    policy = read_policy(session, case.marketplace).policy
    case.leased_until = at + timedelta(seconds=policy.lease_s)
    session.flush()
    return case


def expire_leases(database: Database, at: datetime) -> int:
    """Give back the cases whose holders were not heard of; return how many."""
    with database.read() as session:
        query = select(CaseRow.id).where(CaseRow.leased_until <= at)
        ids = session.scalars(query.order_by(CaseRow.id)).all()
    num = 0
    for case_id in ids:
        try:
            with database.write() as session:
                advance(session, case_id, "lease_ended", actor=SYSTEM, at=at)
        except Refused:  # somebody was heard of just now
            continue
        num += 1
    return num


def _first(
    session: Session,
    actor: Actor,
    at: datetime,
    queue: str | None,
    *,
    is_random: bool,
) -> str | None:
    """Find the first free case, and keep others from it; pass over what is locked."""
    query = select(CaseRow.id).where(_is_free(actor, at, queue))
    if is_random:
        query = query.where(CaseRow.is_random).order_by(CaseRow.random_key)
    else:
        query = query.order_by(
            CaseRow.due_at.asc().nulls_last(), CaseRow.risk.desc(), CaseRow.id
        )
    return session.scalar(query.limit(1).with_for_update(of=CaseRow, skip_locked=True))


def _is_free(actor: Actor, at: datetime, queue: str | None) -> ColumnElement[bool]:
    mine = exists().where(
        DecisionRow.case_id == CaseRow.id,
        DecisionRow.state == "pending",
        DecisionRow.decided_by == actor.id,
    )
    first = CaseRow.state == OPEN
    if actor.party is not Party.LEAD:
        first = and_(first, CaseRow.queue != LEADS)
    second = and_(
        CaseRow.state == WAITS_FOR_SECOND,
        or_(CaseRow.leased_until.is_(None), CaseRow.leased_until <= at),
        ~mine,
    )
    # As JSON writes it, quotes and all: no id is part of another one.
    passed_on = cast(CaseRow.skipped_by, String).contains(
        f'"{actor.id}"', autoescape=True
    )
    if queue == SECOND:
        return and_(second, ~passed_on)
    if queue is not None:
        return and_(first, CaseRow.queue == queue, ~passed_on)
    return and_(or_(first, second), ~passed_on)
