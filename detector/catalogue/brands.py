"""Brands: their names, and the ids made from them."""

import unicodedata
from hashlib import sha256

from sqlalchemy.orm import Session

from detector.errors import InvalidInput
from detector.store.inserting import insert_new
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
    """Add a brand; False if it is there already."""
    shown = " ".join(name.split())
    return insert_new(
        session, BrandRow, id=brand_id(name), key=brand_key(name), name=shown
    )
