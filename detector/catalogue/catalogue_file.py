"""A catalogue file and its pictures, opened: the items in it, and where links lead."""

import zipfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from detector.catalogue.catalogue_import import Item, PictureRow
from detector.catalogue.formats.archive import Archive, find_table, open_archive
from detector.catalogue.formats.reader import HEAD_BYTES, read_catalogue, sniff_format
from detector.catalogue.formats.rows import CatalogueFormat, ImageLink, RowProblem
from detector.catalogue.picture_sources import PictureSource, ZippedPictures
from detector.errors import InvalidInput


class ImportFormat(StrEnum):
    """What an uploaded file can be; `auto` looks at it."""

    AUTO = "auto"
    CSV = "csv"
    GOOGLE = "google"
    SHOPIFY = "shopify"
    IMAGES = "images"


@dataclass(frozen=True, slots=True)
class CatalogueFile:
    """An open catalogue.

    Attributes:
        format: what it is; never `auto`.
        name: of the table, or of the ZIP of pictures.
        sources: of the pictures that came with it.
    """

    format: ImportFormat
    name: str
    sources: Sequence[PictureSource]
    table: BinaryIO | None
    archive: Archive | None

    def items(self, brands: Collection[str]) -> Iterator[Item]:
        """Read from the beginning; the same items in the same order every time.

        Args:
            brands: spellings under which the file may name the brand that it is for.
        """
        if self.table is not None:
            yield from read_catalogue(
                self.table,
                format=CatalogueFormat(self.format),
                brands=brands,
                name=self.name,
            )
            return
        assert self.archive is not None
        for row, name in enumerate(self.archive.names, start=1):
            yield PictureRow(row, ImageLink(name))
        for row, (name, reason) in enumerate(
            sorted(self.archive.refused.items()), start=len(self.archive.names) + 1
        ):
            yield RowProblem(
                row,
                None,
                "refused_member",
                f"{name[:200]!r} in the ZIP was left out: {reason}.",
                "Pack that file again.",
            )


@contextmanager
def open_catalogue(
    path: Path,
    *,
    name: str,
    images: Path | None,
    format: ImportFormat,
    max_bytes: int,
    max_image_bytes: int,
) -> Iterator[CatalogueFile]:
    """Open a table, a ZIP with a table and pictures, or a ZIP of pictures.

    Args:
        path: of the file.
        name: of the file where it came from, for messages.
        images: a ZIP of pictures beside it, if there is one.
        format: of the table; `auto` looks.
        max_bytes: that a ZIP may have once unpacked.
        max_image_bytes: that a picture may have.

    Raises:
        InvalidInput: none of these, or of no format that we know.
    """
    with ExitStack() as stack:
        sources: list[PictureSource] = []
        archive = None
        file: BinaryIO = stack.enter_context(path.open("rb"))
        if zipfile.is_zipfile(file):
            archive = open_archive(file, max_total_bytes=max_bytes)
            sources.append(ZippedPictures(archive, max_bytes=max_image_bytes))
            if format is ImportFormat.AUTO and not _tables(archive):
                format = ImportFormat.IMAGES
            if format is not ImportFormat.IMAGES:
                name = find_table(archive)
                file = stack.enter_context(archive.open(name, max_bytes=max_bytes))
        elif format is ImportFormat.IMAGES:
            raise InvalidInput(
                f"{name} is no ZIP of pictures.",
                remedy="Pack the pictures into a ZIP, or name the format of the table.",
            )
        if images is not None:
            packed = open_archive(
                stack.enter_context(images.open("rb")), max_total_bytes=max_bytes
            )
            sources.append(ZippedPictures(packed, max_bytes=max_image_bytes))
        if format is ImportFormat.IMAGES:
            yield CatalogueFile(format, name, sources, None, archive)
            return
        if format is ImportFormat.AUTO:
            file.seek(0)
            format = ImportFormat(sniff_format(file.read(HEAD_BYTES), name))
        yield CatalogueFile(format, name, sources, file, None)


def _tables(archive: Archive) -> list[str]:
    """List what may be tables in a ZIP."""
    endings = (".csv", ".tsv", ".txt", ".xml")
    return [name for name in archive.names if name.lower().endswith(endings)]
