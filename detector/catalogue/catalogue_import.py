"""What one batch of a catalogue file's rows does to the catalogue."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.catalogue.changes import ChangeLog
from detector.catalogue.features import Extractor
from detector.catalogue.formats.rows import ImageLink, ProductRow, RowProblem
from detector.catalogue.picture_sources import PictureSource, read_picture
from detector.catalogue.pictures import TakenPicture, check_picture, take_picture
from detector.catalogue.products import product_row_id, put_product, remove_products
from detector.catalogue.reference_changes import (
    Outcome,
    put_reference,
    show_product,
)
from detector.errors import Busy, DetectorError, StoreFault
from detector.store.store import Store
from detector.store.tables import ProductRow as StoredProduct
from detector.store.tables import ReferenceRow
from detector.workers import map_in_order

Mode = Literal["delta", "replace"]
"""Whether products that a file does not name are kept or removed."""
MAX_REMEMBERED = 100_000


@dataclass(frozen=True, slots=True)
class PictureRow:
    """A picture of a ZIP that has no table: a reference under its own path."""

    row: int
    image: ImageLink


Item = ProductRow | PictureRow | RowProblem


@dataclass(frozen=True, slots=True)
class PreparedRow:
    """An item after its work in a thread: its pictures, and what was wrong with them.

    Attributes:
        item: what the file said.
        pictures: each link with its picture.
        problems: of links whose picture cannot be used.
    """

    item: Item
    pictures: tuple[tuple[ImageLink, TakenPicture], ...] = ()
    problems: tuple[RowProblem, ...] = ()


@dataclass(slots=True)
class Tally:
    """What a batch did.

    Attributes:
        counts: `products_added` and so on → how many.
        problems: in the order of the file.
        seen: our ids of the products that it named.
    """

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[RowProblem] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)


class CatalogueImport:
    """Puts items into one brand's catalogue: first in threads, then in a transaction.

    Args:
        store: where to.
        extractor: computes the features of pictures.
        sources: where links lead, in the order of asking.
        brand_id: whose catalogue it is; the brand exists.
        is_dry_run: only check pictures; the caller rolls back what is applied.
    """

    def __init__(
        self,
        store: Store,
        extractor: Extractor,
        *,
        sources: Sequence[PictureSource],
        brand_id: str,
        is_dry_run: bool = False,
    ) -> None:
        self._store = store
        self._extractor = extractor
        self._sources = sources
        self._brand_id = brand_id
        self._is_dry_run = is_dry_run
        self._taken: dict[str, str] = {}

    def prepare(self, items: Sequence[Item], *, threads: int) -> list[PreparedRow]:
        """Read the pictures of a batch, and compute what is not stored yet."""
        return list(map_in_order(self._prepare_one, items, threads=threads))

    def apply(self, session: Session, rows: Sequence[PreparedRow]) -> Tally:
        """Change the catalogue as the rows say, within the caller's transaction."""
        tally = Tally()
        log = ChangeLog(session)
        for row in rows:
            tally.problems += row.problems
            match row.item:
                case RowProblem() as problem:
                    tally.problems.append(problem)
                case PictureRow():
                    self._put_pictures(session, log, row, None, tally)
                case ProductRow(action="delete", product_id=product_id):
                    row_id = product_row_id(self._brand_id, product_id)
                    self._count_removed(tally, remove_products(session, log, [row_id]))
                case ProductRow() as product:
                    stored, outcome = put_product(
                        session,
                        brand_id=self._brand_id,
                        external_id=product.product_id,
                        fields=product.fields,
                    )
                    tally.counts[f"products_{outcome}"] += 1
                    tally.seen.add(stored.id)
                    self._put_pictures(session, log, row, stored.id, tally)
        return tally

    def remember(self, rows: Sequence[PreparedRow]) -> None:
        """Note pictures that are committed, so that none is read twice."""
        for link, taken in (pair for row in rows for pair in row.pictures):
            if len(self._taken) < MAX_REMEMBERED:
                self._taken[link.link] = taken.sha256

    def remove_others(self, session: Session, seen: set[str]) -> Tally:
        """Remove the brand's products that a full file did not name.

        References that show no product are kept: no file of products names them.
        """
        tally = Tally()
        log = ChangeLog(session)
        known = session.scalars(
            select(StoredProduct.id)
            .where(StoredProduct.brand_id == self._brand_id)
            .order_by(StoredProduct.id)
        ).all()
        others = [row_id for row_id in known if row_id not in seen]
        self._count_removed(tally, remove_products(session, log, others))
        return tally

    def _prepare_one(self, item: Item) -> PreparedRow:
        match item:
            case ProductRow(action="upsert", images=images):
                links = images
            case PictureRow(image=image):
                links = (image,)
            case _:
                return PreparedRow(item)
        pictures, problems = [], []
        for link in links:
            try:
                pictures.append((link, self._take(link.link)))
            except (StoreFault, Busy):
                raise
            except DetectorError as error:
                problems.append(
                    RowProblem(
                        row=item.row,
                        column=None,
                        code=error.code,
                        message=_about(link.link[:200], str(error.args[0])),
                        remedy=error.remedy,
                    )
                )
        return PreparedRow(item, tuple(pictures), tuple(problems))

    def _take(self, link: str) -> TakenPicture:
        known = self._taken.get(link)
        if known is not None:
            return TakenPicture(known, None)
        data = read_picture(self._sources, link)
        if self._is_dry_run:
            return check_picture(self._extractor, data)
        return take_picture(self._store, self._extractor, data)

    def _put_pictures(
        self,
        session: Session,
        log: ChangeLog,
        row: PreparedRow,
        product_id: str | None,
        tally: Tally,
    ) -> None:
        product_ids = [] if product_id is None else [product_id]
        for link, taken in row.pictures:
            taken.save(session)
            reference_id = self._same_picture(session, link.link, taken.sha256)
            if reference_id is None or product_id is None:
                _, outcome = put_reference(
                    session,
                    log,
                    brand_id=self._brand_id,
                    external_id=link.link,
                    digest=taken.sha256,
                    role=_unless(link.role, "official"),
                    image_rights=_unless(link.rights, "unknown"),
                    product_ids=product_ids,
                )
            else:
                outcome = Outcome.UNCHANGED
                if show_product(session, reference_id, product_id):
                    tally.counts["links_added"] += 1
            tally.counts[f"references_{outcome}"] += 1

    def _same_picture(self, session: Session, link: str, digest: str) -> str | None:
        """Find the brand's reference that shows this very picture under another name.

        Feeds of two systems call one picture by two addresses.
        """
        found = session.execute(
            select(ReferenceRow.id, ReferenceRow.external_id)
            .where(
                ReferenceRow.brand_id == self._brand_id,
                ReferenceRow.image_sha256 == digest,
            )
            .order_by(ReferenceRow.id)
        ).all()
        if any(name == link for _, name in found):
            return None
        return found[0][0] if found else None

    @staticmethod
    def _count_removed(tally: Tally, removed: tuple[int, int]) -> None:
        tally.counts["products_removed"] += removed[0]
        tally.counts["references_removed"] += removed[1]


def batches(items: Iterator[Item], size: int) -> Iterator[list[Item]]:
    """Cut items into lists."""
    batch: list[Item] = []
    for item in items:
        batch.append(item)
        if len(batch) >= size:
            yield batch
            batch = []
    if batch:
        yield batch


def _about(link: str, message: str) -> str:
    """Name the picture where a message does not."""
    return message if link in message else f"{link}: {message}"


def _unless(value: str, default: str) -> str | None:
    """Leave out what a file did not say."""
    return None if value == default else value
