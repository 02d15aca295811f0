"""GTINs: the numbers under bar codes, as brands write them and as we keep them."""

import re
from dataclasses import dataclass

from stdnum import ean
from stdnum.exceptions import InvalidChecksum, InvalidLength, ValidationError

_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?[eE][+]?\d+")
_FLOAT_TAIL = re.compile(r"\.0+\Z")
_RESTRICTED = ("02", "04", "2")
_COUPONS = ("05", "98", "99")


@dataclass(frozen=True, slots=True)
class GtinProblem:
    """Why a GTIN is refused, or what to know about it."""

    code: str
    message: str
    remedy: str


def parse_gtin(text: str) -> str | GtinProblem:
    """Turn 8, 12, 13 or 14 digits into 14, padded with zeros on the left.

    Spaces and hyphens are dropped, and so is what spreadsheets and data frames put
    around a number kept as text: an apostrophe before it, `.0` behind it.
    """
    text = _FLOAT_TAIL.sub("", text.removeprefix("'").strip())
    if _SCIENTIFIC.fullmatch(text):
        return GtinProblem(
            "gtin_scientific",
            "a spreadsheet has rounded the number, its last digits are lost",
            "Format the column as text in the spreadsheet, then enter the numbers "
            "again from their source.",
        )
    try:
        digits = ean.validate(text)
    except InvalidChecksum:
        return GtinProblem(
            "gtin_check_digit",
            "its last digit does not fit the others",
            "Correct the typing error; the number is under the bar code.",
        )
    except InvalidLength:
        return GtinProblem(
            "gtin_length",
            "a GTIN has 8, 12, 13 or 14 digits",
            "Give all digits; where leading zeros were lost, format the column as "
            "text.",
        )
    except ValidationError:
        return GtinProblem(
            "gtin_format", "a GTIN consists of digits", "Give digits and nothing else."
        )
    if not digits.strip("0"):
        return GtinProblem("gtin_format", "it is all zeros", "Leave the cell blank.")
    return digits.rjust(14, "0")


def gtin_warning(gtin: str) -> GtinProblem | None:
    """Say why a valid GTIN identifies no product worldwide; None where it does.

    Args:
        gtin: 14 digits, from `parse_gtin`.
    """
    # GS1's prefixes are those of the 13-digit form, with no packaging indicator.
    ean13 = gtin[1:]
    if ean13.startswith(_RESTRICTED):
        return GtinProblem(
            "gtin_restricted",
            "numbers that begin so are for use within one shop or region",
            "Give the number that is registered with GS1, if there is one.",
        )
    if ean13.startswith(_COUPONS):
        return GtinProblem(
            "gtin_coupon",
            "numbers that begin so are coupons, no products",
            "Give the number of the product itself.",
        )
    return None


def is_global_gtin(gtin: str) -> bool:
    """Tell whether a GTIN of 14 digits identifies one product worldwide."""
    return gtin_warning(gtin) is None
