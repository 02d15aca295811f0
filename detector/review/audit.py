"""The record of what was done: rows that are only ever added, each sealed to the last.

The database refuses to change them (migration 0009); a chain of SHA-256 shows if
somebody did so behind its back.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.review.actor import Actor
from detector.store.audit_tables import ActorRow, AuditRow
from detector.store.clock import next_seq
from detector.store.inserting import insert_new

CLOCK = "audit"
FIRST = "0" * 64
"""What the first row is sealed to."""
SEALED = (
    "seq",
    "at",
    "actor_id",
    "subject",
    "subject_id",
    "case_id",
    "event",
    "number",
    "from_state",
    "to_state",
    "reason_code",
    "data",
    "evidence_sha256",
    "versions",
    "previous_sha256",
)
"""What a seal covers, in this order."""


def record(
    session: Session,
    actor: Actor,
    event: str,
    *,
    at: datetime,
    subject: str,
    subject_id: str,
    case_id: str | None = None,
    number: str | None = None,
    from_state: str | None = None,
    to_state: str | None = None,
    reason_code: str | None = None,
    data: Mapping[str, object] | None = None,
    evidence_sha256: str | None = None,
    versions: Mapping[str, object] | None = None,
) -> AuditRow:
    """Add a row. Do so before `emit` in a transaction: both number what they write.

    Args:
        session: of the transaction in which it was done.
        actor: who did it.
        event: what it was.
        at: when.
        subject: kind of thing it was done to: `case`, `notice`, …
        subject_id: which one.
        case_id: the case that it belongs to, if to one.
        number: row of the table of transitions.
        from_state: before.
        to_state: after.
        reason_code: why.
        data: what else belongs on record; no names of people, no seller's data.
        evidence_sha256: of what it rests on.
        versions: of model, thresholds and policy.
    """
    seq = next_seq(session, CLOCK)
    last = session.scalar(select(AuditRow.sha256).where(AuditRow.seq == seq - 1))
    row = AuditRow(
        seq=seq,
        at=at,
        actor_id=_actor_id(session, actor, at),
        subject=subject,
        subject_id=subject_id,
        case_id=case_id,
        event=event,
        number=number,
        from_state=from_state,
        to_state=to_state,
        reason_code=reason_code,
        data=dict(data or {}),
        evidence_sha256=evidence_sha256,
        versions=dict(versions or {}),
        previous_sha256=last or FIRST,
    )
    row.sha256 = seal(row)
    session.add(row)
    session.flush()
    return row


def seal(row: AuditRow) -> str:
    """Compute what a row's `sha256` has to be."""
    content = {name: getattr(row, name) for name in SEALED}
    return seal_content({**content, "at": row.at.isoformat()})


def seal_content(content: Mapping[str, object]) -> str:
    """Compute it from a row as JSON has it."""
    values = [content[name] for name in SEALED]
    text = json.dumps(values, sort_keys=True, ensure_ascii=False)
    return sha256(text.encode()).hexdigest()


def _actor_id(session: Session, actor: Actor, at: datetime) -> str:
    """Name an actor by an id that says nothing, a new one each year.

    So what they did long ago stays on record after their name has been taken off.
    """
    name = sha256(f"{actor.id}\0{actor.party}\0{at.year}".encode()).hexdigest()[:24]
    insert_new(
        session,
        ActorRow,
        id=f"act_{name}",
        principal=actor.id,
        name=actor.name,
        role=actor.party.value,
        brand_id=actor.brand_id,
        marketplace=actor.marketplace,
        year=at.year,
    )
    return f"act_{name}"
