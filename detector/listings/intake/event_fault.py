"""What is wrong with a listing event, and what to do about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ValidationError

from detector.listings.intake.batch_json import RepeatedName
from detector.listings.intake.event_fields import (
    ListingEventFields,
    ListingImageFields,
    ListingSellerFields,
)

MAX_FAULTS = 20
MAX_NAME_CHARS = 100
MAX_STEPS = 4
_CODES = {
    "missing": "missing_field",
    "extra_forbidden": "unknown_field",
    "string_too_long": "too_long",
    "too_long": "too_long",
}
_ZONED = "Write it with its zone: 2026-06-01T12:00:00Z."
_WHOLE = ("It is no whole number.", "Send a whole number, without quotes.")
_NO_TIME = ("It is no time.", _ZONED)
_TOLD: Mapping[str, tuple[str, str]] = {
    "missing": ("The field is missing.", "Add it."),
    "model_type": ("It is no object of JSON.", "Send an object, in curly brackets."),
    "string_type": ("It is no text.", "Send a text, in quotes."),
    "string_unicode": ("It holds half of a surrogate pair.", "Write it in UTF-8."),
    "string_too_long": ("It has over {max_length:,} characters.", "Shorten it."),
    "string_too_short": ("It has under {min_length:,} characters.", "Write it out."),
    "string_pattern_mismatch": ("It is not of the form that it has.", "Correct it."),
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "finite_number": _WHOLE,
    "float_type": ("It is no number.", "Send a number, without quotes."),
    "bool_type": ("It is neither true nor false.", "Send one of them, without quotes."),
    "list_type": ("It is no list.", "Send a list, in square brackets."),
    "too_long": ("It has over {max_length:,} entries.", "Send fewer of them."),
    "literal_error": ("It is no value that there is.", "Send one of {expected}."),
    "greater_than_equal": ("It is below {ge:,}.", "Send {ge:,} or more."),
    "less_than_equal": ("It is above {le:,}.", "Send {le:,} or less."),
    "timezone_aware": ("The time has no zone.", _ZONED),
    "datetime_parsing": _NO_TIME,
    "datetime_from_date_parsing": _NO_TIME,
    "datetime_object_invalid": _NO_TIME,
}
"""What is wrong, in our words, and what to do, by the kinds of pydantic."""
_UNTOLD = ("It cannot be used.", "Send another value.")
_MODELS: Mapping[str, type[BaseModel]] = {
    "images": ListingImageFields,
    "seller": ListingSellerFields,
}


@dataclass(frozen=True, slots=True)
class EventFault:
    """What is wrong with one field of an event.

    Attributes:
        pointer: JSON pointer into the event; empty where it is the event as such.
        code: stable, for programs.
        message: what is wrong.
        remedy: what to do about it.
    """

    pointer: str
    code: str
    message: str
    remedy: str


def repeated_name(pointer: str, raw: RepeatedName) -> EventFault:
    """Say that an object has a name twice."""
    return EventFault(
        pointer,
        "repeated_name",
        f"The object has the name {_shown(raw.name)!r} twice.",
        "Let a JSON library write it.",
    )


def schema_faults(error: ValidationError) -> tuple[EventFault, ...]:
    """Say in our words what does not fit the schema; the first few of it."""
    return tuple(
        _fault(each["type"], each["loc"], each["msg"], each["input"], each.get("ctx"))
        for each in error.errors(include_url=False)[:MAX_FAULTS]
    )


def _fault(
    kind: str,
    place: Sequence[int | str],
    message: str,
    given: object,
    context: Mapping[str, object] | None,
) -> EventFault:
    pointer = "".join(f"/{_step(part)}" for part in place[:MAX_STEPS])
    if isinstance(given, RepeatedName) and kind not in ("missing", "extra_forbidden"):
        return repeated_name(pointer, given)
    if context and "ask" in context:
        return EventFault(pointer, kind, message, str(context["ask"]))
    if kind == "extra_forbidden":
        name = _shown(str(place[-1]))
        return EventFault(
            pointer,
            _CODES[kind],
            f"There is no field {name!r}.",
            "Leave it out, or correct its name; /openapi.json lists the fields.",
        )
    told, remedy = (text.format(**context or {}) for text in _TOLD.get(kind, _UNTOLD))
    return EventFault(
        pointer,
        _CODES.get(kind, "bad_value"),
        told,
        f"{remedy} {_description_at(place)}",
    )


def _step(part: int | str) -> str:
    return _shown(str(part)).replace("~", "~0").replace("/", "~1")


def _shown(name: str) -> str:
    """Cut a name short that somebody else has chosen, and make it fit to be sent."""
    cut = name[:MAX_NAME_CHARS].replace("\0", "\ufffd")
    return cut.encode("utf-8", "replace").decode("utf-8")


def _description_at(place: Sequence[int | str]) -> str:
    """Find what the schema says of a field."""
    model: type[BaseModel] = ListingEventFields
    text = "/openapi.json describes the event."
    for part in place:
        if isinstance(part, str) and part in model.model_fields:
            text = model.model_fields[part].description or text
            model = _MODELS.get(part, model)
    return text
