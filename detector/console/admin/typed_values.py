"""Numbers and times that people type into forms, as the API takes them."""

import re

MAX_DIGITS = 9
_WITHOUT_ZONE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?")


def whole(number: str | None) -> int | str | None:
    """Read a number; what is none is left for the API to refuse."""
    if number is None or not re.fullmatch(rf"[0-9]{{1,{MAX_DIGITS}}}", number):
        return number
    return int(number)


def moment(typed: str | None) -> str | None:
    """Read a time of a date and time field: of UTC where no script has added a zone."""
    if typed is None or not _WITHOUT_ZONE.fullmatch(typed):
        return typed or None
    return f"{typed}Z"
