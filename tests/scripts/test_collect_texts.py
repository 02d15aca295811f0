"""Every text of the console is there in every language."""

import re
from collections.abc import Sequence

import pytest
from babel.messages.pofile import read_po

from scripts.collect_texts import LOCALE, collect, is_translated

BLANKS = re.compile(r"%\(\w+\)s|\{\w*\}|%s|%%|</?\w+[^>]*>")
"""What has to be the same in a text and in its translation."""


@pytest.fixture(scope="module")
def found():
    return collect()


def test_texts_of_templates_scripts_and_files_are_collected(found):
    for text in (
        "Sign in",  # a template
        "Try a picture",  # the menu, marked in Python
        "Goods bear the brand's mark without authorization.",  # a file of reasons
    ):
        assert found.get(text) is not None, text
    assert len(found) > 1000


def forms(text: str | Sequence[str] | None) -> Sequence[str]:
    """List singular and plural of a text, or the one form that it has."""
    return [text] if isinstance(text, str) else text or []


@pytest.mark.parametrize(
    "path", sorted(LOCALE.glob("*.po")), ids=lambda path: path.stem
)
def test_no_text_lacks_its_translation(found, path):
    with path.open("rb") as file:
        known = read_po(file, locale=path.stem)
    lacking = []
    for message in found:
        if not message.id:
            continue
        translated = known.get(message.id)
        if translated is None or not is_translated(translated):
            lacking.append(message.id)
            continue
        for text, translation in zip(
            forms(message.id), forms(translated.string), strict=True
        ):
            assert sorted(BLANKS.findall(text)) == sorted(BLANKS.findall(translation))
    assert lacking == [], (
        "python -m scripts.collect_texts, then translate what is empty"
    )
