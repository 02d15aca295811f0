"""Which member of a ZIP a link in a catalogue means."""

import unicodedata
from collections.abc import Iterable, Iterator
from urllib.parse import unquote, urlsplit

from detector.catalogue.formats.addresses import as_web_url, is_inner_path


class LinkedMembers:
    """The members of a ZIP, found by how catalogues link to them.

    Args:
        names: relative, with forward slashes, in NFC, as `Archive.names`.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._by_ending: dict[str, str | None] = {}
        self._names = set(names)
        self._wrapper = _wrapper(self._names)
        for name in self._names:
            for ending in _endings(name):
                is_known = ending in self._by_ending
                self._by_ending[ending] = None if is_known else name

    def resolve(self, link: str) -> str | None:
        """Name the member that a link means; None where none or several could be.

        A path is a member's whole name, or the end of it, or ends in it; the folder
        that everything was packed in does not count. Of a web address, the path does:
        two products may each have a `front.jpg`.
        """
        url = as_web_url(link)
        if url is None:
            paths = [link, unquote(link)]
        else:
            parts = urlsplit(url)
            path = unquote(parts.path).lstrip("/")
            paths = [f"{parts.hostname}/{path}", path]
        for path in paths:
            member = self._find(unicodedata.normalize("NFC", path), url is not None)
            if member is not None:
                return member
        return None

    def _find(self, path: str, is_web: bool) -> str | None:
        path = path.removeprefix("./")
        if not is_inner_path(path):
            return None
        if path in self._names:
            return path
        for ending in _endings(path):
            if ending not in self._by_ending:
                continue
            member = self._by_ending[ending]
            if member is None:
                return None if is_web or ending not in self._names else ending
            # Another folder's file of the same name is another product's picture.
            if ending in (path, member, member.removeprefix(self._wrapper)):
                return member
        return None


def _wrapper(names: Iterable[str]) -> str:
    """Find the folder that all members lie in; empty where there is none."""
    tops = {name.partition("/")[0] if "/" in name else "" for name in names}
    return f"{top}/" if len(tops) == 1 and (top := tops.pop()) else ""


def _endings(path: str) -> Iterator[str]:
    """Yield the path, then what is left as folders are taken off its front."""
    while path:
        yield path
        path = path.partition("/")[2]
