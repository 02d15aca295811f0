"""Where the pictures of a catalogue file come from: its ZIP, its folder, the web."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from detector.catalogue.formats.addresses import as_web_url
from detector.catalogue.formats.archive import Archive
from detector.catalogue.formats.links import LinkedMembers
from detector.catalogue.image_fetch import ImageFetcher
from detector.errors import UnknownPicture
from detector.files import walk
from detector.images import ImageLimits, read_image_bytes


class PictureSource(Protocol):
    """One place that links may lead to. Safe to use from several threads."""

    def read(self, link: str) -> bytes | None:
        """Read what a link leads to; None if it does not lead here.

        Raises:
            DetectorError: it does, and cannot be read.
        """
        ...


class ZippedPictures:
    """Members of an archive."""

    def __init__(self, archive: Archive, *, max_bytes: int) -> None:
        self._archive = archive
        self._members = LinkedMembers(archive.names)
        self._max_bytes = max_bytes

    def read(self, link: str) -> bytes | None:
        """Unpack the member that the link means."""
        name = self._members.resolve(link)
        if name is None:
            return None
        return self._archive.read(name, max_bytes=self._max_bytes)


class FolderPictures:
    """Files below a folder, found as members of a ZIP are."""

    def __init__(self, folder: Path, *, limits: ImageLimits) -> None:
        self._paths = {f.name: f.path for f in walk(folder) if f.reason is None}
        self._members = LinkedMembers(self._paths)
        self._limits = limits

    def read(self, link: str) -> bytes | None:
        """Read the file that the link means."""
        name = self._members.resolve(link)
        if name is None:
            return None
        return read_image_bytes(self._paths[name], limits=self._limits)


class WebPictures:
    """What allowed hosts serve."""

    def __init__(self, fetcher: ImageFetcher) -> None:
        self._fetcher = fetcher

    def read(self, link: str) -> bytes | None:
        """Fetch an address."""
        url = as_web_url(link)
        return None if url is None else self._fetcher.fetch(url)


def read_picture(sources: Sequence[PictureSource], link: str) -> bytes:
    """Read a picture from the first place that the link leads to.

    Raises:
        UnknownPicture: it leads nowhere.
        DetectorError: it leads somewhere, and cannot be read.
    """
    for source in sources:
        data = source.read(link)
        if data is not None:
            return data
    raise UnknownPicture(
        f"{link[:200]!r} leads to no picture that was sent along.",
        remedy="Put it into the ZIP beside the file under that path, or give an "
        "address on a host that is allowed.",
    )
