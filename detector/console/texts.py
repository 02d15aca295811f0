"""What pages say, in the viewer's language: `locale/*.po`, one catalogue a language.

English is written in the templates; a text that a catalogue lacks stays English.
"""

import io
from functools import cache
from pathlib import Path

from babel.core import Locale, negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from fastapi import Request

LANGUAGE_COOKIE = "detector_language"
FOLDER = Path(__file__).parent / "locale"
ENGLISH = "en"


@cache
def languages() -> tuple[str, ...]:
    """List the languages that there are, English first."""
    return (ENGLISH, *sorted(path.stem for path in FOLDER.glob("*.po")))


@cache
def translations(language: str) -> Translations:
    """Read a catalogue; that of English is empty."""
    path = FOLDER / f"{language}.po"
    if language == ENGLISH:
        return Translations()
    with path.open("rb") as file:
        catalogue = read_po(file, locale=Locale.parse(language))
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def language_of(request: Request) -> str:
    """Choose a language: as the viewer has said, else as the browser asks for."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in languages():
        return chosen
    wanted = [
        part.partition(";")[0].strip()
        for part in request.headers.get("accept-language", "").split(",")
    ]
    found = negotiate_locale(wanted, languages(), sep="-")
    return found or ENGLISH
