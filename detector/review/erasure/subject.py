"""Whose data is to be erased, and what of it there is."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from detector.catalogue.brands import brand_id as brand_id_of
from detector.errors import InvalidInput, Unknown
from detector.store.case_tables import CaseListingRow, CaseRow, QuestionRow
from detector.store.listing_tables import (
    FlagRow,
    ListingRow,
    ListingVersionRow,
    SightingRow,
)
from detector.store.tables import BrandRow
from detector.store.takedown_tables import NoticeRow
from detector.store.work_tables import ImportRow


class SubjectKind(StrEnum):
    """What data can be erased of."""

    SELLER = "seller"
    LISTING = "listing"
    BRAND = "brand"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose data it is.

    Attributes:
        kind: what it is.
        id: our id of a listing or a brand; `marketplace/seller` of a seller.
    """

    kind: SubjectKind
    id: str

    @property
    def sha256(self) -> str:
        """All that is left of the name once it is erased."""
        return sha256(f"{self.kind}\0{self.id}".encode()).hexdigest()

    @property
    def seller(self) -> tuple[str, str] | None:
        """Marketplace and seller; None of a listing."""
        if self.kind is not SubjectKind.SELLER:
            return None
        marketplace, _, seller_id = self.id.partition("/")
        return marketplace, seller_id


@dataclass(frozen=True, slots=True)
class Belongings:
    """What there is of a subject.

    Attributes:
        marketplaces: where.
        listings: ids of listings that go.
        former: ids of listings that are somebody else's by now.
        cases: ids of cases that go as a whole.
        shared: ids of cases about other listings, too.
        ids: ours, of listings, flags and cases that go.
        names: the marketplace's, of the listings and the seller.
    """

    marketplaces: Sequence[str]
    listings: Sequence[str]
    former: Sequence[str]
    cases: Sequence[str]
    shared: Sequence[str]
    ids: Sequence[str]
    names: Sequence[str]


def read_subject(kind: str, id: str) -> Subject:
    """Understand whose data is meant.

    Raises:
        InvalidInput: it cannot be a subject's name.
    """
    subject = Subject(SubjectKind(kind), id)
    if subject.seller is not None and not all(subject.seller):
        raise InvalidInput(
            f"{id[:100]!r} names no seller.",
            remedy="Name the marketplace, too: shop.example/seller-8.",
        )
    return subject


def find_belongings(session: Session, subject: Subject) -> Belongings:
    """Find what there is of a subject.

    Raises:
        Unknown: there is nothing.
    """
    if subject.kind is SubjectKind.BRAND:
        return _of_brand(session, subject.id)
    if subject.seller is None:
        own = ListingRow.id == subject.id
        rows = session.scalars(select(ListingRow).where(own)).all()
        former: Sequence[str] = []
    else:
        marketplace, seller_id = subject.seller
        theirs = ListingRow.marketplace == marketplace
        own = theirs & (ListingRow.seller_id == seller_id)
        rows = session.scalars(select(ListingRow).where(own)).all()
        said = ListingVersionRow.details["seller"]["id"].as_string() == seller_id
        once = (
            select(ListingRow.id)
            .outerjoin(ListingVersionRow, ListingVersionRow.listing_id == ListingRow.id)
            .outerjoin(SightingRow, SightingRow.listing_id == ListingRow.id)
            .where(theirs, or_(said, SightingRow.seller_id == seller_id))
            .distinct()
        )
        former = sorted(set(session.scalars(once)) - {row.id for row in rows})
    listings = sorted(row.id for row in rows)
    cases, shared = _cases(session, subject, listings)
    if not (listings or former or cases):
        raise Unknown(
            f"Nothing is kept of the {subject.kind} {subject.id[:100]!r}.",
            remedy="Name a listing by our id, a seller as `marketplace/seller`.",
        )
    in_listings = FlagRow.listing_id.in_(listings)
    flags = session.scalars(select(FlagRow.id).where(in_listings)).all()
    names = {row.external_id for row in rows}
    if subject.seller is not None:
        names.add(subject.seller[1])
    return Belongings(
        marketplaces=sorted({row.marketplace for row in rows}),
        listings=listings,
        former=former,
        cases=cases,
        shared=shared,
        ids=sorted({*listings, *flags, *cases}),
        names=sorted(names),
    )


def _of_brand(session: Session, brand_id: str) -> Belongings:
    """Find a brand's cases; its listings are sellers', and stay."""
    row = session.get(BrandRow, brand_id)
    if row is None or row.id != brand_id_of(row.name):
        raise Unknown(
            f"Nothing is kept of the brand {brand_id[:100]!r}.",
            remedy="GET /v1/brands lists the brands.",
        )
    found: dict[str, list[str]] = {}
    for table in (CaseRow, FlagRow, QuestionRow, NoticeRow, ImportRow):
        query = select(table.id).where(table.brand_id == brand_id)
        found[table.__tablename__] = sorted(session.scalars(query))
    cases = found[CaseRow.__tablename__]
    return Belongings(
        marketplaces=[],
        listings=[],
        former=[],
        cases=cases,
        shared=[],
        ids=sorted({brand_id, *(id for ids in found.values() for id in ids)}),
        names=[],
    )


def _cases(
    session: Session, subject: Subject, listings: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Find cases: those about nothing but the listings, and others."""
    part = CaseListingRow
    touched = set(
        session.scalars(select(part.case_id).where(part.listing_id.in_(listings)))
    )
    if subject.seller is not None:
        marketplace, seller_id = subject.seller
        query = select(CaseRow.id).where(
            CaseRow.marketplace == marketplace, CaseRow.seller_id == seller_id
        )
        return sorted(touched | set(session.scalars(query))), []
    others = set(
        session.scalars(
            select(part.case_id).where(
                part.case_id.in_(touched), part.listing_id.not_in(listings)
            )
        )
    )
    return sorted(touched - others), sorted(others)
