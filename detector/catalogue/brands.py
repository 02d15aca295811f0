"""Brands: their names, and the ids made from them."""

import unicodedata
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.errors import InvalidInput, UnknownBrand
from detector.store.inserting import insert_new
from detector.store.paging import page
from detector.store.tables import BrandRow

MAX_NAME_LENGTH = 200


def brand_key(name: str) -> str:
    """Reduce a name to what makes it the same brand: no case, no stray spaces.

    Raises:
        InvalidInput: empty, too long, or with control characters.
    """
    key = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    if not key or len(key) > MAX_NAME_LENGTH or not key.isprintable():
        raise InvalidInput(
            f"{name!r} is no brand name.",
            remedy=f"Use 1 to {MAX_NAME_LENGTH} printable characters.",
        )
    return key


def brand_id(name: str) -> str:
    """Make the id of a brand from its name, the same on every machine."""
    return "brand_" + sha256(brand_key(name).encode()).hexdigest()[:24]


def ensure_brand(session: Session, name: str) -> str:
    """Return the brand's id, adding the brand if it is new."""
    new_id = brand_id(name)
    add_brand(session, name)
    return new_id


def add_brand(session: Session, name: str) -> bool:
    """Add a brand, also one that was erased; False if it is there already."""
    id, key, shown = brand_id(name), brand_key(name), " ".join(name.split())
    if insert_new(session, BrandRow, id=id, key=key, name=shown):
        return True
    row = session.get_one(BrandRow, id)
    if row.key == key:
        return False
    row.key, row.name, row.state = key, shown, "active"
    session.flush()
    return True


def find_brand(session: Session, brand_id: str) -> BrandRow:
    """Look a brand up.

    Raises:
        UnknownBrand: there is none of that id.
    """
    row = session.get(BrandRow, brand_id)
    if row is None:
        raise unknown_brand(brand_id)
    return row


def unknown_brand(brand_id: str) -> UnknownBrand:
    """Say that there is no such brand, or none that the caller may know of.

    Everywhere in the same words: a difference would tell the one from the other.
    """
    return UnknownBrand(
        f"No brand has the id {brand_id[:100]!r}.",
        remedy="GET /v1/brands lists the brands that this key sees.",
    )


def list_brands(
    session: Session, *, only: str | None, cursor: str | None, limit: int
) -> tuple[list[BrandRow], str | None]:
    """List brands by name, in pages.

    Args:
        session: to read with.
        only: id of the one brand to list; all of them if None.
        cursor: what came with the page before; None for the first.
        limit: most rows to return.
    """
    query = select(BrandRow)
    if only is not None:
        query = query.where(BrandRow.id == only)
    return page(session, query, keys=[BrandRow.key], cursor=cursor, limit=limit)
