"""What holds from one day to another, unless somebody has switched it off."""

from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, not_

from detector.store.table import utc_now

ACTIVE = "active"
DISABLED = "disabled"


class Validity(StrEnum):
    """How something stands on a day; both days of its period count as within."""

    ACTIVE = "active"
    DISABLED = "disabled"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"


def today() -> date:
    """Say which day it is in UTC, whatever the machine's time zone."""
    return utc_now().date()


def validity(state: str, start: date | None, end: date | None, on: date) -> Validity:
    """Tell how something stands on a day.

    Args:
        state: `active` or `disabled`, as people have set it.
        start: its first day; None if it began long ago.
        end: its last day; None if it has no end.
        on: the day.
    """
    if state == DISABLED:
        return Validity.DISABLED
    if start is not None and on < start:
        return Validity.NOT_YET_VALID
    if end is not None and end < on:
        return Validity.EXPIRED
    return Validity.ACTIVE


def stands_as(
    wanted: Validity,
    *,
    is_disabled: ColumnElement[bool],
    is_early: ColumnElement[bool],
    is_over: ColumnElement[bool],
) -> ColumnElement[bool]:
    """Say `validity` in SQL.

    Args:
        wanted: what it should come to.
        is_disabled: the state is `disabled`.
        is_early: there is a first day, and it is still to come.
        is_over: there is a last day, and it has passed.
    """
    match wanted:
        case Validity.DISABLED:
            return is_disabled
        case Validity.NOT_YET_VALID:
            return and_(not_(is_disabled), is_early)
        case Validity.EXPIRED:
            return and_(not_(is_disabled), not_(is_early), is_over)
        case Validity.ACTIVE:
            return and_(not_(is_disabled), not_(is_early), not_(is_over))


def days_left(end: date | None, on: date) -> int | None:
    """Count the days until the last one; below zero once it has passed."""
    return None if end is None else (end - on).days
