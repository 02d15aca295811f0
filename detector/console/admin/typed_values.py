"""Numbers and times that people type into forms, as the API takes them."""

import re

MAX_DIGITS = 9
HOUR_S = 3600
DEFAULT_OVERLAP_H, MAX_OVERLAP_H = 24, 720
"""For how many hours what is replaced goes on."""
_WITHOUT_ZONE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?")


def whole(number: str | None) -> int | str | None:
    """Read a number; what is none is left for the API to refuse."""
    if number is None or not re.fullmatch(rf"[0-9]{{1,{MAX_DIGITS}}}", number):
        return number
    return int(number)


def seconds(hours: str | None) -> int | str | None:
    """Read a number of hours, as seconds; what is none is left for the API."""
    number = whole(hours)
    return number * HOUR_S if isinstance(number, int) else number


def moment(typed: str | None) -> str | None:
    """Read a time of a date and time field: of UTC where no script has added a zone."""
    if typed is None or not _WITHOUT_ZONE.fullmatch(typed):
        return typed or None
    return f"{typed}Z"
