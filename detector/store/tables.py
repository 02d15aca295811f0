"""The tables: brands, references, what is derived from them, scans, API keys."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    LargeBinary,
    MetaData,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Point = list[float]


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time in UTC, also where the database keeps no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Convert to UTC; a naive time is refused rather than guessed."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Give the time its zone back."""
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


def utc_now() -> datetime:
    """Read the clock."""
    return datetime.now(UTC)


class Table(DeclarativeBase):
    """Base of all tables; constraints are named, so that migrations can alter them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime}  # noqa: RUF012


class BrandRow(Table):
    """A brand; `key` is its name without case and spacing, and is what is unique."""

    __tablename__ = "brand"

    id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class ProductRow(Table):
    """A product of a brand, which several references may show."""

    __tablename__ = "product"
    __table_args__ = (UniqueConstraint("brand_id", "external_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    brand_id: Mapped[str] = mapped_column(ForeignKey("brand.id"))
    external_id: Mapped[str]
    title: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class ImageRow(Table):
    """A picture whose bytes lie in the blob store under the same SHA-256."""

    __tablename__ = "image"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    format: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    num_bytes: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class ReferenceRow(Table):
    """A genuine picture of a brand; replacing its picture keeps the id."""

    __tablename__ = "reference"
    __table_args__ = (UniqueConstraint("brand_id", "external_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    brand_id: Mapped[str] = mapped_column(ForeignKey("brand.id"))
    external_id: Mapped[str]
    product_id: Mapped[str | None] = mapped_column(ForeignKey("product.id"))
    image_sha256: Mapped[str] = mapped_column(ForeignKey("image.sha256"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)


class DescriptionRow(Table):
    """A picture's local features, as `recipe` makes them.

    `votes` repeats the codes that the voting index wants, so that rebuilding it need
    not read the far larger `data`.
    """

    __tablename__ = "description"

    image_sha256: Mapped[str] = mapped_column(
        ForeignKey("image.sha256"), primary_key=True
    )
    recipe: Mapped[str] = mapped_column(primary_key=True)
    votes: Mapped[bytes] = mapped_column(LargeBinary)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class EmbeddingRow(Table):
    """A picture's vector under one model: float32, little-endian, of length 1."""

    __tablename__ = "embedding"

    image_sha256: Mapped[str] = mapped_column(
        ForeignKey("image.sha256"), primary_key=True
    )
    model: Mapped[str] = mapped_column(primary_key=True)
    weights_hash: Mapped[str] = mapped_column(primary_key=True)
    vector: Mapped[bytes] = mapped_column(LargeBinary)


class CatalogueClockRow(Table):
    """One row: the number of the last change, and a name that no other database has.

    Taking a number locks the row until the transaction ends. Numbers therefore appear
    in the order of commits on every database, which an ordinary sequence does not
    promise, and an index that has read up to a number has missed nothing below it.
    Change numbers of two databases mean different things: `catalogue_id` tells whose.
    """

    __tablename__ = "catalogue_clock"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    catalogue_id: Mapped[str]


class CatalogueChangeRow(Table):
    """A reference came, changed (`add`) or went (`remove`); indexes follow this."""

    __tablename__ = "catalogue_change"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    reference_id: Mapped[str]
    kind: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=utc_now)


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
    """One picture of a scan: its verdict, or why there is none."""

    __tablename__ = "scan_image"

    scan_id: Mapped[str] = mapped_column(ForeignKey("scan.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    image: Mapped[str]
    sha256: Mapped[str | None] = mapped_column(index=True)
    verdict: Mapped[str | None]
    error: Mapped[str | None]


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


class ApiKeyRow(Table):
    """What a program shows to be let in; the key itself is not kept."""

    __tablename__ = "api_key"

    prefix: Mapped[str] = mapped_column(primary_key=True)
    key_sha256: Mapped[str]
    role: Mapped[str]
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
