"""Tables of cases: what people decide, what they asked, and which clocks run."""

from datetime import datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from detector.store.table import Table, utc_now

FLAG_KIND = "flag_case"
"""The kind of the jobs that let cases follow a flag."""


class CaseRow(Table):
    """A listing that may infringe a brand's right, and what becomes of it.

    `state` and `closure` are those of `detector/review/workflow.toml`; nobody but
    `advance` writes them. `version` counts its changes: who writes names the one that
    they saw. `source` is `match`, `notice` or `report`. `basis` holds verdict,
    similarity, relation, models, thresholds and policy as they were when it was opened,
    `images` and `signals` those of its flag. `queue` is where it waits, `due_at` until
    when it is to be decided, `risk` orders what is due alike, `random_key` (0..1) draws
    samples. Who works on it holds `lease_token` until `leased_until`; `skipped_by`
    lists who passed it on. `regime` names the profile whose clocks hold.
    Since `retired_at` what it rested on is no longer kept for it.
    """

    __tablename__ = "review_case"
    __table_args__ = (
        Index(None, "queue", "state", "due_at"),
        Index(None, "queue", "state", "opened_at"),
        Index(None, "state", "due_at"),
        Index(None, "brand_id", "state"),
        Index(None, "marketplace", "state"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    listing_id: Mapped[str] = mapped_column(ForeignKey("listing.id"), index=True)
    brand_id: Mapped[str] = mapped_column(ForeignKey("brand.id"))
    marketplace: Mapped[str]
    seller_id: Mapped[str | None] = mapped_column(index=True)
    cluster_id: Mapped[str | None] = mapped_column(index=True)
    previous_id: Mapped[str | None] = mapped_column(ForeignKey("review_case.id"))
    source: Mapped[str]
    state: Mapped[str]
    closure: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)
    queue: Mapped[str] = mapped_column(default="review")
    is_random: Mapped[bool] = mapped_column(default=False)
    random_key: Mapped[float]
    risk: Mapped[float] = mapped_column(default=0.0)
    due_at: Mapped[datetime | None]
    regime: Mapped[str]
    policy_version: Mapped[int]
    basis: Mapped[dict[str, object]] = mapped_column(JSON)
    images: Mapped[list[dict[str, object]]] = mapped_column(JSON)
    signals: Mapped[dict[str, object]] = mapped_column(JSON)
    is_brand_silent: Mapped[bool] = mapped_column(default=False)
    is_litigated: Mapped[bool] = mapped_column(default=False)
    lease_token: Mapped[str | None]
    leased_by: Mapped[str | None] = mapped_column(index=True)
    leased_until: Mapped[datetime | None] = mapped_column(index=True)
    skipped_by: Mapped[list[str]] = mapped_column(JSON, default=list)
    opened_at: Mapped[datetime] = mapped_column(default=utc_now)
    closed_at: Mapped[datetime | None] = mapped_column(index=True)
    retired_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(
        default=utc_now, onupdate=utc_now, index=True
    )


class CaseListingRow(Table):
    """A listing that a case is about: one, or some of one seller with one picture.

    A listing is in one open case of a brand at most; `is_open` ends with the case.
    `snapshot` holds what the listing said when it came in; `removed_at` is when it was
    taken out again, as it had ended or got a case of its own.
    """

    __tablename__ = "case_listing"
    __table_args__ = (
        Index(
            "uq_case_listing_open",
            "listing_id",
            "brand_id",
            unique=True,
            sqlite_where=text("is_open = 1"),
            postgresql_where=text("is_open"),
        ),
    )

    case_id: Mapped[str] = mapped_column(ForeignKey("review_case.id"), primary_key=True)
    listing_id: Mapped[str] = mapped_column(
        ForeignKey("listing.id"), primary_key=True, index=True
    )
    brand_id: Mapped[str] = mapped_column(ForeignKey("brand.id"))
    flag_id: Mapped[str | None] = mapped_column(ForeignKey("flag.id"))
    version: Mapped[int] = mapped_column(BigInteger)
    is_open: Mapped[bool] = mapped_column(default=True)
    snapshot: Mapped[dict[str, object]] = mapped_column(JSON)
    added_at: Mapped[datetime] = mapped_column(default=utc_now)
    removed_at: Mapped[datetime | None]


class DecisionRow(Table):
    """What a person made of a case; a second opinion is one of its own.

    `kind` is `restrict` or `no_action`; `opinion` is 1 or, of a second reviewer, 2.
    `state` is `pending` (waits for the second opinion), `effective`, `undone`, `void`,
    `overruled` or `overturned`. Until `undo_until` nobody outside is told.
    `corroboration` names what beside similarity it rests on. `batch_id` names the bulk
    decision it was part of. `restriction` says what is restricted, where, how long.
    """

    __tablename__ = "decision"

    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("review_case.id"), index=True)
    kind: Mapped[str]
    opinion: Mapped[int] = mapped_column(default=1)
    state: Mapped[str]
    reason_code: Mapped[str]
    right_id: Mapped[str | None] = mapped_column(ForeignKey("ip_right.id"))
    corroboration: Mapped[list[str]] = mapped_column(JSON, default=list)
    restriction: Mapped[dict[str, object] | None] = mapped_column(
        JSON(none_as_null=True)
    )
    note: Mapped[str | None]
    decided_by: Mapped[str] = mapped_column(index=True)
    role: Mapped[str]
    batch_id: Mapped[str | None] = mapped_column(index=True)
    seconds: Mapped[float | None]
    likelihood: Mapped[float | None]
    undo_until: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    decided_at: Mapped[datetime] = mapped_column(default=utc_now, index=True)


class CommentRow(Table):
    """What reviewers say to each other; no seller, notifier or brand sees it."""

    __tablename__ = "case_comment"

    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("review_case.id"), index=True)
    author: Mapped[str]
    text: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class QuestionRow(Table):
    """A question to the brand: is this yours, or of somebody you know?

    `state` is `open`, `answered`, `expired` or `withdrawn`; `answer` is `genuine`,
    `authorized`, `counterfeit` or `cannot_tell`. `statements` keeps what the answering
    person signed: name → text version and time.
    """

    __tablename__ = "brand_question"
    __table_args__ = (Index(None, "brand_id", "state", "due_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("review_case.id"), index=True)
    brand_id: Mapped[str] = mapped_column(ForeignKey("brand.id"))
    state: Mapped[str] = mapped_column(default="open")
    template: Mapped[str]
    text: Mapped[str]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(default=utc_now)
    due_at: Mapped[datetime]
    answer: Mapped[str | None]
    explanation: Mapped[str | None]
    statements: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    answered_by: Mapped[str | None]
    answered_at: Mapped[datetime | None]


class DeadlineRow(Table):
    """A clock that runs; `kind` says what happens at `due_at`.

    It was started by `start_event` at `started_at` and runs by the calendar and in the
    time zone that the regime's profile names. `state` is `running`, `fired` or
    `stopped`. Each fires once. `warn_at` is when it is told that it comes near.
    """

    __tablename__ = "deadline"
    __table_args__ = (
        Index(None, "state", "due_at"),
        Index(
            "uq_deadline_running",
            "case_id",
            "kind",
            "subject_id",
            unique=True,
            sqlite_where=text("state = 'running'"),
            postgresql_where=text("state = 'running'"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("review_case.id"), index=True)
    kind: Mapped[str]
    subject_id: Mapped[str]
    start_event: Mapped[str]
    started_at: Mapped[datetime]
    profile: Mapped[str]
    calendar: Mapped[str]
    time_zone: Mapped[str]
    due_at: Mapped[datetime]
    warn_at: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(default="running")
    ended_at: Mapped[datetime | None]
