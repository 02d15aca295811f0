"""The cells of one row, each read as what it should be, faults collected."""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date

from detector.catalogue.formats.addresses import as_link, as_web_url
from detector.catalogue.formats.amounts import parse_amount
from detector.catalogue.formats.countries import COUNTRIES
from detector.catalogue.formats.gtin import GtinProblem, gtin_warning, parse_gtin
from detector.catalogue.formats.rows import (
    MAX_CELL_CHARS,
    MAX_ID_CHARS,
    MAX_LINK_CHARS,
    RowProblem,
    Severity,
)

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\ufffe\uffff]")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}")


def shown(value: str) -> str:
    """Quote a value for a message, its middle left out where it is long."""
    return repr(value if len(value) <= 60 else f"{value[:40]}…{value[-15:]}")


class Cells:
    """One row, by our names of its columns.

    Reading a cell returns None where it is blank or wrong. What is wrong goes into
    `problems`; a wrong cell that the row cannot do without sets `has_failed`.
    """

    def __init__(
        self, row: int, values: Mapping[str, str], headings: Mapping[str, str]
    ) -> None:
        """Start on a row.

        Args:
            row: as a spreadsheet counts.
            values: our name of a column → the stripped cell.
            headings: our name → the file's, for messages.
        """
        self.row = row
        self.values = values
        self.problems: list[RowProblem] = []
        self.has_failed = False
        self._headings = headings

    def heading(self, column: str) -> str:
        """Spell a column as the file does."""
        return self._headings.get(column, column)

    def note(
        self,
        column: str | None,
        code: str,
        message: str,
        *,
        remedy: str,
        severity: Severity = "error",
    ) -> None:
        """Report a problem; the row goes on."""
        heading = None if column is None else self.heading(column)
        problem = RowProblem(self.row, heading, code, message, remedy, severity)
        self.problems.append(problem)

    def fail(self, column: str | None, code: str, message: str, *, remedy: str) -> None:
        """Report a problem that the row cannot be taken with."""
        self.note(column, code, f"{message} The row is left out.", remedy=remedy)
        self.has_failed = True

    def refuse(
        self, column: str, code: str, message: str, *, remedy: str, is_vital: bool
    ) -> None:
        """Report a cell that cannot be used; the row fails only if it is vital."""
        if is_vital:
            self.fail(column, code, message, remedy=remedy)
        else:
            message = f"{message} The cell is left out, the rest of the row kept."
            self.note(column, code, message, remedy=remedy)

    def text(
        self,
        column: str,
        *,
        value: str | None = None,
        is_required: bool = False,
        is_vital: bool = False,
        limit: int = MAX_CELL_CHARS,
    ) -> str | None:
        """Read text; formulas are text like any other.

        Args:
            column: our name of it.
            value: what to read in place of the cell, where it was made from it.
            is_required: whether the row fails where it is blank, too.
            is_vital: whether the row fails where it is wrong.
            limit: in characters.
        """
        if value is None:
            value = self.values.get(column, "")
        if not value and not is_required:
            return None
        heading = self.heading(column)
        if not value:
            message, remedy = f"{heading} is blank.", f"Fill in {heading}."
            self.fail(column, "required", message, remedy=remedy)
            return None
        if len(value) > limit:
            self.refuse(
                column,
                "too_long",
                f"{heading} has {len(value):,} characters.",
                remedy=f"Shorten it to {limit:,} characters.",
                is_vital=is_vital or is_required,
            )
            return None
        if _CONTROL.search(value):
            self.refuse(
                column,
                "control_character",
                f"{heading} {shown(value)} holds control characters.",
                remedy="Remove the characters that cannot be seen.",
                is_vital=is_vital or is_required,
            )
            return None
        return value

    def identifier(self, column: str) -> str | None:
        """Read an id that the row cannot do without."""
        value = self.text(column, is_required=True, limit=MAX_ID_CHARS)
        if value is not None and not value.isprintable():
            self.fail(
                column,
                "control_character",
                f"{self.heading(column)} {shown(value)} holds line breaks or tabs.",
                remedy="Use printable characters on one line.",
            )
            return None
        return value

    def choice(
        self,
        column: str,
        choices: Collection[str],
        *,
        is_required: bool = False,
        is_vital: bool = False,
    ) -> str | None:
        """Read one of a few words, in any case; `-` and spaces count as `_`."""
        value = self.text(column, is_required=is_required, is_vital=is_vital)
        if value is None:
            return None
        word = re.sub(r"[\s-]+", "_", value.casefold())
        if word in choices:
            return word
        self.refuse(
            column,
            "bad_value",
            f"{self.heading(column)} is {shown(value)}.",
            remedy=f"Use one of: {', '.join(choices)}.",
            is_vital=is_vital or is_required,
        )
        return None

    def date(self, column: str, *, is_vital: bool = False) -> str | None:
        """Read a date, YYYY-MM-DD; a time of day behind it is dropped."""
        value = self.text(column, is_vital=is_vital)
        if value is None:
            return None
        day = re.split(r"[T ]", value, maxsplit=1)[0]
        try:
            if _ISO_DATE.fullmatch(day):
                return date.fromisoformat(day).isoformat()
        except ValueError:
            pass
        self.refuse(
            column,
            "bad_date",
            f"{self.heading(column)} {shown(value)} is no date.",
            remedy="Write dates as YYYY-MM-DD, such as 2026-03-31.",
            is_vital=is_vital,
        )
        return None

    def period(
        self, first: str, last: str, *, is_vital: bool = False
    ) -> tuple[str | None, str | None]:
        """Read two dates of which the second is not before the first."""
        start, end = (
            self.date(first, is_vital=is_vital),
            self.date(last, is_vital=is_vital),
        )
        if start and end and end < start:
            self.refuse(
                last,
                "date_order",
                f"{self.heading(last)} {end} is before {self.heading(first)} {start}.",
                remedy="Correct one of the two dates.",
                is_vital=is_vital,
            )
            return start, None
        return start, end

    def amount(self, column: str, value: str | None = None) -> str | None:
        """Read an amount of money as a decimal string."""
        value = self.text(column) if value is None else value
        if value is None:
            return None
        amount = parse_amount(value)
        if amount is None:
            self.refuse(
                column,
                "bad_number",
                f"{self.heading(column)} {shown(value)} is no amount.",
                remedy="Write it as 1234.50, with no currency sign.",
                is_vital=False,
            )
        return amount

    def currency(self, column: str, value: str | None = None) -> str | None:
        """Read a currency code."""
        value = self.text(column) if value is None else value
        if value is None or _CURRENCY.fullmatch(value.upper()):
            return value and value.upper()
        self.refuse(
            column,
            "bad_currency",
            f"{self.heading(column)} {shown(value)} is no currency code.",
            remedy="Use the three letters of ISO 4217, such as EUR.",
            is_vital=False,
        )
        return None

    def words(self, column: str, *, is_vital: bool = False) -> list[str]:
        """Read a list parted by `|`, comma or semicolon; repeats are dropped."""
        if (value := self.text(column, is_vital=is_vital)) is None:
            return []
        parts = re.split(r"[|,;]", value)
        return list(dict.fromkeys(p for part in parts if (p := part.strip())))

    def countries(
        self, column: str, *, also: Iterable[str] = (), is_vital: bool = False
    ) -> list[str]:
        """Read a list of country codes; a wrong one leaves the whole list out."""
        codes = [
            c
            for word in self.words(column, is_vital=is_vital)
            for c in word.upper().split()
        ]
        wrong = [c for c in codes if c not in COUNTRIES and c not in also]
        if not wrong:
            return list(dict.fromkeys(codes))
        hint = " (the United Kingdom is GB)" if "UK" in wrong else ""
        self.refuse(
            column,
            "bad_country",
            f"{self.heading(column)} holds {shown(wrong[0])}, no country code.",
            remedy=f"Use the two letters of ISO 3166-1, such as DE|FR{hint}.",
            is_vital=is_vital,
        )
        return []

    def gtin(self, column: str) -> str | None:
        """Read a GTIN as 14 digits."""
        value = self.text(column)
        if value is None:
            return None
        parsed = parse_gtin(value)
        if isinstance(parsed, GtinProblem):
            self.refuse(
                column,
                parsed.code,
                f"{self.heading(column)} {shown(value)} is no GTIN: {parsed.message}.",
                remedy=parsed.remedy,
                is_vital=False,
            )
            return None
        if (warning := gtin_warning(parsed)) is not None:
            self.note(
                column,
                warning.code,
                f"{self.heading(column)} {shown(value)}: {warning.message}.",
                remedy=warning.remedy,
                severity="warning",
            )
        return parsed

    def url(self, column: str) -> str | None:
        """Read the http(s) address of a page."""
        value = self.text(column)
        url = as_web_url(value) if value else None
        if value is None or url:
            return url
        self.refuse(
            column,
            "bad_url",
            f"{self.heading(column)} {shown(value)} is no web address.",
            remedy="Give a whole address that begins with https://.",
            is_vital=False,
        )
        return None

    def image_link(self, column: str, value: str) -> str | None:
        """Check one link to a picture: a web address, or a path within the ZIP."""
        if (link := as_link(value)) is not None:
            return link
        self.note(
            column,
            "bad_link",
            f"{self.heading(column)} {shown(value)} is neither a web address nor a "
            "path within a ZIP. It is left out.",
            remedy="Give an https:// address, or a path such as photos/shoe.jpg that "
            "is in the ZIP uploaded with this file; neither over "
            f"{MAX_LINK_CHARS:,} characters.",
        )
        return None
