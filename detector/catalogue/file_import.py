"""Imports a catalogue file at once, in this process; the same again completes it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from detector.catalogue.brands import brand_id, brand_key, ensure_brand
from detector.catalogue.catalogue_file import ImportFormat, open_catalogue
from detector.catalogue.catalogue_import import CatalogueImport, Mode, Tally, batches
from detector.catalogue.features import BATCH_SIZE, Extractor
from detector.catalogue.formats.rows import RowProblem
from detector.catalogue.image_fetch import ImageFetcher
from detector.catalogue.picture_sources import (
    FolderPictures,
    UploadedPictures,
    WebPictures,
)
from detector.store.store import Store


@dataclass(slots=True)
class FileReport:
    """What became of a catalogue file.

    Attributes:
        format: what it was.
        num_rows: products and problems.
        counts: `products_added` and so on → how many.
        problems: of its rows, in the order of the file.
    """

    format: ImportFormat
    num_rows: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    problems: list[RowProblem] = field(default_factory=list)

    def add(self, tally: Tally) -> None:
        """Count a batch in."""
        for name, count in tally.counts.items():
            self.counts[name] = self.counts.get(name, 0) + count
        self.problems += tally.problems


def import_file(
    store: Store,
    path: Path,
    *,
    brand: str,
    extractor: Extractor,
    fetcher: ImageFetcher,
    threads: int,
    images: Path | None = None,
    format: ImportFormat = ImportFormat.AUTO,
    mode: Mode = "delta",
    dry_run: bool = False,
    max_bytes: int,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> FileReport:
    """Put the products and pictures of a file into a brand's catalogue.

    Args:
        store: where to.
        path: a table, or a ZIP; pictures are looked up in the ZIP, in `images`, or
            below the folder of the file if there are none.
        brand: added if it is new.
        extractor: computes the features.
        fetcher: of pictures on the web.
        threads: pictures worked on at once.
        images: a ZIP or a folder of pictures.
        format: of the table; `auto` looks.
        mode: `replace` removes products that the file does not name.
        dry_run: check everything and change nothing.
        max_bytes: that a ZIP may have once unpacked.
        on_progress: called with rows done and their total.

    Raises:
        InvalidInput: no such file, none that we can read, or no brand name.
        StoreFault: the store cannot be written.
        Busy: another process kept the database to itself.
    """
    brand_key(brand)
    limits = extractor.limits
    folder = path.parent
    if images is not None and images.is_dir():
        folder, images = images, None
    pictures = FolderPictures(folder, limits=limits)
    with open_catalogue(
        path,
        name=path.name,
        images=images,
        format=format,
        max_bytes=max_bytes,
        max_image_bytes=limits.max_bytes,
    ) as file:
        report = FileReport(file.format)
        owner = brand_id(brand)
        total = sum(1 for _ in file.items([brand, owner]))
        work = CatalogueImport(
            store,
            extractor,
            sources=[
                *file.sources,
                pictures,
                UploadedPictures(store, owner),
                WebPictures(fetcher),
            ],
            brand_id=owner,
            is_dry_run=dry_run,
        )
        seen: set[str] = set()
        for batch in batches(file.items([brand, owner]), BATCH_SIZE):
            prepared = work.prepare(batch, threads=threads)
            with store.database.write() as session:
                ensure_brand(session, brand)
                tally = work.apply(session, prepared)
                if dry_run:
                    session.rollback()
            if not dry_run:
                work.remember(prepared)
            report.add(tally)
            report.num_rows += len(batch)
            seen |= tally.seen
            on_progress(report.num_rows, total)
        names_products = file.format is not ImportFormat.IMAGES
        if mode == "replace" and names_products and not _has_errors(report.problems):
            with store.database.write() as session:
                report.add(work.remove_others(session, seen))
                if dry_run:
                    session.rollback()
    return report


def _has_errors(problems: Sequence[RowProblem]) -> bool:
    return any(problem.severity == "error" for problem in problems)
