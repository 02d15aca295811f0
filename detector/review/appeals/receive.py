"""Taking appeals in: a receipt, what is missing, and on to whoever has to answer."""

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from detector.errors import Conflict, InvalidInput, Unknown
from detector.review import audit
from detector.review.actor import SYSTEM, Actor
from detector.review.advance import advance, lock_case
from detector.review.appeals.appeal import (
    GROUNDS,
    STATEMENTS,
    AppealKind,
    GivenAppeal,
    find_missing,
)
from detector.review.clocks.regimes import read_regime
from detector.review.move import Given
from detector.review.tell import write_time
from detector.review.workflow import Party
from detector.store.case_tables import CaseRow
from detector.store.takedown_tables import AppealRow

INCOMPLETE, RECEIVED, FORWARDED = "incomplete", "received", "forwarded"
IN_REVIEW = "in_review"


def receive_appeal(
    session: Session, case_id: str, given: GivenAppeal, *, actor: Actor, at: datetime
) -> AppealRow:
    """Take an appeal in; where the law says so, it goes on to the claimant at once.

    Args:
        session: that writes.
        case_id: of the case that was decided.
        given: the appeal.
        actor: the marketplace, for the seller; or the brand that gave notice.
        at: when.

    Raises:
        Unknown: there is no such case that the actor may know of.
        InvalidInput: the grounds are none, or somebody else would have to appeal.
        Refused: there is nothing to appeal against, or it is too late.
    """
    _require_sound(given, actor)
    case = lock_case(session, case_id, actor)
    row = AppealRow(
        id="apl_" + uuid.uuid4().hex,
        case_id=case.id,
        created_by=actor.id,
        received_at=at,
    )
    _write(row, given, case, at)
    session.add(row)
    session.flush()
    _go_on(session, case, row, actor, at)
    return row


def complete_appeal(
    session: Session, appeal_id: str, given: GivenAppeal, *, actor: Actor, at: datetime
) -> AppealRow:
    """Send an incomplete appeal again, whole.

    Raises:
        Unknown: there is no such appeal that the actor may know of.
        Conflict: it is not incomplete.
    """
    _require_sound(given, actor)
    row = lock_appeal(session, appeal_id, actor)
    if row.state != INCOMPLETE:
        raise Conflict(
            f"The appeal is {row.state}.", remedy="It needs nothing more to be sent."
        )
    complaint = AppealKind.NOTIFIER_COMPLAINT
    if (row.kind == complaint) != (given.kind is complaint):
        raise Conflict(
            f"The appeal is a {row.kind}: it is not the sender's.",
            remedy="Leave it to whoever sent it, and send another one.",
        )
    case = session.get_one(CaseRow, row.case_id)
    _write(row, given, case, at)
    session.flush()
    _go_on(session, case, row, actor, at)
    return row


def lock_appeal(session: Session, appeal_id: str, actor: Actor) -> AppealRow:
    """Find an appeal that an actor may know of, and keep others from its case.

    Raises:
        Unknown: there is none.
    """
    found = session.get(AppealRow, appeal_id)
    if found is None or not is_shown(found, actor.brand_id):
        raise unknown_appeal(appeal_id)
    try:
        lock_case(session, found.case_id, actor)
    except Unknown:
        raise unknown_appeal(appeal_id) from None
    session.refresh(found, with_for_update=True)
    return found


def is_shown(row: AppealRow, brand_id: str | None) -> bool:
    """Say whether a brand may know of an appeal in a case of its own.

    It knows of its own complaints, and of what was forwarded to it.
    """
    is_own = row.kind == AppealKind.NOTIFIER_COMPLAINT
    return brand_id is None or is_own or row.forwarded_at is not None


def forward_appeal(
    session: Session, appeal_id: str, *, actor: Actor, at: datetime
) -> AppealRow:
    """Hand an appeal on to the claimant, whose clock begins to run.

    Raises:
        Unknown: there is no such appeal that the actor may know of.
        Conflict: it is incomplete, forwarded already, or decided.
        Refused: it cannot happen as things stand; says why.
    """
    row = lock_appeal(session, appeal_id, actor)
    if row.state not in (RECEIVED, IN_REVIEW):
        raise Conflict(
            f"The appeal is {row.state}.",
            remedy="Forward one that is complete and waits for a decision.",
        )
    row.state, row.forwarded_at, row.updated_at = FORWARDED, at, at
    session.flush()
    advance(
        session,
        row.case_id,
        "forward",
        actor=actor,
        at=at,
        given=Given(data={"appeal_id": row.id, "grounds": row.grounds}),
    )
    return row


def unknown_appeal(appeal_id: str) -> Unknown:
    """Say that there is no such appeal, or none that the caller may know of."""
    return Unknown(
        f"There is no appeal {appeal_id[:100]!r}.",
        remedy="GET /v1/appeals lists those that this key sees.",
    )


def _require_sound(given: GivenAppeal, actor: Actor) -> None:
    if given.grounds not in GROUNDS:
        raise InvalidInput(
            f"{given.grounds[:60]!r} is no ground of an appeal.",
            remedy=f"Choose one of {', '.join(GROUNDS)}.",
        )
    is_brand = actor.party is Party.BRAND
    if is_brand != (given.kind is AppealKind.NOTIFIER_COMPLAINT):
        raise InvalidInput(
            f"A {actor.party.value} does not send a {given.kind.value}.",
            remedy="Sellers appeal through their marketplace; brands complain about "
            "notices of theirs that led to nothing.",
        )


def _write(row: AppealRow, given: GivenAppeal, case: CaseRow, at: datetime) -> None:
    row.missing = find_missing(given, read_regime(case.regime))
    row.state = INCOMPLETE if row.missing else RECEIVED
    row.kind, row.grounds = given.kind.value, given.grounds
    row.explanation, row.external_id = given.explanation, given.external_id
    row.documents = [dict(each) for each in given.documents]
    row.contact = dict(given.contact)
    row.statements = {
        name: {"text": STATEMENTS[name], "signed_at": write_time(at)}
        for name in sorted(set(given.signed) & STATEMENTS.keys())
    }
    row.updated_at = at


def _go_on(
    session: Session, case: CaseRow, row: AppealRow, actor: Actor, at: datetime
) -> None:
    """Let the case take its step; what is incomplete waits, and is on record."""
    data = {"appeal_id": row.id, "kind": row.kind, "grounds": row.grounds}
    if row.state == INCOMPLETE:
        audit.record(
            session,
            actor,
            "appeal_incomplete",
            at=at,
            subject="appeal",
            subject_id=row.id,
            case_id=case.id,
            data=data,
        )
        return
    advance(session, case.id, "appeal", actor=actor, at=at, given=Given(data=data))
    is_counter = row.kind == AppealKind.COUNTER_NOTICE
    if is_counter and read_regime(case.regime).forwards:
        forward_appeal(session, row.id, actor=SYSTEM, at=at)
