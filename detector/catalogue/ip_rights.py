"""Rights of a brand: trademarks, copyrights, designs, patents, geographic names."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import BinaryIO

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from detector.catalogue.brand_list import (
    Fields,
    Key,
    ListChange,
    check_countries,
    check_period,
    compare_list,
    lock_brand,
    require_brand,
    write_list,
)
from detector.catalogue.formats.addresses import as_link
from detector.catalogue.formats.countries import UNIONS
from detector.catalogue.formats.rights import COLUMNS, read_rights
from detector.catalogue.formats.rights import RightRow as ListedRight
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
from detector.store.tables import RightRow

LISTS = ("nice_classes", "territories")
OWN_COLUMNS = ("type", "state", "expires_on")
DETAILS = tuple(c for c in COLUMNS if c not in {"right_id", "type", "expires_on"})


def right_row_id(brand_id: str, right_id: str) -> str:
    """Make a right's id from the brand's own, so that it is found again."""
    digest = sha256(f"{brand_id}\0{right_id}".encode()).hexdigest()
    return "right_" + digest[:24]


def right_fields(row: RightRow) -> dict[str, object]:
    """Show a right under the names of `rights.csv`, `right_id` and state apart."""
    fields: dict[str, object] = {"type": row.type, "expires_on": row.expires_on}
    for name in DETAILS:
        fields[name] = row.details.get(name, [] if name in LISTS else None)
    fields["registered_on"] = first_day(row)
    return fields


def first_day(row: RightRow) -> date | None:
    """Read the day from which a right holds."""
    text = row.details.get("registered_on")
    return None if text is None else date.fromisoformat(str(text))


def right_validity(row: RightRow, on: date) -> Validity:
    """Tell how a right stands on a day, by its state and its two dates."""
    return validity(row.state, first_day(row), row.expires_on, on)


def find_right(session: Session, *, brand_id: str, row_id: str) -> RightRow:
    """Find a right of a brand.

    Raises:
        UnknownBrand: there is no such brand.
        Unknown: the brand has no such right.
    """
    require_brand(session, brand_id)
    query = select(RightRow).where(RightRow.brand_id == brand_id, RightRow.id == row_id)
    row = session.scalars(query).one_or_none()
    if row is None:
        raise Unknown(
            f"The brand has no right {row_id[:100]!r}.",
            remedy="The list of rights names the ids.",
        )
    return row


def list_rights(
    session: Session,
    *,
    brand_id: str,
    limit: int,
    cursor: str | None = None,
    type: str | None = None,
    standing: Validity | None = None,
    expiring_within_days: int | None = None,
    updated_since: datetime | None = None,
    on: date | None = None,
) -> tuple[list[RightRow], str | None]:
    """List a page of a brand's rights.

    Args:
        session: to read with.
        brand_id: whose they are.
        limit: most to return.
        cursor: what came with the page before.
        type: only those of this type.
        standing: only those that stand so.
        expiring_within_days: only those in force that end so soon.
        updated_since: only those changed then or later, the oldest change first.
        on: the day; today if None.
    """
    require_brand(session, brand_id)
    on = on or today()
    query = select(RightRow).where(RightRow.brand_id == brand_id)
    if type is not None:
        query = query.where(RightRow.type == type)
    if expiring_within_days is not None:
        last = on + timedelta(days=expiring_within_days)
        query = query.where(
            RightRow.expires_on <= last, _stands_as(Validity.ACTIVE, on)
        )
    if standing is not None:
        query = query.where(_stands_as(standing, on))
    keys: list[SortKey] = [RightRow.id]
    if updated_since is not None:
        query = query.where(RightRow.updated_at >= updated_since)
        keys = [RightRow.updated_at, RightRow.id]
    return page(session, query, keys=keys, limit=limit, cursor=cursor)


def create_right(
    session: Session, *, brand_id: str, right_id: str, fields: Fields
) -> RightRow:
    """Add a right.

    Args:
        session: to write with.
        brand_id: whose it is.
        right_id: the brand's own name of it.
        fields: `type`, `state` and the columns of `rights.csv`.

    Raises:
        UnknownBrand: there is no such brand.
        InvalidInput: the fields do not fit together.
        Conflict: the brand has a right of that name.
    """
    lock_brand(session, brand_id)
    row_id = right_row_id(brand_id, right_id)
    if session.get(RightRow, row_id) is not None:
        raise Conflict(
            f"The brand has a right {right_id!r} already.",
            remedy=f"Change it: PATCH /v1/brands/{brand_id}/rights/{row_id}.",
        )
    row = RightRow(id=row_id, brand_id=brand_id, external_id=right_id, state=ACTIVE)
    row.details = {}
    _set(row, _checked(fields))
    session.add(row)
    session.flush()
    return row


def change_right(
    session: Session, *, brand_id: str, row_id: str, fields: Fields
) -> RightRow:
    """Change the fields of a right that are given; None takes one away.

    Raises:
        UnknownBrand: there is no such brand.
        Unknown: the brand has no such right.
        InvalidInput: the fields would not fit together any more.
    """
    lock_brand(session, brand_id)
    row = find_right(session, brand_id=brand_id, row_id=row_id)
    now = right_fields(row) | {"state": row.state}
    _set(row, _checked(now | dict(fields)))
    session.flush()
    return row


def delete_right(session: Session, *, brand_id: str, row_id: str) -> None:
    """Remove a right.

    Raises:
        UnknownBrand: there is no such brand.
        Unknown: the brand has no such right.
    """
    lock_brand(session, brand_id)
    session.delete(find_right(session, brand_id=brand_id, row_id=row_id))
    session.flush()


def upload_rights(
    session: Session, *, brand_id: str, file: BinaryIO, dry_run: bool = False
) -> ListChange:
    """Add and change rights as `rights.csv` says; those it does not list stay.

    A row says everything of its right, but for whether it is disabled: a blank cell
    takes away what was there. The same file again changes nothing.

    Args:
        session: to write with, unless it is a dry run.
        brand_id: whose they are.
        file: seekable.
        dry_run: only say what would change.

    Raises:
        UnknownBrand: there is no such brand.
        InvalidInput: the file as a whole cannot be read.
    """
    require_brand(session, brand_id) if dry_run else lock_brand(session, brand_id)
    query = select(RightRow).where(RightRow.brand_id == brand_id)
    rows = {row.external_id: row for row in session.scalars(query)}
    change = compare_list(
        read_rights(file),
        stored={(name,): right_fields(row) for name, row in rows.items()},
        entry_of=_entry,
    )
    if dry_run:
        return change
    for (right_id,), fields in change.changed.items():
        _set(rows[right_id], fields)
    for (right_id,), fields in change.new.items():
        row = RightRow(id=right_row_id(brand_id, right_id), state=ACTIVE)
        row.brand_id, row.external_id, row.details = brand_id, right_id, {}
        _set(row, fields)
        session.add(row)
    session.flush()
    return change


def export_rights(session: Session, *, brand_id: str) -> Iterator[str]:
    """Write a brand's rights as `rights.csv`, which can be uploaded again.

    Raises:
        UnknownBrand: there is no such brand.
    """
    require_brand(session, brand_id)
    query = select(RightRow).where(RightRow.brand_id == brand_id)
    rows = session.scalars(query.order_by(RightRow.external_id))
    return write_list(
        COLUMNS, ({"right_id": row.external_id, **right_fields(row)} for row in rows)
    )


def _entry(listed: ListedRight) -> tuple[int, Key, Fields]:
    fields = {name: getattr(listed, name) for name in DETAILS}
    for name in LISTS:
        fields[name] = list(fields[name])
    for name in ("registered_on", "expires_on"):
        day = getattr(listed, name)
        fields[name] = None if day is None else date.fromisoformat(day)
    return listed.row, (listed.right_id,), {**fields, "type": listed.type}


def _set(row: RightRow, fields: Fields) -> None:
    """Write all fields to a row."""
    row.type = str(fields["type"])
    row.state = str(fields.get("state") or row.state)
    expires_on = fields.get("expires_on")
    row.expires_on = expires_on if isinstance(expires_on, date) else None
    given = {name: fields.get(name) for name in DETAILS}
    row.details = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in given.items()
        if value not in (None, "", [])
    }


def _checked(fields: Fields) -> Fields:
    """Hold the fields of one right to what a row of `rights.csv` has to be."""
    checked = dict(fields)
    start, end = fields.get("registered_on"), fields.get("expires_on")
    if isinstance(start, date) and isinstance(end, date):
        check_period("registered_on", start, "expires_on", end)
    if fields["type"] != "copyright" and not fields.get("office"):
        raise InvalidInput(
            f"A {fields['type']} needs an office.",
            remedy="Give the two letters of WIPO ST.3, such as EM, WO, US or CN.",
        )
    territories = fields.get("territories")
    if isinstance(territories, list):
        checked["territories"] = check_countries(
            "territories", territories, also=UNIONS
        )
    classes = fields.get("nice_classes")
    if isinstance(classes, list):
        checked["nice_classes"] = sorted(set(classes))
    if (image := fields.get("image")) is not None:
        checked["image"] = as_link(str(image))
        if checked["image"] is None:
            raise InvalidInput(
                "image is neither a web address nor a path within a ZIP.",
                remedy="Give an https:// address, or a path such as marks/acme.png.",
            )
    return checked


def _stands_as(wanted: Validity, on: date) -> ColumnElement[bool]:
    start = RightRow.details["registered_on"].as_string()
    return stands_as(
        wanted,
        is_disabled=RightRow.state == DISABLED,
        is_early=and_(start.is_not(None), start > on.isoformat()),
        is_over=and_(RightRow.expires_on.is_not(None), RightRow.expires_on < on),
    )
