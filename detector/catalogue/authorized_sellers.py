"""Sellers whom a brand allows to use its pictures, for what, where and how long."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from detector.catalogue.brand_list import (
    Fields,
    check_countries,
    check_period,
    lock_brand,
    require_brand,
)
from detector.catalogue.formats.rows import MAX_CELL_CHARS
from detector.catalogue.formats.sellers import COLUMNS
from detector.catalogue.validity import (
    ACTIVE,
    DISABLED,
    Validity,
    stands_as,
    today,
    validity,
)
from detector.errors import Conflict, InvalidInput, Unknown
from detector.store.paging import SortKey, page
from detector.store.tables import AuthorizedSellerRow

FIELDS = tuple(c for c in COLUMNS if c not in {"brand_id", "marketplace", "seller_id"})
LISTS = ("product_scope", "countries")
RELATION_WORDS = {
    "own_store": "the brand's own store",
    "reseller": "an authorized reseller",
    "licensee": "a licensee",
    "distributor": "an authorized distributor",
}


@dataclass(frozen=True, slots=True)
class Authorization:
    """Why a seller may offer something with the brand's pictures.

    Attributes:
        id: of the entry that says so.
        relation: of the seller to the brand.
        valid_to: its last day; None if it has no end.
        evidence_ref: where the brand keeps the contract.
        reason: the whole of it in a sentence.
    """

    id: str
    relation: str
    valid_to: date | None
    evidence_ref: str | None
    reason: str


def seller_row_id(brand_id: str, marketplace: str, seller_id: str) -> str:
    """Make an entry's id from whom it is about, so that it is found again."""
    text = f"{brand_id}\0{marketplace}\0{seller_id}"
    return "seller_" + sha256(text.encode()).hexdigest()[:24]


def seller_validity(row: AuthorizedSellerRow, on: date) -> Validity:
    """Tell how an authorization stands on a day."""
    return validity(row.state, row.valid_from, row.valid_to, on)


def find_authorization(
    session: Session,
    *,
    brand_id: str,
    marketplace: str,
    seller_id: str,
    product_id: str | None,
    country: str | None,
    on: date,
) -> Authorization | None:
    """Find out whether a brand allows a seller to offer a product in a country.

    Args:
        session: to read with.
        brand_id: whose product it is.
        marketplace: where it is offered; case does not count.
        seller_id: as the marketplace calls the seller, to the letter.
        product_id: the brand's own id of it. An unknown one (None) is covered only by
            an authorization for all products.
        country: where it is offered. An unknown one (None) is covered only by an
            authorization for all countries.
        on: the day.

    Returns:
        What allows it; None if nothing does.
    """
    query = select(AuthorizedSellerRow).where(
        AuthorizedSellerRow.brand_id == brand_id,
        AuthorizedSellerRow.seller_id == seller_id,
        AuthorizedSellerRow.state == ACTIVE,
    )
    for row in session.scalars(query.order_by(AuthorizedSellerRow.id)):
        if (
            row.marketplace.casefold() == marketplace.casefold()
            and seller_validity(row, on) is Validity.ACTIVE
            and (not row.product_scope or product_id in row.product_scope)
            and (not row.countries or country in row.countries)
        ):
            return Authorization(
                row.id, row.relation, row.valid_to, row.evidence_ref, _reason(row)
            )
    return None


def find_seller(session: Session, *, brand_id: str, row_id: str) -> AuthorizedSellerRow:
    """Find an entry of a brand.

    Raises:
        UnknownBrand: there is no such brand.
        Unknown: the brand has no such entry.
    """
    require_brand(session, brand_id)
    query = select(AuthorizedSellerRow).where(
        AuthorizedSellerRow.brand_id == brand_id, AuthorizedSellerRow.id == row_id
    )
    row = session.scalars(query).one_or_none()
    if row is None:
        raise Unknown(
            f"The brand has no authorized seller {row_id[:100]!r}.",
            remedy="The list of authorized sellers names the ids.",
        )
    return row


def list_sellers(
    session: Session,
    *,
    brand_id: str,
    limit: int,
    cursor: str | None = None,
    marketplace: str | None = None,
    standing: Validity | None = None,
    expiring_within_days: int | None = None,
    updated_since: datetime | None = None,
    on: date | None = None,
) -> tuple[list[AuthorizedSellerRow], str | None]:
    """List a page of a brand's authorized sellers.

    Args:
        session: to read with.
        brand_id: whose they are.
        limit: most to return.
        cursor: what came with the page before.
        marketplace: only those on this one, spelled as it was given.
        standing: only those that stand so.
        expiring_within_days: only those in force that end so soon.
        updated_since: only those changed then or later, the oldest change first.
        on: the day; today if None.
    """
    require_brand(session, brand_id)
    on = on or today()
    row = AuthorizedSellerRow
    query = select(row).where(row.brand_id == brand_id)
    if marketplace is not None:
        query = query.where(row.marketplace == marketplace)
    if expiring_within_days is not None:
        last = on + timedelta(days=expiring_within_days)
        query = query.where(row.valid_to <= last, _stands_as(Validity.ACTIVE, on))
    if standing is not None:
        query = query.where(_stands_as(standing, on))
    keys: list[SortKey] = [row.id]
    if updated_since is not None:
        query = query.where(row.updated_at >= updated_since)
        keys = [row.updated_at, row.id]
    return page(session, query, keys=keys, limit=limit, cursor=cursor)


def create_seller(
    session: Session, *, brand_id: str, marketplace: str, seller_id: str, fields: Fields
) -> AuthorizedSellerRow:
    """Authorize a seller.

    Raises:
        UnknownBrand: there is no such brand.
        InvalidInput: the fields do not fit together.
        Conflict: the brand has an entry for that seller.
    """
    lock_brand(session, brand_id)
    row_id = seller_row_id(brand_id, marketplace, seller_id)
    if session.get(AuthorizedSellerRow, row_id) is not None:
        raise Conflict(
            f"The brand has an entry for {seller_id!r} on {marketplace!r} already.",
            remedy=f"Change it: PATCH /v1/brands/{brand_id}/authorized-sellers/"
            f"{row_id}.",
        )
    row = new_row(brand_id, marketplace, seller_id)
    set_seller_fields(row, _checked(fields))
    session.add(row)
    session.flush()
    return row


def change_seller(
    session: Session, *, brand_id: str, row_id: str, fields: Fields
) -> AuthorizedSellerRow:
    """Change the fields of an entry that are given; None takes one away.

    Raises:
        UnknownBrand: there is no such brand.
        Unknown: the brand has no such entry.
        InvalidInput: the fields would not fit together any more.
    """
    lock_brand(session, brand_id)
    row = find_seller(session, brand_id=brand_id, row_id=row_id)
    set_seller_fields(row, _checked(seller_fields(row) | dict(fields)))
    session.flush()
    return row


def delete_seller(session: Session, *, brand_id: str, row_id: str) -> None:
    """Remove an entry.

    Raises:
        UnknownBrand: there is no such brand.
        Unknown: the brand has no such entry.
    """
    lock_brand(session, brand_id)
    session.delete(find_seller(session, brand_id=brand_id, row_id=row_id))
    session.flush()


def new_row(brand_id: str, marketplace: str, seller_id: str) -> AuthorizedSellerRow:
    """Begin an entry; it is active."""
    return AuthorizedSellerRow(
        id=seller_row_id(brand_id, marketplace, seller_id),
        brand_id=brand_id,
        marketplace=marketplace,
        seller_id=seller_id,
        state=ACTIVE,
    )


def seller_fields(row: AuthorizedSellerRow) -> dict[str, object]:
    """Show an entry under the names of `authorised_sellers.csv`, but not whose."""
    return {name: getattr(row, name) for name in FIELDS}


def set_seller_fields(row: AuthorizedSellerRow, fields: Fields) -> None:
    """Write all fields to a row; the state too, if it is given."""
    for name in FIELDS:
        value = fields.get(name)
        setattr(row, name, value or [] if name in LISTS else value)
    row.state = str(fields.get("state") or row.state)


def _checked(fields: Fields) -> Fields:
    """Hold the fields of one entry to what a row of a file has to be."""
    checked = dict(fields)
    start, end = fields.get("valid_from"), fields.get("valid_to")
    if isinstance(start, date) and isinstance(end, date):
        check_period("valid_from", start, "valid_to", end)
    countries, scope = fields.get("countries"), fields.get("product_scope")
    if isinstance(countries, list):
        checked["countries"] = check_countries("countries", countries)
    if isinstance(scope, list):
        checked["product_scope"] = list(dict.fromkeys(scope))
        if len("|".join(scope)) > MAX_CELL_CHARS:
            raise InvalidInput(
                f"product_scope has over {MAX_CELL_CHARS:,} characters in all.",
                remedy="Leave it empty if the seller may offer all products.",
            )
    return checked


def _reason(row: AuthorizedSellerRow) -> str:
    """Say in words what an entry allows."""
    words = RELATION_WORDS.get(row.relation, row.relation)
    scope = f"for {len(row.product_scope)} products" if row.product_scope else ""
    if len(row.product_scope) == 1:
        scope = f"for the product {row.product_scope[0]}"
    where = f"in {', '.join(row.countries)}" if row.countries else "in all countries"
    start = f"from {row.valid_from}" if row.valid_from else ""
    end = f"until {row.valid_to}" if row.valid_to else "without an end"
    parts = [scope or "for all products", where, start, end]
    return (
        f"{row.seller_id} on {row.marketplace} is {words} "
        + ", ".join(part for part in parts if part)
        + "."
    )


def _stands_as(wanted: Validity, on: date) -> ColumnElement[bool]:
    row = AuthorizedSellerRow
    return stands_as(
        wanted,
        is_disabled=row.state == DISABLED,
        is_early=and_(row.valid_from.is_not(None), row.valid_from > on),
        is_over=and_(row.valid_to.is_not(None), row.valid_to < on),
    )
