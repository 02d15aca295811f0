"""Tables of what goes out and comes back: notices, actions, statements, appeals."""

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from detector.store.table import Table, utc_now


class NoticeRow(Table):
    """A claim of a brand, or of somebody else, about listings.

    `state` is `received`, `incomplete`, `accepted`, `rejected`, `partly_accepted` or
    `withdrawn`; `missing` lists what it lacks: pointer, message and remedy.
    `external_id` is the notifier's own. `contact` holds address, phone and signature
    where the regime asks for them. `statements` as those of a question.
    """

    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("brand_id", "external_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str | None]
    brand_id: Mapped[str] = mapped_column(ForeignKey("brand.id"), index=True)
    marketplace: Mapped[str] = mapped_column(index=True)
    right_id: Mapped[str | None] = mapped_column(ForeignKey("ip_right.id"))
    state: Mapped[str] = mapped_column(default="received")
    notifier: Mapped[dict[str, object]] = mapped_column(JSON)
    contact: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    claim_type: Mapped[str]
    reason_code: Mapped[str]
    explanation: Mapped[str]
    evidence: Mapped[list[dict[str, object]]] = mapped_column(JSON, default=list)
    statements: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    territories: Mapped[list[str]] = mapped_column(JSON, default=list)
    message_to_seller: Mapped[str | None]
    discloses_identity: Mapped[bool] = mapped_column(default=False)
    missing: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    created_by: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(default=utc_now)
    decided_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(
        default=utc_now, onupdate=utc_now, index=True
    )


class NoticeItemRow(Table):
    """One listing that a notice names.

    `state` is `open`, `unknown_listing`, `accepted`, `rejected` or `withdrawn`;
    `reason_code` is that of the decision.
    """

    __tablename__ = "notice_item"

    notice_id: Mapped[str] = mapped_column(ForeignKey("notice.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    external_id: Mapped[str]
    url: Mapped[str | None]
    image_position: Mapped[int | None]
    listing_id: Mapped[str | None] = mapped_column(ForeignKey("listing.id"))
    case_id: Mapped[str | None] = mapped_column(
        ForeignKey("review_case.id"), index=True
    )
    state: Mapped[str] = mapped_column(default="open")
    reason_code: Mapped[str | None]
    decided_at: Mapped[datetime | None]


class ActionRow(Table):
    """A command to the marketplace about one listing.

    `kind` is `restrict` or `lift` (then `lifts_id` names what is lifted). `state` is
    `scheduled` (can still be undone), `requested`, `sent` (somebody fetched it),
    `applied`, `failed`, `lifted` or `superseded`. `restriction` as the decision has it.
    """

    __tablename__ = "action"
    __table_args__ = (Index(None, "marketplace", "state", "requested_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("review_case.id"), index=True)
    decision_id: Mapped[str | None] = mapped_column(ForeignKey("decision.id"))
    listing_id: Mapped[str] = mapped_column(ForeignKey("listing.id"), index=True)
    marketplace: Mapped[str]
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default="scheduled")
    restriction: Mapped[dict[str, object]] = mapped_column(JSON)
    lifts_id: Mapped[str | None] = mapped_column(ForeignKey("action.id"))
    reason: Mapped[str]
    send_at: Mapped[datetime]
    requested_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    num_failures: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]
    external_id: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(
        default=utc_now, onupdate=utc_now, index=True
    )


class StatementRow(Table):
    """A statement of reasons: the text for the seller, the record for the register.

    `id` is the record's `puid`. `state` is `pending`, `delivered`, `exported`,
    `submitted` or `failed`; `record` follows the schema of `schema_version`, and is
    empty where the regime asks for none.
    """

    __tablename__ = "statement"

    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("review_case.id"), index=True)
    action_id: Mapped[str] = mapped_column(ForeignKey("action.id"), unique=True)
    marketplace: Mapped[str] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(default="pending")
    language: Mapped[str] = mapped_column(default="en")
    template: Mapped[str]
    text: Mapped[str]
    record: Mapped[dict[str, object] | None] = mapped_column(JSON(none_as_null=True))
    schema_version: Mapped[str | None]
    error: Mapped[str | None]
    batch_id: Mapped[str | None] = mapped_column(index=True)
    delivered_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)


class AppealRow(Table):
    """Somebody says that a decision was wrong.

    `kind` is `counter_notice`, `seller_complaint` or `notifier_complaint`; `state` is
    `received`, `incomplete`, `forwarded`, `in_review`, `upheld` (the decision stands),
    `overturned`, `withdrawn` or `lapsed`. `claimant_answer` says what the claimant made
    of it, `answer` is the reasoned decision.
    """

    __tablename__ = "appeal"

    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("review_case.id"), index=True)
    external_id: Mapped[str | None]
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default="received")
    grounds: Mapped[str]
    explanation: Mapped[str]
    documents: Mapped[list[dict[str, object]]] = mapped_column(JSON, default=list)
    statements: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    contact: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    missing: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    created_by: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(default=utc_now)
    forwarded_at: Mapped[datetime | None]
    claimant_answer: Mapped[dict[str, object] | None] = mapped_column(
        JSON(none_as_null=True)
    )
    decided_by: Mapped[str | None]
    answer: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(
        default=utc_now, onupdate=utc_now, index=True
    )


class LegalHoldRow(Table):
    """Nothing of its subject may be deleted until it is lifted.

    `subject` is `case`, `listing`, `seller`, `brand`; a seller's id is
    `marketplace/seller`.
    """

    __tablename__ = "legal_hold"
    __table_args__ = (Index(None, "subject", "subject_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str]
    subject_id: Mapped[str]
    reason: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    lifted_by: Mapped[str | None]
    lifted_at: Mapped[datetime | None]


class ErasureRow(Table):
    """Somebody's data is to be erased: asked for by one person, approved by another.

    `state` is `proposed`, `approved`, `running`, `done`, `blocked` or `rejected`.
    `subject_sha256` is all that names a seller once it is done; `report` counts what
    was erased and what was kept, and why.
    """

    __tablename__ = "erasure"

    id: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str]
    subject_id: Mapped[str | None]
    subject_sha256: Mapped[str]
    reason: Mapped[str]
    state: Mapped[str] = mapped_column(default="proposed")
    proposed_by: Mapped[str]
    approved_by: Mapped[str | None]
    report: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    finished_at: Mapped[datetime | None]


class TombstoneRow(Table):
    """A picture that was erased: its hash and why, for whoever asks where it went."""

    __tablename__ = "tombstone"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    erasure_id: Mapped[str] = mapped_column(ForeignKey("erasure.id"), index=True)
    reason: Mapped[str]
    on: Mapped[date]
