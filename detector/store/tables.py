"""Tables of the catalogue: brands, rights, sellers, products, references, features."""

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from detector.store.table import Table, utc_now


class BrandRow(Table):
    """A brand; `key` is its name without case and spacing, and is what is unique.

    `state` is `active` or `disabled`; a disabled brand's references are not searched.
    """

    __tablename__ = "brand"

    id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    state: Mapped[str] = mapped_column(default="active", server_default="active")
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class RightRow(Table):
    """A trademark, copyright or other right of a brand; `external_id` is the brand's.

    `details` holds what a registry says, by the names of `rights.csv`.
    """

    __tablename__ = "ip_right"
    __table_args__ = (UniqueConstraint("brand_id", "external_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    brand_id: Mapped[str] = mapped_column(ForeignKey("brand.id"))
    external_id: Mapped[str]
    type: Mapped[str]
    state: Mapped[str] = mapped_column(default="active")
    expires_on: Mapped[date | None]
    details: Mapped[dict[str, object]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)


class AuthorizedSellerRow(Table):
    """A seller that the brand allows to use its pictures; empty scopes mean all.

    `product_scope` lists the brand's product ids, `countries` ISO 3166-1 codes.
    """

    __tablename__ = "authorized_seller"
    __table_args__ = (UniqueConstraint("brand_id", "marketplace", "seller_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    brand_id: Mapped[str] = mapped_column(ForeignKey("brand.id"))
    marketplace: Mapped[str]
    seller_id: Mapped[str]
    relation: Mapped[str]
    product_scope: Mapped[list[str]] = mapped_column(JSON)
    countries: Mapped[list[str]] = mapped_column(JSON)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    evidence_ref: Mapped[str | None]
    state: Mapped[str] = mapped_column(default="active")
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)


class ProductRow(Table):
    """A product of a brand, which several references may show.

    `external_id` is the brand's own; `gtin` has 14 digits; `details` holds the other
    columns of the catalogue file that were given, by their names.
    """

    __tablename__ = "product"
    __table_args__ = (UniqueConstraint("brand_id", "external_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    brand_id: Mapped[str] = mapped_column(ForeignKey("brand.id"))
    external_id: Mapped[str]
    title: Mapped[str | None]
    gtin: Mapped[str | None] = mapped_column(index=True)
    details: Mapped[dict[str, object]] = mapped_column(
        JSON, default=dict, server_default="{}"
    )
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)


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
    """A picture of a brand, genuine or a known fake; replacing it keeps the id.

    `state` is `active`, `disabled` or `expired`; only active ones are searched.
    """

    __tablename__ = "reference"
    __table_args__ = (UniqueConstraint("brand_id", "external_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    brand_id: Mapped[str] = mapped_column(ForeignKey("brand.id"))
    external_id: Mapped[str]
    image_sha256: Mapped[str] = mapped_column(ForeignKey("image.sha256"), index=True)
    role: Mapped[str] = mapped_column(default="official", server_default="official")
    image_rights: Mapped[str] = mapped_column(
        default="unknown", server_default="unknown"
    )
    state: Mapped[str] = mapped_column(default="active", server_default="active")
    expires_at: Mapped[datetime | None] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)


class ReferenceProductRow(Table):
    """A reference shows a product; sizes of one shirt share their pictures."""

    __tablename__ = "reference_product"

    reference_id: Mapped[str] = mapped_column(
        ForeignKey("reference.id"), primary_key=True
    )
    product_id: Mapped[str] = mapped_column(
        ForeignKey("product.id"), primary_key=True, index=True
    )


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


class ModelRow(Table):
    """A copy model that the references were embedded with so that it can serve.

    `state` is `preparing`, `ready`, `serving` or `former`: the one that served before
    and that a rollback goes back to. There is no row for a model that the settings
    alone name; from the first switch on one row is `serving`.
    """

    __tablename__ = "model"

    name: Mapped[str] = mapped_column(primary_key=True)
    weights_hash: Mapped[str]
    state: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    switched_at: Mapped[datetime | None]


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
