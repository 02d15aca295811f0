"""Tables of the record of everything that was done, and by whom."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from detector.store.table import Table


class ActorRow(Table):
    """Who did something; the audit names them by this id alone.

    Their name can be taken off (`principal` and `name` empty) while what they did stays
    on record.
    """

    __tablename__ = "actor"
    __table_args__ = (UniqueConstraint("principal", "role", "year"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    principal: Mapped[str | None]
    name: Mapped[str | None]
    role: Mapped[str]
    brand_id: Mapped[str | None]
    marketplace: Mapped[str | None]
    year: Mapped[int]


class AuditRow(Table):
    """One thing that was done; the database refuses to change or remove it.

    `seq` numbers them in the order of commits (clock `audit`); `sha256` is of its
    content and of `previous_sha256`, so that a gap shows. `subject` is `case`, `notice`
    and so on, `subject_id` whose. Of a case `from_state` and `to_state` tell the
    transition and `number` the row of the table. `versions` names model, thresholds and
    policy that held.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (Index(None, "subject", "subject_id", "seq"),)

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[str] = mapped_column(ForeignKey("actor.id"))
    subject: Mapped[str]
    subject_id: Mapped[str]
    case_id: Mapped[str | None] = mapped_column(index=True)
    event: Mapped[str]
    number: Mapped[str | None]
    from_state: Mapped[str | None]
    to_state: Mapped[str | None]
    reason_code: Mapped[str | None]
    data: Mapped[dict[str, object]] = mapped_column(JSON)
    evidence_sha256: Mapped[str | None]
    versions: Mapped[dict[str, object]] = mapped_column(JSON)
    previous_sha256: Mapped[str]
    sha256: Mapped[str]
