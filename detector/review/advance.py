"""The one way in which a case changes: a row of the table, its guards, its effects."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from detector.errors import (
    Conflict,
    LeaseHeld,
    Refused,
    StaleVersion,
    Unknown,
    WrongRole,
)
from detector.review import audit
from detector.review.actor import Actor
from detector.review.effects import EFFECTS
from detector.review.guards.table import GUARDS
from detector.review.move import Given, Move
from detector.review.policy import read_policy
from detector.review.workflow import CLOSED, WORKFLOW, Transition
from detector.store.case_tables import CaseListingRow, CaseRow

LEASE_GUARD = "holds_lease"
NOTHING = Given()


def advance(
    session: Session,
    case_id: str,
    event: str,
    *,
    actor: Actor,
    at: datetime,
    given: Given = NOTHING,
    version: int | None = None,
) -> Move:
    """Take a case one step further; all of it happens, or nothing.

    The case is locked until the transaction ends. An audit row is written, then the
    effects follow, in the table's order.

    Args:
        session: that writes.
        case_id: of the case.
        event: what happens.
        actor: who causes it; a brand or marketplace finds its own cases only.
        at: when.
        given: what comes with it.
        version: of the case that the caller saw; None if it does not matter, as to the
            service itself.

    Returns:
        The step that was taken; its case is as it is now.

    Raises:
        Unknown: there is no such case, or none that the actor may know of.
        StaleVersion: it was changed since the caller looked.
        WrongRole: it takes somebody else.
        LeaseHeld: the caller does not hold it.
        Refused: it cannot happen as things stand; says why.
    """
    case = lock_case(session, case_id, actor)
    if version is not None and version != case.version:
        raise StaleVersion(
            f"The case was changed: it has version {case.version}, not {version}.",
            remedy="Look at it again, and decide on what it says now.",
        )
    rows = WORKFLOW.rows(event, case.state, case.closure)
    if not rows:
        now = case.state if case.closure is None else f"{case.state} ({case.closure})"
        events = ", ".join(WORKFLOW.events_from(case.state, case.closure))
        raise Refused(
            f"{event} is nothing that can happen to a case that is {now}.",
            remedy=f"From there lead: {events or 'nothing'}.",
        )
    return _take(session, case, rows, actor=actor, at=at, given=given)


def begin(
    session: Session,
    case: CaseRow,
    event: str,
    listings: Iterable[CaseListingRow],
    *,
    actor: Actor,
    at: datetime,
    given: Given = NOTHING,
) -> Move:
    """Make a case: the first step of its life.

    Args:
        session: that writes.
        case: not yet added; its state is written here.
        event: `open` or `suppress`.
        listings: that it is about.
        actor: who makes it.
        at: when.
        given: what comes with it.
    """
    case.state, case.closure, case.version = "", None, 0
    session.add(case)
    session.flush()
    session.add_all(listings)
    session.flush()
    rows = WORKFLOW.rows(event, None, None)
    return _take(session, case, rows, actor=actor, at=at, given=given)


def lock_case(session: Session, case_id: str, actor: Actor) -> CaseRow:
    """Find a case that an actor may know of, and keep others from it.

    Raises:
        Unknown: there is none.
    """
    query = select(CaseRow).where(CaseRow.id == case_id).with_for_update()
    case = session.scalar(query.execution_options(populate_existing=True))
    if (
        case is None
        or actor.brand_id not in (None, case.brand_id)
        or actor.marketplace not in (None, case.marketplace)
    ):
        raise Unknown(
            f"There is no case {case_id[:100]!r}.",
            remedy="GET /v1/cases lists those that this key sees.",
        )
    return case


def _take(
    session: Session,
    case: CaseRow,
    rows: Sequence[Transition],
    *,
    actor: Actor,
    at: datetime,
    given: Given,
) -> Move:
    fitting = [row for row in rows if actor.party in row.who]
    if not fitting:
        allowed = sorted({party.value for row in rows for party in row.who})
        raise WrongRole(
            f"A {actor.party.value} cannot do that: {rows[0].event}.",
            remedy=f"It takes {' or '.join(allowed)}.",
        )
    policy = read_policy(session, case.marketplace).policy
    faults: list[Conflict] = []
    for row in fitting:
        move = Move(session, case, row, actor, at, policy, given)
        fault = _fault(move)
        if fault is None:
            _apply(move)
            return move
        faults.append(fault)
    # Earlier rows are for special cases: what keeps the last one back is what counts.
    raise faults[-1]


def _fault(move: Move) -> Conflict | None:
    """Say which guard is in the way, as an error that has not been raised yet."""
    for name in move.transition.guards:
        refusal = GUARDS[name](move)
        if refusal is not None:
            error = LeaseHeld if name == LEASE_GUARD else Refused
            return error(refusal.says, remedy=refusal.remedy)
    return None


def _apply(move: Move) -> None:
    case, row, session = move.case, move.transition, move.session
    before, was_closed = case.state, case.state == CLOSED
    case.state, case.closure = row.state, row.closure
    case.version += 1
    case.updated_at = move.at
    is_closed = row.state == CLOSED
    case.closed_at = move.at if is_closed else None
    if is_closed != was_closed:
        session.flush()
        still_in = (
            CaseListingRow.case_id == case.id,
            CaseListingRow.removed_at.is_(None),
        )
        session.execute(
            update(CaseListingRow).where(*still_in).values(is_open=not is_closed)
        )
    audit.record(
        session,
        move.actor,
        row.event,
        at=move.at,
        subject="case",
        subject_id=case.id,
        case_id=case.id,
        number=row.number,
        from_state=before or None,
        to_state=row.state if row.closure is None else f"{row.state}:{row.closure}",
        reason_code=move.given.reason_code,
        data=move.given.data,
        versions={**case.basis, "policy_version": case.policy_version},
    )
    for name in row.effects:
        EFFECTS[name](move)
    session.flush()
