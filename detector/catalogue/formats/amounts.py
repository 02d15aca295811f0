"""Amounts of money, as people write them."""

import re
from decimal import Decimal

_NUMBER = re.compile(
    r"(?P<plain>\d{1,12}(?:\.\d{1,4})?)"
    r"|(?P<comma>\d{1,12},\d{1,2})"
    r"|(?P<us>\d{1,3}(?:,\d{3}){1,3}\.\d{1,4})"
    r"|(?P<eu>\d{1,3}(?:\.\d{3}){1,3},\d{1,4})",
    re.ASCII,
)


def parse_amount(text: str) -> str | None:
    """Turn an amount into a decimal string; None where it is none, or could be two.

    `1,234` is refused: it is a thousand to some and little more than one to others.
    """
    number = re.sub(r"[\s'\u2019]", "", text)
    if (found := _NUMBER.fullmatch(number)) is None:
        return None
    if found["us"]:
        number = number.replace(",", "")
    elif not found["plain"]:
        number = number.replace(".", "").replace(",", ".")
    return f"{Decimal(number):f}"
