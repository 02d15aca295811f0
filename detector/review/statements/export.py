"""Batches of records for the EU transparency database, and what it made of them."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.errors import Refused, Unknown
from detector.events.outbox import EventType
from detector.review.statements.validate import MAX_RECORDS, validate_records
from detector.review.tell import tell
from detector.store.case_tables import CaseRow
from detector.store.takedown_tables import StatementRow

CREATED, UNPROCESSABLE = 201, 422
READY, EXPORTED, SUBMITTED, FAILED = "delivered", "exported", "submitted", "failed"
PREFIX = "statement_"
"""Before the number of a record, as the database names those that it refuses."""
Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that are sent together.

    Attributes:
        id: of the batch; None if there was nothing to send.
        statements: in the order in which they are sent.
        failed: that are no valid records, and are left out.
    """

    id: str | None
    statements: Sequence[StatementRow]
    failed: Sequence[StatementRow]


def make_batch(
    session: Session,
    *,
    marketplace: str | None,
    at: datetime,
    limit: int = MAX_RECORDS,
) -> Batch:
    """Take the oldest records that sellers have been told of and nobody has sent.

    One that is not valid is marked as failed, and told; it holds up no others.

    Args:
        session: that writes.
        marketplace: whose; None for all.
        at: now.
        limit: most records.
    """
    query = (
        select(StatementRow)
        .where(StatementRow.state == READY, StatementRow.schema_version.is_not(None))
        .order_by(StatementRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    if marketplace is not None:
        query = query.where(StatementRow.marketplace == marketplace)
    rows = session.scalars(query).all()
    taken, failed = [], []
    batch_id = "exp_" + uuid.uuid4().hex
    for row in rows:
        faults = validate_records([row.record])
        row.updated_at = at
        if faults:
            _fail(row, "; ".join(f"{f.field}: {f.message}" for f in faults))
            failed.append(row)
        else:
            row.state, row.batch_id, row.error = EXPORTED, batch_id, None
            taken.append(row)
    session.flush()
    _tell_failed(session, failed)
    return Batch(batch_id if taken else None, taken, failed)


def read_batch(
    session: Session, batch_id: str, *, marketplace: str | None
) -> list[StatementRow]:
    """List the statements of a batch in the order in which they are sent.

    Raises:
        Unknown: there is no such batch, or it is another marketplace's.
    """
    query = select(StatementRow).where(StatementRow.batch_id == batch_id)
    if marketplace is not None:
        query = query.where(StatementRow.marketplace == marketplace)
    rows = list(session.scalars(query.order_by(StatementRow.id)))
    if not rows:
        raise Unknown(
            f"There is no export {batch_id[:100]!r}.",
            remedy="Make one: POST /v1/statement-exports.",
        )
    return rows


def as_file(rows: Sequence[StatementRow]) -> str:
    """Write records as the database takes them together."""
    records = [row.record for row in rows]
    return json.dumps({"statements": records}, indent=2, ensure_ascii=False) + "\n"


def note_response(
    session: Session,
    batch_id: str,
    *,
    status: int,
    body: Json,
    marketplace: str | None,
    at: datetime,
) -> list[StatementRow]:
    """Write down what the transparency database has answered to a batch.

    It takes all of a batch or nothing: with 201 all are submitted. Of what it refuses
    with 422 those that it names failed; one that it holds already under the same id is
    submitted if it is the same record. All others are ready for another batch, as they
    are after any other answer.

    Args:
        session: that writes.
        batch_id: of the batch.
        status: of the answer.
        body: of the answer.
        marketplace: whose it is; None for all.
        at: now.

    Raises:
        Unknown: there is no such batch.
        Refused: another answer was written down before.
    """
    read_batch(session, batch_id, marketplace=marketplace)
    query = (
        select(StatementRow)
        .where(StatementRow.batch_id == batch_id)
        .order_by(StatementRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    rows = list(session.scalars(query))
    if any(row.state != EXPORTED for row in rows):
        if status == CREATED and all(row.state == SUBMITTED for row in rows):
            return rows
        raise Refused(
            "An answer to this export was written down before.",
            remedy="GET /v1/statements shows what became of each.",
        )
    faults = _faults(body) if status == UNPROCESSABLE else {}
    existing = _existing(body) if status == UNPROCESSABLE else {}
    failed = []
    for index, row in enumerate(rows):
        row.updated_at = at
        held = existing.get(row.id)
        if status == CREATED or (held is not None and _is_same(row.record, held)):
            row.state, row.submitted_at = SUBMITTED, at
        elif held is not None:
            _fail(row, "puid: the database holds another record under this id")
            failed.append(row)
        elif index in faults:
            _fail(row, faults[index])
            failed.append(row)
        else:
            row.state, row.batch_id = READY, None
    session.flush()
    _tell_failed(session, failed)
    return rows


def _fail(row: StatementRow, error: str) -> None:
    row.state, row.error = FAILED, error[:2_000]


def _tell_failed(session: Session, rows: Sequence[StatementRow]) -> None:
    for row in rows:
        case = session.get_one(CaseRow, row.case_id)
        extra = {"statement_id": row.id, "error": row.error}
        tell(session, EventType.STATEMENT_SUBMISSION_FAILED, case, extra)


def _faults(body: Json) -> dict[int, str]:
    """Read which records are refused: `{"errors": {"statement_3": {field: [...]}}}`."""
    errors = body.get("errors")
    found = {}
    for name, fault in errors.items() if isinstance(errors, Mapping) else ():
        number = str(name).removeprefix(PREFIX)
        if str(name).startswith(PREFIX) and number.isascii() and number.isdigit():
            found[int(number[:6])] = _flat(fault)
    return found


def _flat(fault: object) -> str:
    if not isinstance(fault, Mapping):
        return str(fault)
    return "; ".join(
        f"{field}: {' '.join(map(str, said)) if isinstance(said, list) else said}"
        for field, said in fault.items()
    )


def _existing(body: Json) -> dict[str, Json]:
    """Read which records are there already, by id: `{"existing": {…} or […]}`."""
    given = body.get("existing")
    records = given if isinstance(given, list) else [given]
    return {str(r.get("puid")): r for r in records if isinstance(r, Mapping)}


def _is_same(sent: Json | None, held: Json) -> bool:
    """Say whether all that was sent is what is held; it may hold more."""
    return sent is not None and all(held.get(name) == sent[name] for name in sent)
