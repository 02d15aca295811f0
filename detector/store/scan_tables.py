"""Tables of scans: what was looked at, what was found, and what it was found with."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from detector.store.table import Table, utc_now

Point = list[float]


class BasisRow(Table):
    """What a match was computed with; the id is a hash of the rest.

    `models` lists kind, model and weights hash of each embedder, `policy` every
    threshold by name.
    """

    __tablename__ = "basis"

    id: Mapped[str] = mapped_column(primary_key=True)
    recipe: Mapped[str]
    models: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    policy: Mapped[dict[str, float | str]] = mapped_column(JSON)


class ScanRow(Table):
    """One run over some pictures; `finished_at` is empty if it was cut short."""

    __tablename__ = "scan"

    id: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(default=utc_now)
    finished_at: Mapped[datetime | None]


class ScanImageRow(Table):
    """One picture of a scan: its verdict, or why there is none.

    `same_as` is the picture whose result was taken over, if so.
    """

    __tablename__ = "scan_image"

    scan_id: Mapped[str] = mapped_column(ForeignKey("scan.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    image: Mapped[str]
    sha256: Mapped[str | None] = mapped_column(index=True)
    verdict: Mapped[str | None]
    error: Mapped[str | None]
    same_as: Mapped[str | None]


class ScanMatchRow(Table):
    """One match of a scanned picture, with all it takes to compute it again.

    `reference_id` is no foreign key: a decision outlives its reference.
    """

    __tablename__ = "scan_match"
    __table_args__ = (
        ForeignKeyConstraint(
            ["scan_id", "position"], ["scan_image.scan_id", "scan_image.position"]
        ),
    )

    scan_id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rank: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reference_id: Mapped[str] = mapped_column(index=True)
    reference_sha256: Mapped[str]
    basis_id: Mapped[str] = mapped_column(ForeignKey("basis.id"))
    watermark: Mapped[int] = mapped_column(BigInteger)
    similarity: Mapped[float]
    likelihood: Mapped[float | None]
    relation: Mapped[str]
    mirrored: Mapped[bool]
    num_inliers: Mapped[int]
    query_region: Mapped[list[Point] | None] = mapped_column(JSON(none_as_null=True))
    reference_region: Mapped[list[Point] | None] = mapped_column(
        JSON(none_as_null=True)
    )
    query_overlap: Mapped[float]
    reference_overlap: Mapped[float]
    homography: Mapped[list[list[float]] | None] = mapped_column(
        JSON(none_as_null=True)
    )
    signals: Mapped[dict[str, float]] = mapped_column(JSON)
