"""A database with brands, references, listings and pictures, to raise flags in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from detector.catalogue.authorized_sellers import create_seller
from detector.catalogue.brands import ensure_brand
from detector.catalogue.products import put_product
from detector.catalogue.references import Reference, find_references, reference_id
from detector.listings.flags.raise_flags import (
    FlagPolicy,
    raise_flags,
    withdraw_flags,
)
from detector.listings.pictures.result import PictureResult
from detector.matching.match import Match, Relation, Verdict
from detector.store.database import Database
from detector.store.event_tables import EventRow
from detector.store.inserting import insert_new
from detector.store.listing_tables import (
    FlagRow,
    ListingImageRow,
    ListingRow,
    ListingVersionRow,
    PictureClusterRow,
    PictureRow,
    SightingRow,
)
from detector.store.tables import ImageRow, ReferenceProductRow, ReferenceRow
from tests.listing_results import make_match

DAY = date(2026, 6, 1)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
POLICY = FlagPolicy(review_threshold=0.5, match_threshold=0.8, suppressed_sample=0.0)

Like = tuple[str, float, Relation]
"""Name of a reference, similarity to it, relation."""


def digest_of(name: str) -> str:
    return sha256(name.encode()).hexdigest()


def like(reference_id: str, similarity: float = 0.9) -> Like:
    return reference_id, similarity, Relation.EDITED_PHOTO


@dataclass(frozen=True, slots=True)
class World:
    """Makes things by their names; each call is a transaction."""

    database: Database

    def add_reference(
        self,
        brand: str,
        name: str,
        *,
        role: str = "official",
        image_rights: str = "unknown",
        created_at: datetime = NOON,
        products: Mapping[str, Mapping[str, object]] | None = None,
    ) -> str:
        """Add a reference, its brand and its products; return its id."""
        with self.database.write() as session:
            brand_id = ensure_brand(session, brand)
            row_id = reference_id(brand_id, name)
            image = digest_of(name)
            insert_new(
                session,
                ImageRow,
                sha256=image,
                format="PNG",
                width=40,
                height=30,
                num_bytes=1,
            )
            session.add(
                ReferenceRow(
                    id=row_id,
                    brand_id=brand_id,
                    external_id=name,
                    image_sha256=image,
                    role=role,
                    image_rights=image_rights,
                    created_at=created_at,
                )
            )
            session.flush()
            for product_id, fields in (products or {}).items():
                product, _ = put_product(
                    session, brand_id=brand_id, external_id=product_id, fields=fields
                )
                session.add(
                    ReferenceProductRow(reference_id=row_id, product_id=product.id)
                )
        return row_id

    def brand_id(self, name: str) -> str:
        with self.database.write() as session:
            return ensure_brand(session, name)

    def authorize(
        self, brand: str, seller_id: str, *, marketplace: str = "market", **fields: Any
    ) -> str:
        with self.database.write() as session:
            row = create_seller(
                session,
                brand_id=ensure_brand(session, brand),
                marketplace=marketplace,
                seller_id=seller_id,
                fields={"relation": "reseller", **fields},
            )
            return row.id

    def put_listing(
        self,
        name: str,
        pictures: Sequence[str],
        *,
        version: int = 1,
        marketplace: str = "market",
        seller_id: str | None = "seller",
        received_at: datetime = NOON,
        occurred_at: datetime | None = None,
        **details: object,
    ) -> str:
        """Add a listing, or a newer version, that shows pictures by their names.

        Its event occurred when it was received, if nothing else is said.
        """
        row_id = f"lst_{marketplace}_{name}"
        with self.database.write() as session:
            row = session.get(ListingRow, row_id)
            if row is None:
                row = ListingRow(
                    id=row_id,
                    marketplace=marketplace,
                    external_id=name,
                    content_sha256="0" * 64,
                )
                session.add(row)
            row.version, row.seller_id = version, seller_id
            row.details, row.received_at = dict(details), received_at
            row.occurred_at = occurred_at or received_at
            session.flush()
            session.add(
                ListingVersionRow(
                    listing_id=row_id,
                    version=version,
                    type="listing.created",
                    details=dict(details),
                    images=[],
                    occurred_at=row.occurred_at,
                    received_at=received_at,
                )
            )
            session.execute(
                delete(ListingImageRow).where(ListingImageRow.listing_id == row_id)
            )
            for position, picture in enumerate(pictures):
                session.add(
                    ListingImageRow(
                        listing_id=row_id, position=position, sha256=digest_of(picture)
                    )
                )
        return row_id

    def place(self, picture: str, cluster: str, listing_id: str) -> None:
        """Put a picture that a listing shows into a cluster."""
        with self.database.write() as session:
            listing = session.get_one(ListingRow, listing_id)
            group = session.get(PictureClusterRow, cluster)
            if group is None:
                group = PictureClusterRow(
                    id=cluster,
                    num_listings=0,
                    first_seen_at=listing.received_at,
                    first_listing_id=listing_id,
                )
                session.add(group)
            group.num_listings += 1
            session.flush()
            row = session.get(PictureRow, digest_of(picture))
            if row is None:
                seq = session.scalar(select(func.max(PictureRow.seq))) or 0
                row = PictureRow(sha256=digest_of(picture), seq=seq + 1)
                session.add(row)
            row.cluster_id = cluster
            session.flush()
            session.add(
                SightingRow(
                    picture_sha256=row.sha256,
                    listing_id=listing_id,
                    seller_id=listing.seller_id,
                    first_seen_at=listing.received_at,
                )
            )

    def raise_for(
        self,
        listing_id: str,
        found: Mapping[str, Sequence[Like]],
        *,
        policy: FlagPolicy = POLICY,
        on: date = DAY,
    ) -> Verdict:
        """Raise flags for what was found of each picture, by its name."""
        with self.database.write() as session:
            return raise_in(session, listing_id, found, policy=policy, on=on)

    def withdraw(self, listing_id: str, removal: str | None = None) -> None:
        with self.database.write() as session:
            listing = session.get_one(ListingRow, listing_id)
            listing.state, listing.removal = "deleted", removal
            withdraw_flags(session, listing, removal=removal)

    def flags(self) -> list[FlagRow]:
        with self.database.read() as session:
            return list(session.scalars(select(FlagRow).order_by(FlagRow.created_at)))

    def flag(self) -> FlagRow:
        (row,) = self.flags()
        return row

    def signal(self, name: str) -> Any:
        """Show a signal of the only flag."""
        return self.flag().signals[name]

    def events(self) -> list[tuple[str, Any]]:
        """List what was told: type and data."""
        with self.database.read() as session:
            rows = session.scalars(select(EventRow).order_by(EventRow.seq))
            return [(row.type, row.data) for row in rows]

    def told(self) -> list[str]:
        return [type.removeprefix("match.") for type, _ in self.events()]


def raise_in(
    session: Session,
    listing_id: str,
    found: Mapping[str, Sequence[Like]],
    *,
    policy: FlagPolicy = POLICY,
    on: date | None = DAY,
) -> Verdict:
    """Raise flags within a transaction."""
    listing = session.get_one(ListingRow, listing_id)
    images = session.scalars(
        select(ListingImageRow).where(ListingImageRow.listing_id == listing_id)
    ).all()
    references = find_references(
        session, {like[0] for each in found.values() for like in each}
    )
    results = {
        digest_of(name): make_result(session, name, likes, references)
        for name, likes in found.items()
    }
    return raise_flags(session, listing, images, results, policy, on=on)


def make_result(
    session: Session,
    name: str,
    likes: Sequence[Like],
    references: Mapping[str, Reference],
) -> PictureResult:
    """Say what was found of a picture, as reading it back would."""
    row = session.get(PictureRow, digest_of(name))
    matches: list[Match] = [
        replace(make_match(id, similarity), relation=relation)
        for id, similarity, relation in likes
    ]
    return PictureResult(
        sha256=digest_of(name),
        verdict=Verdict.REVIEW if likes else Verdict.NO_MATCH,
        matches=tuple(matches),
        references={
            m.reference_id: references[m.reference_id]
            for m in matches
            if m.reference_id in references
        },
        cluster_id=None if row is None else row.cluster_id,
        same_as=None,
        error_code=None,
        error=None,
        width=40,
        height=30,
        is_kept=bool(likes),
        basis_id=None,
        watermark=None,
    )
