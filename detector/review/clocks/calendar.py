"""When a period ends: by a country's working days, in a time zone.

The day of the event is not counted, and a period ends with the end of its last day
(Regulation (EEC, Euratom) 1182/71, article 3); hours are counted as they pass.
"""

from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from detector.review.clocks.regimes import Regime, Span

DAY = timedelta(days=1)
SATURDAY = 5


def end_of(span: Span, start: datetime, regime: Regime) -> datetime:
    """Say when a period that begins now is over.

    Args:
        span: how long it is.
        start: of the event that begins it.
        regime: whose holidays and time zone count.

    Returns:
        The first moment that lies after it, in UTC.
    """
    if span.unit == "hours":
        return start + timedelta(hours=span.amount)
    zone = ZoneInfo(regime.time_zone)
    last = _last_day(span, start.astimezone(zone).date(), regime)
    return datetime.combine(last + DAY, time(), tzinfo=zone).astimezone(UTC)


def is_working_day(day: date, country: str) -> bool:
    """Say whether people work on a day; some countries make up for holidays."""
    return _calendar(country)(day)


def _last_day(span: Span, day: date, regime: Regime) -> date:
    if span.unit == "working_days":
        left = span.amount
        while left:
            day += DAY
            left -= is_working_day(day, regime.calendar)
        return day
    day = day + span.amount * DAY if span.unit == "days" else _months(day, span.amount)
    while regime.ends_on_working_day and not is_working_day(day, regime.calendar):
        day += DAY
    return day


def _months(day: date, count: int) -> date:
    """Find the same day so many months later, or the last one of a shorter month."""
    years, month = divmod(day.month - 1 + count, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


@cache
def _calendar(country: str) -> Callable[[date], bool]:
    days = holidays.country_holidays(country)
    return days.is_working_day
