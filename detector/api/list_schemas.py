"""What lists that a brand keeps have in common on the wire."""

import re
from datetime import date
from typing import Annotated, Literal

from fastapi import Path
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from detector.api.pagination import ChangesOptions
from detector.api.schemas import Wire
from detector.catalogue.formats.rows import MAX_LINK_CHARS
from detector.catalogue.validity import Validity

MAX_FILE_BYTES = 10_000_000
MAX_COUNTRIES = 250
MAX_DAYS = 3_650

UNSEEN = (
    r"\x00-\x20\x7f-\xa0\xad\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
    r"\ufff9-\uffff"
)
CONTROLS = r"\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff"
LINE = rf"^[^{UNSEEN}]([^{CONTROLS}]*[^{UNSEEN}])?$"
"""One line of text, neither blank nor with anything unseen at its ends."""
WORD = rf"^[^|{UNSEEN}]([^|{CONTROLS}]*[^|{UNSEEN}])?$"
"""The same without `|`, which parts the words of a cell."""
PLAIN_ID = "^[A-Za-z0-9_-]{1,64}$"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def read_day(value: object) -> object:
    """Take a day as ISO 8601 writes it, and no number or time of day for one."""
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise ValueError("not a day such as 2026-03-31")


def as_printable(value: str) -> str:
    """Refuse a name with signs in it that cannot be seen."""
    if not value.isprintable():
        raise ValueError("has characters that cannot be seen")
    return value


BrandId = Annotated[str, Path(pattern=PLAIN_ID, description="Id of the brand.")]
EntryId = Annotated[str, Path(pattern=PLAIN_ID, description="Our id of the entry.")]
Day = Annotated[date, BeforeValidator(read_day)]
Text = Annotated[str, StringConstraints(max_length=2_000, pattern=LINE)]
Name = Annotated[str, StringConstraints(max_length=200, pattern=LINE)]
EntryName = Annotated[
    str, StringConstraints(max_length=50, pattern=LINE), AfterValidator(as_printable)
]
ProductId = Annotated[str, StringConstraints(max_length=50, pattern=WORD)]
Link = Annotated[str, StringConstraints(max_length=MAX_LINK_CHARS, pattern=LINE)]
TwoLetters = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]
Countries = Annotated[list[TwoLetters], Field(max_length=MAX_COUNTRIES)]

State = Literal["active", "disabled"]

AT = "2026-06-01T12:00:00Z"
STATE = "`disabled` sets it aside without losing it. Null changes nothing."
STANDING = "How it stands today (UTC), by `state` and its first and last day."
DAYS_LEFT = "Days until the last one; below zero once it has passed, null without one."


class StandingOptions(ChangesOptions):
    """The query parameters of lists of what ends one day."""

    effective_state: Validity | None = Field(
        None, description="Only those that stand so today (UTC)."
    )
    expiring_within_days: int | None = Field(
        None, ge=0, le=MAX_DAYS, description="Only active ones that end so soon."
    )


class FileOptions(BaseModel):
    """The query parameters of an upload."""

    model_config = ConfigDict(extra="forbid")

    dry_run: bool = Field(False, description="Only say what would change.")


class RowProblemAnswer(Wire):
    """What is wrong with a row of a file, or with one of its cells."""

    row: int = Field(ge=1, description="As a spreadsheet counts: the header is row 1.")
    column: str | None = Field(description="Its heading; null where it is all the row.")
    severity: Literal["error", "warning"] = Field(
        description="An error lost something of the row, a warning nothing."
    )
    code: str = Field(description="Stable, for programs.")
    message: str
    remedy: str


class FileAnswer(Wire):
    """What a file has changed, or would."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "added": 12,
                    "changed": 1,
                    "unchanged": 40,
                    "num_problems": 1,
                    "problems": [
                        {
                            "row": 9,
                            "column": "countries",
                            "severity": "error",
                            "code": "bad_country",
                            "message": "countries holds 'UK', no country code. The "
                            "row is left out.",
                            "remedy": "Use the two letters of ISO 3166-1, such as "
                            "DE|FR (the United Kingdom is GB).",
                        }
                    ],
                }
            ]
        }
    )

    added: int = Field(ge=0)
    changed: int = Field(ge=0)
    unchanged: int = Field(ge=0)
    num_problems: int = Field(ge=0, description="Also of those not listed.")
    problems: list[RowProblemAnswer] = Field(description="The first 1,000 of them.")
