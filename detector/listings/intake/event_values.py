"""Kinds of values in listing events, each refused with a reason and a remedy."""

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from detector.catalogue.formats.addresses import as_web_url
from detector.catalogue.formats.amounts import parse_amount
from detector.catalogue.formats.countries import COUNTRIES

MAX_INTEGER = 4 * 10**18
"""Room for nanoseconds since 1970; a version of 2**63 - 1 no other could follow."""
MAX_AHEAD = timedelta(days=1)
"""A sender's clock may be so far ahead of ours."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def refuse(code: str, message: str, remedy: str) -> PydanticCustomError:
    """Make the error of a value that does not fit."""
    return PydanticCustomError(code, "{message}", {"message": message, "ask": remedy})


def _storable(text: str) -> str:
    if "\0" in text:
        raise refuse(
            "bad_text", "It holds the character NUL.", "Leave NUL out of texts."
        )
    return text


def _printable(text: str) -> str:
    if not text.isprintable() or not text.strip():
        raise refuse(
            "bad_text",
            "It is blank, or holds characters that cannot be shown.",
            "Use printable characters.",
        )
    return text


def _as_time(given: object) -> object:
    """Refuse numbers, which would be taken for seconds since 1970."""
    if isinstance(given, str) and len(given) >= 16 and given[10] in "Tt ":
        return given
    raise refuse(
        "bad_time", "It is no time.", "Write it with its zone: 2026-06-01T12:00:00Z."
    )


def _in_utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError as error:
        raise refuse(
            "bad_time",
            "The time lies outside the calendar.",
            "Write it like 2026-06-01T12:00:00Z.",
        ) from error


def happened(time: datetime) -> datetime:
    """Refuse what no version can be made of, or one that no event could follow."""
    if time > datetime.now(UTC) + MAX_AHEAD:
        raise refuse(
            "bad_time", "The time lies in the future.", "Say when the event happened."
        )
    if time < EPOCH:
        raise refuse(
            "bad_time", "The time lies before 1970.", "Say when the event happened."
        )
    return time


def _whole(given: object) -> object:
    """Take 24.0 for 24: JSON has one kind of number."""
    if isinstance(given, float) and given.is_integer():
        return int(given)
    return given


def _amount(given: object) -> object:
    amount = None
    if isinstance(given, str):
        amount = parse_amount(given)
    elif isinstance(given, int | float) and not isinstance(given, bool):
        is_small = math.isfinite(given) and abs(given) < 10**12
        text = f"{Decimal(repr(given)):f}" if is_small else ""
        amount = parse_amount(text.removesuffix(".0"))
    if amount is None:
        raise refuse(
            "bad_price",
            "It is no amount of money, or could be read as two.",
            "Write it as 1234.50, with no currency sign and at most 4 decimals.",
        )
    return amount


def _upper(given: object) -> object:
    return given.upper() if isinstance(given, str) and len(given) < 10 else given


def _lower(given: object) -> object:
    return given.lower() if isinstance(given, str) and len(given) < 100 else given


def _country(code: str) -> str:
    if code not in COUNTRIES:
        raise refuse(
            "bad_country",
            "It is no country code.",
            "Use the two letters of ISO 3166-1, such as DE (the United Kingdom is GB).",
        )
    return code


def _web_url(given: str) -> str:
    url = as_web_url(given)
    if url is None:
        raise refuse(
            "bad_url",
            "It is no web address.",
            "Give a whole one, https://… or http://…, of at most 2,000 characters.",
        )
    return url


def _text(max_length: int) -> StringConstraints:
    return StringConstraints(max_length=max_length)


Name = Annotated[str, _text(200), AfterValidator(_printable)]
Word = Annotated[str, _text(100), AfterValidator(_storable)]
Text = Annotated[str, _text(1_000), AfterValidator(_storable)]
LongText = Annotated[str, _text(50_000), AfterValidator(_storable)]
WebUrl = Annotated[str, _text(2_000), AfterValidator(_web_url)]
Country = Annotated[
    str,
    StringConstraints(min_length=2, max_length=2),
    BeforeValidator(_upper),
    AfterValidator(_country),
]
Time = Annotated[
    AwareDatetime,
    Field(strict=False),
    BeforeValidator(_as_time),
    AfterValidator(_in_utc),
]
Price = Annotated[
    str,
    BeforeValidator(_amount),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "maxLength": 30},
                {"type": "number", "minimum": 0, "exclusiveMaximum": 10**12},
            ]
        }
    ),
]
Sha256 = Annotated[
    str, StringConstraints(pattern="^[0-9a-f]{64}$"), BeforeValidator(_lower)
]
Currency = Annotated[
    str, StringConstraints(pattern="^[A-Z]{3}$"), BeforeValidator(_upper)
]
Integer = Annotated[int, BeforeValidator(_whole), Field(ge=0, le=MAX_INTEGER)]
