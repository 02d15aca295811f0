"""Collect what the console's pages say, for the catalogues of other languages.

    python -m scripts.collect_texts

Adds texts that are new to each `detector/console/locale/*.po`, with nothing as their
translation yet, and takes out those that no page says any more.
"""

import io
import tomllib
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from detector.access.roles import Role
from detector.console.rendering import words
from detector.listings.flags.signals import CAVEAT

ROOT = Path(__file__).parent.parent
CONSOLE = ROOT / "detector" / "console"
LOCALE = CONSOLE / "locale"
METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
OPTIONS = {
    "**/templates/**.html": {
        "extensions": "jinja2.ext.do",
        "silent": "false",
        "trim_blocks": "true",
        "lstrip_blocks": "true",
        "newstyle_gettext": "true",
    }
}
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
HEADER = """# Written by scripts/collect_texts.py; the translations are kept.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural_forms}\\n"

"""
WORDS_OF_DATA = {
    "detector/review/reasons.toml": "says",
    "detector/review/questions/questions.toml": "text",
    "detector/access/roles.toml": "purpose",
}
"""Files of texts that pages translate, too, and the keys that hold them."""


def collect() -> Catalog:
    """Collect all texts, with the places that say them."""
    found = Catalog()
    for file, _, text, _, _ in extract_from_dir(
        CONSOLE, METHODS, OPTIONS, keywords=KEYWORDS, comment_tags=()
    ):
        found.add(text, locations=[(file, 0)])
    for place, key in WORDS_OF_DATA.items():
        for text in _values(tomllib.loads((ROOT / place).read_text("utf-8")), key):
            found.add(text, locations=[(place, 0)])
    for role in Role:
        found.add(words(role), locations=[("detector/access/roles.py", 0)])
    found.add(CAVEAT, locations=[("detector/listings/flags/signals.py", 0)])
    return found


def _values(node: object, key: str) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            if name == key and isinstance(value, str):
                yield value
            else:
                yield from _values(value, key)
    elif isinstance(node, list):
        for each in node:
            yield from _values(each, key)


def update(path: Path, found: Catalog) -> int:
    """Bring a catalogue up to date; return how many texts it has yet to translate."""
    with path.open("rb") as file:
        known = read_po(file, locale=path.stem)
    made = Catalog(locale=path.stem)
    for message in found:
        if message.id:
            old = known.get(message.id)
            made.add(
                message.id,
                old.string if old else None,
                locations=sorted(set(message.locations)),
                flags=message.flags,
            )
    written = io.BytesIO()
    write_po(
        written,
        made,
        width=88,
        sort_output=True,
        omit_header=True,
        include_lineno=False,
    )
    header = HEADER.format(language=path.stem, plural_forms=made.plural_forms)
    path.write_bytes(header.encode() + written.getvalue())
    return len([each for each in made if each.id and not is_translated(each)])


def is_translated(message: Message) -> bool:
    """Say whether there is something in all forms of a translation."""
    text = message.string
    return bool(text) and (isinstance(text, str) or all(text or ()))


def main() -> None:
    """Bring all catalogues up to date, and say what is missing."""
    found = collect()
    for path in sorted(LOCALE.glob("*.po")):
        print(f"{path.name}: {update(path, found)} texts to translate")


if __name__ == "__main__":
    main()
