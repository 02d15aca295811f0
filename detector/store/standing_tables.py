"""Tables of what decisions teach: standing, policy, calibration, dismissed likeness."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from detector.store.table import Table, utc_now


class CasePolicyRow(Table):
    """How a marketplace wants cases handled; each change is a version of its own.

    `marketplace` is empty for what holds where a marketplace says nothing; `given`
    holds what differs from `policy.toml`.
    """

    __tablename__ = "case_policy"

    marketplace: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    given: Mapped[dict[str, object]] = mapped_column(JSON)
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class StandingRow(Table):
    """A tier that somebody entered, and the figures that led there; the newest holds.

    `subject` is `brand`, `notifier` (`subject_id` is the brand's id, or the address of
    whoever gives notice for none) or `seller` (`marketplace/seller`). `tier` is `new`,
    `standard`, `good_faith` or `restricted`. `warned_at` is when it was told that it
    is about to be left, `locked_until` until when `good_faith` cannot be entered.
    """

    __tablename__ = "standing"
    __table_args__ = (Index(None, "subject", "subject_id", "created_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str]
    subject_id: Mapped[str]
    tier: Mapped[str]
    reason: Mapped[str]
    figures: Mapped[dict[str, object]] = mapped_column(JSON)
    warned_at: Mapped[datetime | None]
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class DismissedLikenessRow(Table):
    """Reviewers found that a picture is no copy of a reference, whoever shows it.

    `cluster_id` names the picture as all listings show it.
    """

    __tablename__ = "dismissed_likeness"

    picture_sha256: Mapped[str] = mapped_column(primary_key=True)
    reference_id: Mapped[str] = mapped_column(
        ForeignKey("reference.id"), primary_key=True
    )
    cluster_id: Mapped[str | None] = mapped_column(index=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("review_case.id"), index=True)
    reason_code: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class CalibrationRow(Table):
    """How similarity and signals turn into a likelihood; for a brand, or for all.

    `state` is `proposed`, `applied`, `replaced` or `rejected`; `method` is `sigmoid` or
    `isotonic`, `parameters` what it needs, `report` n, Brier score, ECE, the
    reliability table and which logged matches would change side.
    """

    __tablename__ = "likelihood_calibration"
    __table_args__ = (Index(None, "brand_id", "state"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    brand_id: Mapped[str | None] = mapped_column(ForeignKey("brand.id"))
    state: Mapped[str] = mapped_column(default="proposed")
    method: Mapped[str]
    parameters: Mapped[dict[str, object]] = mapped_column(JSON)
    report: Mapped[dict[str, object]] = mapped_column(JSON)
    proposed_by: Mapped[str]
    applied_by: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    applied_at: Mapped[datetime | None]


class ReferenceRecordRow(Table):
    """What became of the matches of a reference; `is_quarantined` ones raise no flag.

    `num_confirmed` and `num_dismissed` count decided cases. One that somebody released
    (`released_by`) is not held back by rule again.
    """

    __tablename__ = "reference_record"

    reference_id: Mapped[str] = mapped_column(
        ForeignKey("reference.id"), primary_key=True
    )
    num_confirmed: Mapped[int] = mapped_column(default=0)
    num_dismissed: Mapped[int] = mapped_column(default=0)
    is_quarantined: Mapped[bool] = mapped_column(default=False)
    quarantine_reason: Mapped[str | None]
    released_by: Mapped[str | None]
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)
