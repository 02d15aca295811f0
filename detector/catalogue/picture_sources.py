"""Where a catalogue file's pictures come from: its ZIP, a folder, uploads, the web."""

import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Protocol
from urllib.parse import unquote

from sqlalchemy import select

from detector.catalogue.formats.addresses import as_web_url
from detector.catalogue.formats.archive import Archive
from detector.catalogue.formats.links import LinkedMembers
from detector.catalogue.image_fetch import ImageFetcher
from detector.errors import UnknownPicture
from detector.files import walk
from detector.images import ImageLimits, read_image_bytes
from detector.store.store import Store
from detector.store.tables import ReferenceRow


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


class UploadedPictures:
    """A brand's references, found under the brand's own names of them.

    So that pictures can be uploaded first, and then a table that names their paths.

    Args:
        store: that holds them.
        brand_id: whose they are.
    """

    def __init__(self, store: Store, brand_id: str) -> None:
        self._store = store
        self._brand_id = brand_id
        self._lock = Lock()
        self._digests: Mapping[str, str | None] | None = None

    def read(self, link: str) -> bytes | None:
        """Read the picture that a path means: its name, or that less the first folder.

        An address is not asked for here: what it shows may have changed since.
        """
        if as_web_url(link) is not None:
            return None
        with self._lock:
            if self._digests is None:
                self._digests = self._list()
        for path in (link, unquote(link)):
            name = unicodedata.normalize("NFC", path).removeprefix("./")
            digest = self._digests.get(name)
            if digest is not None and self._store.blobs.size(digest) is not None:
                return self._store.blobs.read(digest)
        return None

    def _list(self) -> Mapping[str, str | None]:
        """Collect name → digest; None where two folders hold one name."""
        query = select(ReferenceRow.external_id, ReferenceRow.image_sha256).where(
            ReferenceRow.brand_id == self._brand_id
        )
        with self._store.database.read() as session:
            whole = {name: digest for name, digest in session.execute(query)}
        inner: dict[str, str | None] = {}
        for name, digest in whole.items():
            rest = name.partition("/")[2]
            inner[rest] = digest if inner.get(rest, digest) == digest else None
        return inner | whole


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
        remedy="Put it into the ZIP beside the file under that path, upload it "
        "under that name first, or give an address on a host that is allowed.",
    )
