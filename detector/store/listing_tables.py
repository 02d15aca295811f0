"""Tables of marketplaces' listings, their pictures, and what was flagged."""

from datetime import datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from detector.store.table import Table, utc_now

IMPORT_KIND = "listing_import"
"""The kind of the jobs that take the files of `ListingImportRow`."""


class ListingRow(Table):
    """A listing as its newest version has it; `external_id` is the marketplace's.

    `state` is `queued`, `scanned`, `failed` or `deleted`; one that is queued with an
    `error` waits for its pictures to be fetched again. `details` holds title, price,
    seller and so on by the names of the listing event, `content_sha256` tells an event
    that is sent again from another one under the same version. `removal` says why it
    was deleted, if the marketplace told.
    """

    __tablename__ = "listing"
    __table_args__ = (
        UniqueConstraint("marketplace", "external_id"),
        Index(None, "state", "received_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    marketplace: Mapped[str]
    external_id: Mapped[str]
    version: Mapped[int] = mapped_column(BigInteger)
    content_sha256: Mapped[str]
    state: Mapped[str] = mapped_column(default="queued")
    seller_id: Mapped[str | None] = mapped_column(index=True)
    details: Mapped[dict[str, object]] = mapped_column(JSON)
    verdict: Mapped[str | None]
    error: Mapped[str | None]
    removal: Mapped[str | None]
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime] = mapped_column(default=utc_now)
    scanned_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(
        default=utc_now, onupdate=utc_now, index=True
    )


class ListingVersionRow(Table):
    """What a listing said in one version; later versions leave it as it was."""

    __tablename__ = "listing_version"

    listing_id: Mapped[str] = mapped_column(ForeignKey("listing.id"), primary_key=True)
    version: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False
    )
    event_id: Mapped[str | None]
    type: Mapped[str]
    details: Mapped[dict[str, object]] = mapped_column(JSON)
    images: Mapped[list[dict[str, object]]] = mapped_column(JSON)
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime] = mapped_column(default=utc_now)


class ListingImageRow(Table):
    """A picture of a listing's newest version.

    `sha256` is empty until a picture that was named by URL has been fetched;
    `error_code` and `error` say why there is no result.
    """

    __tablename__ = "listing_image"

    listing_id: Mapped[str] = mapped_column(ForeignKey("listing.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sha256: Mapped[str | None] = mapped_column(index=True)
    url: Mapped[str | None]
    error_code: Mapped[str | None]
    error: Mapped[str | None]


class PictureBytesRow(Table):
    """A picture's file from when it is taken in until it has been scanned."""

    __tablename__ = "picture_bytes"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now, index=True)


class PictureSenderRow(Table):
    """A marketplace has sent the bytes of a picture, and may name it by its hash."""

    __tablename__ = "picture_sender"

    marketplace: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(primary_key=True, index=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class PictureRow(Table):
    """A listing picture that was looked at; of most only hashes and vectors are kept.

    `result_scan_id` and `result_position` name the result in force, `basis_id` and
    `watermark` what it was computed with, `same_as` the picture whose result was taken
    over, if so. `vectors` are as `pack_vectors` lays them out, `perceptual_hash` has 32
    bytes and is empty where there is nothing to be seen, `thumbnail` is (32, 32, 3)
    uint8 RGB: it shows what was exchanged where hash and vectors hardly change. `seq`
    numbers pictures in the order of commits (clock `picture`); a picture that is looked
    at again keeps it. `is_kept`: its bytes lie in the blob store.
    """

    __tablename__ = "picture"
    __table_args__ = (
        ForeignKeyConstraint(
            ["result_scan_id", "result_position"],
            ["scan_image.scan_id", "scan_image.position"],
        ),
        Index(None, "cluster_id", "seq"),
    )

    sha256: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, unique=True)
    format: Mapped[str | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    model: Mapped[str | None]
    weights_hash: Mapped[str | None]
    vectors: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    perceptual_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    thumbnail: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    verdict: Mapped[str | None]
    error_code: Mapped[str | None]
    error: Mapped[str | None]
    result_scan_id: Mapped[str | None]
    result_position: Mapped[int | None]
    basis_id: Mapped[str | None] = mapped_column(ForeignKey("basis.id"))
    watermark: Mapped[int | None] = mapped_column(BigInteger)
    same_as: Mapped[str | None]
    cluster_id: Mapped[str | None] = mapped_column(ForeignKey("picture_cluster.id"))
    is_kept: Mapped[bool] = mapped_column(default=False)
    scanned_at: Mapped[datetime] = mapped_column(default=utc_now)
    last_listed_at: Mapped[datetime] = mapped_column(default=utc_now, index=True)


class PictureClusterRow(Table):
    """One picture in many listings, recompressed and resized as may be.

    `first_*` say who showed it first, by when the listing's event came to us.
    """

    __tablename__ = "picture_cluster"

    id: Mapped[str] = mapped_column(primary_key=True)
    num_pictures: Mapped[int] = mapped_column(default=0)
    num_listings: Mapped[int] = mapped_column(default=0)
    first_seen_at: Mapped[datetime | None]
    first_listing_id: Mapped[str | None] = mapped_column(ForeignKey("listing.id"))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)


class SightingRow(Table):
    """A listing showed a picture; later versions may not.

    `first_seen_at` is when the first version that did so came to us: its `received_at`.
    """

    __tablename__ = "sighting"

    picture_sha256: Mapped[str] = mapped_column(
        ForeignKey("picture.sha256"), primary_key=True
    )
    listing_id: Mapped[str] = mapped_column(
        ForeignKey("listing.id"), primary_key=True, index=True
    )
    seller_id: Mapped[str | None]
    first_seen_at: Mapped[datetime]


class WatchedPictureRow(Table):
    """A picture of a listing that was taken down; whoever shows it again is flagged."""

    __tablename__ = "watched_picture"

    picture_sha256: Mapped[str] = mapped_column(
        ForeignKey("picture.sha256"), primary_key=True
    )
    brand_id: Mapped[str] = mapped_column(ForeignKey("brand.id"), primary_key=True)
    listing_id: Mapped[str | None] = mapped_column(ForeignKey("listing.id"))
    reason: Mapped[str]
    created_by: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now, index=True)


class FlagRow(Table):
    """A listing shows pictures that resemble a brand's: something for a person.

    `state` is `open`, `suppressed` (an authorization covers it) or `withdrawn` (nothing
    speaks for it any more). `is_sample`: suppressed ones that are shown all the same.
    `images` lists position, sha256, reference, similarity, relation and verdict of each
    picture that matches; `signals` what else is known, by name. `similarity` and
    `relation` are empty where only a watched picture speaks for it. `announced_at` is
    when an event first told of it; empty while it has been suppressed all along.
    """

    __tablename__ = "flag"
    __table_args__ = (UniqueConstraint("listing_id", "brand_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    listing_id: Mapped[str] = mapped_column(ForeignKey("listing.id"))
    brand_id: Mapped[str] = mapped_column(ForeignKey("brand.id"), index=True)
    marketplace: Mapped[str] = mapped_column(index=True)
    version: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(default="open")
    is_sample: Mapped[bool] = mapped_column(default=False)
    verdict: Mapped[str]
    similarity: Mapped[float | None]
    relation: Mapped[str | None]
    images: Mapped[list[dict[str, object]]] = mapped_column(JSON)
    signals: Mapped[dict[str, object]] = mapped_column(JSON)
    authorization: Mapped[dict[str, object] | None] = mapped_column(
        JSON(none_as_null=True)
    )
    announced_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(
        default=utc_now, onupdate=utc_now, index=True
    )


class SweepRow(Table):
    """New references held against the pictures of recent listings.

    Changes of the catalogue after `from_seq` up to `to_seq` are swept; `position` is
    the number of the last picture that was compared. `state` is `queued`, `running`,
    `done`, `failed` or `canceled`. `num_looked` counts the listings that are looked at
    again, `num_skipped` those that `max_looks` left out.
    """

    __tablename__ = "sweep"

    id: Mapped[str] = mapped_column(primary_key=True)
    brand_id: Mapped[str | None] = mapped_column(ForeignKey("brand.id"))
    from_seq: Mapped[int] = mapped_column(BigInteger)
    to_seq: Mapped[int] = mapped_column(BigInteger)
    since: Mapped[datetime]
    max_looks: Mapped[int]
    state: Mapped[str] = mapped_column(default="queued")
    num_references: Mapped[int] = mapped_column(default=0)
    position: Mapped[int] = mapped_column(BigInteger, default=0)
    num_done: Mapped[int] = mapped_column(default=0)
    num_total: Mapped[int | None]
    num_found: Mapped[int] = mapped_column(default=0)
    num_looked: Mapped[int] = mapped_column(default=0)
    num_skipped: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]
    created_by: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class ListingImportRow(Table):
    """A file of listing events on its way in; `state` as that of a catalogue import.

    `num_rows` counts the rows whose outcome is committed, `counts` the outcomes.
    """

    __tablename__ = "listing_import"

    id: Mapped[str] = mapped_column(primary_key=True)
    marketplace: Mapped[str | None] = mapped_column(index=True)
    format: Mapped[str]
    file_name: Mapped[str]
    file_sha256: Mapped[str]
    state: Mapped[str] = mapped_column(default="queued")
    num_rows: Mapped[int] = mapped_column(default=0)
    num_problems: Mapped[int] = mapped_column(default=0)
    counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    error_code: Mapped[str | None]
    error: Mapped[str | None]
    created_by: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class ListingProblemRow(Table):
    """What is wrong with one row of a file; `severity` is `error` or `warning`."""

    __tablename__ = "listing_problem"

    import_id: Mapped[str] = mapped_column(
        ForeignKey("listing_import.id"), primary_key=True
    )
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    row: Mapped[int]
    pointer: Mapped[str | None]
    severity: Mapped[str]
    code: Mapped[str]
    message: Mapped[str]
    remedy: Mapped[str]
