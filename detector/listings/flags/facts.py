"""What is known around a flag, gathered for its signals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from sqlalchemy import Subquery, func, select
from sqlalchemy.orm import Session

from detector.catalogue.authorized_sellers import Authorization
from detector.listings.flags.hits import COPIES, Hit
from detector.listings.flags.stay_down import TAKEN_DOWN
from detector.store.listing_tables import (
    ListingRow,
    ListingVersionRow,
    PictureClusterRow,
    PictureRow,
    SightingRow,
)
from detector.store.tables import (
    BrandRow,
    ProductRow,
    ReferenceProductRow,
    ReferenceRow,
)

MOST_SIGHTINGS = 1_000
"""Of a picture, that are looked through for its sellers and for what is claimed."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Since when a picture is listed as its marketplace says, which can say anything.

    Attributes:
        at: the time of the event that showed it.
        is_this_marketplace: the listing's own marketplace says so.
    """

    at: datetime
    is_this_marketplace: bool


@dataclass(frozen=True, slots=True)
class FirstSeen:
    """When a picture was first seen in any listing, and whose that was.

    Attributes:
        position: of the picture in the listing.
        at: when that listing came to us; its sender may claim another time.
        is_this_listing: it was this one.
        is_this_seller: it was of the same seller; None if a seller is not known.
        before_reference: that was before the reference came; None without one.
        is_copy: it is the reference's photo, or that edited, or is only watched: to be
            the first seen to show that makes nobody its owner.
        claim: the earliest time that a marketplace claims for it.
        num_listings: that have shown it so far.
        num_sellers: whose those listings are; of a great many the first ones count.
        num_taken_down: of those listings.
    """

    position: int
    at: datetime
    is_this_listing: bool
    is_this_seller: bool | None
    before_reference: bool | None
    is_copy: bool
    claim: Claim | None
    num_listings: int
    num_sellers: int
    num_taken_down: int

    @property
    def speaks_against(self) -> bool:
        """Whether the seller may be the one that the picture was taken from."""
        if self.before_reference:
            return True
        return not self.is_copy and bool(self.is_this_listing or self.is_this_seller)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known; None is not known.

    Attributes:
        brand: its name.
        details: the listing's, by the names of the listing event.
        occurred_at: when the listing said so.
        has_seller: the listing names its seller.
        hits: the pictures, the strongest first.
        cover: the authorization for them.
        msrp: the brand's price of the product that the strongest hit shows.
        gtins: of the products that the references show.
        image_rights: of the strongest hit's reference.
        first_seen: of each picture whose cluster is known, the strongest first.
    """

    brand: str
    details: Mapping[str, object]
    occurred_at: datetime
    has_seller: bool
    hits: Sequence[Hit]
    cover: Authorization | None
    msrp: tuple[Decimal, str] | None
    gtins: frozenset[str]
    image_rights: str | None
    first_seen: Sequence[FirstSeen]


def gather_facts(
    session: Session,
    listing: ListingRow,
    *,
    brand: BrandRow,
    hits: Sequence[Hit],
    cover: Authorization | None,
) -> Facts:
    """Look up what is known of a listing, its pictures and what they resemble."""
    hits = sorted(hits, key=lambda hit: hit.strength, reverse=True)
    ids = {hit.reference.id for hit in hits if hit.reference is not None}
    references = {
        row.id: row
        for row in session.scalars(select(ReferenceRow).where(ReferenceRow.id.in_(ids)))
    }
    products = session.execute(
        select(ReferenceProductRow.reference_id, ProductRow)
        .join(ProductRow, ProductRow.id == ReferenceProductRow.product_id)
        .where(ReferenceProductRow.reference_id.in_(ids))
        .order_by(ProductRow.external_id)
    ).all()
    best = hits[0].reference
    shown = references.get(best.id) if best is not None else None
    return Facts(
        brand=brand.name,
        details=listing.details,
        occurred_at=listing.occurred_at,
        has_seller=listing.seller_id is not None,
        hits=hits,
        cover=cover,
        msrp=next(
            (
                price
                for reference_id, product in products
                if best is not None
                and reference_id == best.id
                and (price := _msrp(product)) is not None
            ),
            None,
        ),
        gtins=frozenset(product.gtin for _, product in products if product.gtin),
        image_rights=None if shown is None else shown.image_rights,
        first_seen=_first_seen(session, listing, hits, references),
    )


def as_price(amount: object, currency: object) -> tuple[Decimal, str] | None:
    """Read a price above zero, and its currency; None if one is not known."""
    if amount is None or currency is None:
        return None
    try:
        value = Decimal(str(amount))
    except InvalidOperation:
        return None
    return (value, str(currency)) if value.is_finite() and value > 0 else None


def _msrp(product: ProductRow) -> tuple[Decimal, str] | None:
    details = product.details
    return as_price(details.get("msrp"), details.get("msrp_currency"))


def _first_seen(
    session: Session,
    listing: ListingRow,
    hits: Sequence[Hit],
    references: Mapping[str, ReferenceRow],
) -> list[FirstSeen]:
    """Find out who showed the pictures first, without saying who it was."""
    query = (
        select(PictureRow.sha256, PictureClusterRow, ListingRow)
        .join(PictureClusterRow, PictureClusterRow.id == PictureRow.cluster_id)
        .outerjoin(ListingRow, ListingRow.id == PictureClusterRow.first_listing_id)
        .where(PictureRow.sha256.in_({hit.sha256 for hit in hits}))
    )
    clusters = {
        digest: (cluster, first) for digest, cluster, first in session.execute(query)
    }
    found = []
    for hit in hits:
        cluster, first = clusters.get(hit.sha256, (None, None))
        if cluster is None or first is None or cluster.first_seen_at is None:
            continue
        reference = references.get(hit.reference.id) if hit.reference else None
        found.append(
            FirstSeen(
                position=hit.position,
                at=cluster.first_seen_at,
                is_this_listing=first.id == listing.id,
                is_this_seller=_is_same_seller(first, listing),
                before_reference=(
                    None
                    if reference is None
                    else cluster.first_seen_at < reference.created_at
                ),
                is_copy=hit.match is None or hit.match.relation in COPIES,
                claim=_earliest_claim(session, cluster.id, listing.marketplace),
                num_listings=cluster.num_listings,
                num_sellers=_num_sellers(session, cluster.id),
                num_taken_down=_num_taken_down(session, cluster.id),
            )
        )
    return found


def _earliest_claim(
    session: Session, cluster_id: str, marketplace: str
) -> Claim | None:
    """Find the earliest time that a sender claims for a picture of a cluster."""
    some, version = _some_sightings(cluster_id), ListingVersionRow
    row = session.execute(
        select(version.occurred_at, ListingRow.marketplace)
        .join(ListingRow, ListingRow.id == version.listing_id)
        .join(some, some.c.listing_id == version.listing_id)
        .where(version.received_at == some.c.first_seen_at)
        .order_by(version.occurred_at, ListingRow.id)
        .limit(1)
    ).first()
    return None if row is None else Claim(row[0], row[1] == marketplace)


def _num_sellers(session: Session, cluster_id: str) -> int:
    """Count who showed a picture: one seller can list it as often as they like."""
    some = _some_sightings(cluster_id)
    sellers = (
        select(ListingRow.marketplace, some.c.seller_id)
        .join(some, some.c.listing_id == ListingRow.id)
        .distinct()
    )
    return session.scalar(select(func.count()).select_from(sellers.subquery())) or 0


def _num_taken_down(session: Session, cluster_id: str) -> int:
    some = _some_sightings(cluster_id)
    listings = (
        select(ListingRow.id)
        .join(some, some.c.listing_id == ListingRow.id)
        .where(ListingRow.removal == TAKEN_DOWN)
        .distinct()
    )
    return session.scalar(select(func.count()).select_from(listings.subquery())) or 0


def _some_sightings(cluster_id: str) -> Subquery:
    row = SightingRow
    return (
        select(row.listing_id, row.seller_id, row.first_seen_at)
        .join(PictureRow, PictureRow.sha256 == row.picture_sha256)
        .where(PictureRow.cluster_id == cluster_id)
        .limit(MOST_SIGHTINGS)
        .subquery()
    )


def _is_same_seller(first: ListingRow, listing: ListingRow) -> bool | None:
    if first.id == listing.id:
        return True
    if first.seller_id is None or listing.seller_id is None:
        return None
    return (first.marketplace, first.seller_id) == (
        listing.marketplace,
        listing.seller_id,
    )
