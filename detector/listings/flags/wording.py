"""What the words of a listing say."""

import re
import unicodedata

_REPLICA = re.compile(
    r"(?<!\w)(?:replicas?|r[ée]pliques?|r[ée]plicas?|replika|repliken?|"
    r"knock[ -]?offs?|dupes?|aaa\+|1:1 (?:copy|quality|replica|mirror)|"
    r"(?:first|super|master|mirror) copy|mirror quality)(?!\w)|高仿|精仿|复刻|複刻"
)
_DENIED = re.compile(r"(?<!\w)(?:no|not|non|not an?|kein|keine|pas de|sin)\s+$")


def spelled(text: str) -> str:
    """Reduce a text to what is compared: no case, no stray spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def names_brand(title: str, brand: str) -> bool:
    """Tell whether a title has the brand's name, as words of their own."""
    name = re.escape(spelled(brand))
    return re.search(rf"(?<!\w){name}(?!\w)", spelled(title)) is not None


def replica_words(text: str) -> list[str]:
    """List the words by which sellers say that something is a copy, each once.

    A word that is denied ("no replica") does not count.
    """
    text = spelled(text)
    found = [
        match.group()
        for match in _REPLICA.finditer(text)
        if not _DENIED.search(text[max(0, match.start() - 12) : match.start()])
    ]
    return sorted(set(found))
