"""Checks of records for the EU transparency database: by schema, and beyond it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from jsonschema import Draft202012Validator

from detector.errors import InvalidInput
from detector.review.statements.personal import find_personal_data

SCHEMA_VERSION = "tdb-2025-07"
"""Of the schema that holds: the database changed it on 2025-07-01."""
MAX_RECORDS = 100
"""That the database takes at once."""
EARLIEST = {"content_date": date(2000, 1, 1), "application_date": date(2020, 1, 1)}
ENDS = (
    "end_date_visibility_restriction",
    "end_date_monetary_restriction",
    "end_date_service_restriction",
    "end_date_account_restriction",
)
LATEST_END = date(2038, 1, 1)
NOT_FREE = ("puid", "content_id", "decision_ground_reference_url")
"""Fields in which digits are no phone numbers."""


@dataclass(frozen=True, slots=True)
class RecordFault:
    """What is wrong with a record.

    Attributes:
        index: which one, from 0.
        field: in it; empty if it is about all of it.
        message: what is wrong.
    """

    index: int
    field: str
    message: str


@cache
def _schema() -> Draft202012Validator:
    path = Path(__file__).parent / "schemas" / f"{SCHEMA_VERSION}.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    return Draft202012Validator(
        schema, format_checker=Draft202012Validator.FORMAT_CHECKER
    )


def registered_countries() -> frozenset[str]:
    """List the countries for which restrictions are registered: those of the EEA."""
    scope = _schema().schema["properties"]["territorial_scope"]
    return frozenset(map(str, scope["items"]["enum"]))


def validate_records(records: Sequence[object]) -> list[RecordFault]:
    """List what is wrong with records that are to be sent together."""
    faults = [
        RecordFault(index, field, message)
        for index, record in enumerate(records)
        for field, message in _faults(record)
    ]
    if len(records) > MAX_RECORDS:
        faults.append(
            RecordFault(
                MAX_RECORDS,
                "",
                f"There are {len(records)} records; {MAX_RECORDS} are taken at once.",
            )
        )
    return faults + list(_repeated(records))


def read_records(text: str | bytes) -> list[object]:
    """Read what a file says: `{"statements": [...]}`, a list, or one record.

    Raises:
        InvalidInput: it is none of these.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(
            f"It is no JSON: {error}.", remedy='Send {"statements": [...]}.'
        ) from error
    if isinstance(found, dict) and isinstance(found.get("statements"), list):
        return list(found["statements"])
    return list(found) if isinstance(found, list) else [found]


def _faults(record: object) -> Iterator[tuple[str, str]]:
    for error in sorted(_schema().iter_errors(record), key=lambda e: e.json_path):
        field = str(error.absolute_path[0]) if error.absolute_path else ""
        if error.validator == "anyOf":
            yield "", "None of the four decision_* fields says what was decided."
        else:
            yield field, f"{str(error.message)[:300]}."
    if not isinstance(record, Mapping):
        return
    yield from _date_faults(record)
    for field, value in record.items():
        if field in NOT_FREE or not isinstance(value, str):
            continue
        for found in find_personal_data(value):
            yield str(field), f"{found!r} looks like personal data."


def _date_faults(record: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for field, earliest in EARLIEST.items():
        day = _day(record.get(field))
        if day is not None and day < earliest:
            yield field, f"{day} is before {earliest}."
    applied = _day(record.get("application_date"))
    for field in ENDS:
        day = _day(record.get(field))
        if day is None:
            continue
        if day > LATEST_END:
            yield field, f"{day} is after {LATEST_END}; leave it out if it has no end."
        if applied is not None and day < applied:
            yield field, f"{day} is before the application_date, {applied}."


def _day(value: object) -> date | None:
    """Read a date; None if there is none that the schema lets pass."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _repeated(records: Sequence[object]) -> Iterator[RecordFault]:
    seen: set[str] = set()
    for index, record in enumerate(records):
        name = record.get("puid") if isinstance(record, Mapping) else None
        if not isinstance(name, str):
            continue  # which is told as what it is
        if name in seen:
            yield RecordFault(index, "puid", f"{name[:100]!r} is there already.")
        seen.add(name)
