"""Tables of work: jobs, imports, health checks, and answers given once."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from detector.store.table import Table, utc_now


class JobRow(Table):
    """Work to be done, written in the transaction of what asks for it.

    `state` is `ready`, `leased`, `done`, `dead` or `canceled`. Whoever works on it
    holds a lease, named by a token, that ends at `leased_until` unless it is renewed.
    """

    __tablename__ = "job"
    __table_args__ = (Index(None, "kind", "state", "run_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    payload: Mapped[dict[str, object]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(default="ready")
    run_at: Mapped[datetime] = mapped_column(default=utc_now)
    attempts: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int]
    lease_token: Mapped[str | None]
    leased_until: Mapped[datetime | None]
    last_error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    finished_at: Mapped[datetime | None]


class ImportRow(Table):
    """A catalogue file on its way in.

    `state` is `queued`, `running`, `done`, `failed` or `canceled`. `num_rows` counts
    the rows whose outcome is committed: work that was cut short goes on after them.
    `counts` tells how many products and references were added, changed and so on.
    """

    __tablename__ = "catalogue_import"

    id: Mapped[str] = mapped_column(primary_key=True)
    brand_id: Mapped[str] = mapped_column(ForeignKey("brand.id"), index=True)
    format: Mapped[str]
    mode: Mapped[str]
    is_dry_run: Mapped[bool]
    file_name: Mapped[str]
    file_sha256: Mapped[str]
    state: Mapped[str] = mapped_column(default="queued")
    num_rows: Mapped[int] = mapped_column(default=0)
    num_rows_total: Mapped[int | None]
    num_problems: Mapped[int] = mapped_column(default=0)
    counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    error_code: Mapped[str | None]
    error: Mapped[str | None]
    created_by: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class ImportProblemRow(Table):
    """What is wrong with one row of an imported file, and what to do about it."""

    __tablename__ = "import_problem"

    import_id: Mapped[str] = mapped_column(
        ForeignKey("catalogue_import.id"), primary_key=True
    )
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    row: Mapped[int]
    column: Mapped[str | None]
    severity: Mapped[str]
    code: Mapped[str]
    message: Mapped[str]
    remedy: Mapped[str]

    @property
    def problem(self) -> dict[str, object]:
        """What a reader of the file said."""
        names = ("row", "column", "severity", "code", "message", "remedy")
        return {name: getattr(self, name) for name in names}


class ImportSeenRow(Table):
    """A product that an import has met; what a full replacement must not remove."""

    __tablename__ = "import_seen"

    import_id: Mapped[str] = mapped_column(
        ForeignKey("catalogue_import.id"), primary_key=True
    )
    product_id: Mapped[str] = mapped_column(primary_key=True)


class HealthCheckRow(Table):
    """A look at a brand's catalogue; report and page are there once it is `done`."""

    __tablename__ = "health_check"

    id: Mapped[str] = mapped_column(primary_key=True)
    brand_id: Mapped[str] = mapped_column(ForeignKey("brand.id"), index=True)
    sample: Mapped[int]
    seed: Mapped[int]
    state: Mapped[str] = mapped_column(default="queued")
    num_done: Mapped[int] = mapped_column(default=0)
    num_total: Mapped[int | None]
    report: Mapped[dict[str, object] | None] = mapped_column(JSON(none_as_null=True))
    page: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    error: Mapped[str | None]
    created_by: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class GivenAnswerRow(Table):
    """The answer to a request with an Idempotency-Key, to be given again.

    `status` is null while the first request is worked on; if its process dies, another
    may take over after `locked_until`.
    """

    __tablename__ = "given_answer"

    id: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str | None]
    status: Mapped[int | None]
    headers: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    locked_until: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(default=utc_now, index=True)
