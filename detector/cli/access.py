"""What `detector key` and `detector user` share: roles, brands, the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from detector.access.roles import SHIPPED

if TYPE_CHECKING:
    from detector.store.database import Database

ROLES = "Roles: " + "; ".join(f"`{b.role}` {b.purpose}" for b in SHIPPED.values()) + "."
brand_option = typer.Option(
    metavar="NAME", help="Brand that it is tied to; for brand_agent and brand_admin."
)
marketplace_option = typer.Option(
    metavar="NAME", help="Marketplace that it speaks for; for the role marketplace."
)


@contextmanager
def open_database() -> Iterator["Database"]:
    """Open the database that the settings name."""
    from detector.settings import load_settings
    from detector.store.store import open_store

    settings = load_settings()
    store = open_store(settings.data_dir, **settings.places)
    try:
        yield store.database
    finally:
        store.close()


def known_brand(database: "Database", name: str | None) -> str | None:
    """Find the id of a brand by its name.

    Raises:
        UnknownBrand: there is none.
    """
    from detector.catalogue.brands import brand_id
    from detector.errors import UnknownBrand
    from detector.store.tables import BrandRow

    if name is None:
        return None
    wanted = brand_id(name)
    with database.read() as session:
        if session.get(BrandRow, wanted) is None:
            raise UnknownBrand(
                f"There is no brand {name!r}.",
                remedy="Check the spelling, or add the brand first: `detector "
                f"catalogue import PATH --brand {name!r}` or POST /v1/brands.",
            )
    return wanted


def as_json(values: dict[str, object]) -> dict[str, object]:
    """Make what is printed of times and sets of capabilities."""
    return {
        name: value.isoformat()
        if isinstance(value, datetime)
        else sorted(value)
        if isinstance(value, frozenset)
        else value
        for name, value in values.items()
    }


def minute(time: datetime | None) -> str:
    """Show a time in a table."""
    return "" if time is None else time.strftime("%Y-%m-%d %H:%M UTC")
