"""Personal data, which no record may hold: addresses of mail, and phone numbers."""

import re

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
PHONES = (
    # With the country's code: +49 30 901820, 0049 30 901820.
    re.compile(r"(?<!\w)(\+|00)[1-9][\d ().\/-]{6,}\d"),
    # Announced as one: tel. 901820.
    re.compile(
        r"\b(tel|telefon|phone|call|mobile|whatsapp)\D{0,5}\d[\d ()./-]{4,}\d", re.I
    ),
    # As within a country: 030 901820, (030) 90-18-20.
    re.compile(r"(?<!\w)\(?0\d{2,5}\)?[ /-]\d[\d -]{4,}\d"),
)


def find_personal_data(text: str) -> list[str]:
    """List what looks like personal data in a text."""
    found = [match[0] for match in EMAIL.finditer(text)]
    for pattern in PHONES:
        found += [match[0] for match in pattern.finditer(text)]
    return found
