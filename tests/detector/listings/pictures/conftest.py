import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from detector.listings.engine import Engine, open_engine
from detector.listings.intake.event import EventKind, GivenImage, ListingEvent
from detector.listings.intake.take import SCAN_KIND, listing_row_id, take_events
from detector.listings.pictures.known import KnownPictures
from detector.listings.pictures.scan_job import ScanJob
from detector.store.counting import Counted
from detector.store.event_tables import EventRow
from detector.store.listing_tables import FlagRow, ListingRow, PictureRow
from detector.store.store import Store
from detector.store.worker import Worker
from tests.catalogues import draw_folder, grid_extractor, run_import

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
SIZE = (360, 270)


@dataclass
class Market:
    """A catalogue, its engine, and a marketplace whose listings are scanned."""

    store: Store
    folder: Path
    engine: Engine
    known: KnownPictures
    counts: dict[Counted, int] = field(default_factory=dict)

    def photo(self, n: int) -> bytes:
        """Read a reference's file."""
        return sorted(self.folder.rglob("*.png"))[n].read_bytes()

    def offer(self, name: str, *images: bytes | GivenImage, **fields: Any) -> str:
        """Take in a listing; return its row's id."""
        given = tuple(
            image
            if isinstance(image, GivenImage)
            else GivenImage(n, sha256=sha256(image).hexdigest(), data=image)
            for n, image in enumerate(images)
        )
        version = fields.pop("version", 1)
        event = ListingEvent(
            marketplace="shop",
            listing_id=name,
            version=version,
            event_id=None,
            type=fields.pop("type", EventKind.CREATED),
            occurred_at=NOON + timedelta(minutes=version),
            seller_id=fields.pop("seller_id", "sam"),
            details={"title": name},
            images=given,
            removal=fields.pop("removal", None),
        )
        outcome = take_events(self.store, [event], max_queued=1_000)[0]
        assert outcome.status == "accepted", outcome
        return listing_row_id("shop", name)

    def job(self, **options: Any) -> ScanJob:
        return ScanJob(
            self.store,
            lambda: self.engine,
            self.known,
            threads=2,
            suppressed_sample=0.0,
            count=self._count,
            **options,
        )

    def scan(self, until: Callable[[], bool] | None = None, **options: Any) -> None:
        """Scan until no listing waits, or until something is so."""
        is_over = until or (lambda: self.num_queued() == 0)
        job = self.job(**options)
        notes: list[str] = []
        worker = Worker(
            self.store.database,
            {SCAN_KIND: job.run},
            lease_s=30,
            threads=1,
            poll_s=0.02,
            on_note=notes.append,
        )
        worker.start()
        try:
            for _ in range(3_000):
                if is_over():
                    break
                worker._stopping.wait(0.01)
            assert notes == []
            assert is_over()
        finally:
            assert worker.stop(20)
            job.close()

    def num_queued(self) -> int:
        with self.store.database.read() as session:
            rows = session.scalars(
                select(ListingRow).where(ListingRow.state == "queued")
            )
            return len(rows.all())

    def rows(self, table: type) -> list[Any]:
        with self.store.database.read() as session:
            return list(session.scalars(select(table)))

    def listing(self, id: str) -> ListingRow:
        with self.store.database.read() as session:
            return session.get_one(ListingRow, id)

    def picture(self, data: bytes) -> PictureRow | None:
        with self.store.database.read() as session:
            return session.get(PictureRow, sha256(data).hexdigest())

    def events(self) -> list[str]:
        with self.store.database.read() as session:
            return list(session.scalars(select(EventRow.type).order_by(EventRow.seq)))

    def flags(self) -> list[FlagRow]:
        return self.rows(FlagRow)

    def _count(self, what: Counted, number: int) -> None:
        self.counts[what] = self.counts.get(what, 0) + number


def again(data: bytes, *, quality: int = 80, scale: float = 1.0) -> bytes:
    """Compress a picture anew, perhaps in another size."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    image = image.resize((round(image.width * scale), round(image.height * scale)))
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return stream.getvalue()


@pytest.fixture
def open_market(
    new_store: Callable[[str], Store], tmp_path: Path
) -> Callable[[str], Market]:
    """Set up a marketplace on a kind of database."""

    def make(kind: str) -> Market:
        store = new_store(kind)
        folder = draw_folder(tmp_path / f"photos-{kind}", 6, size=SIZE)
        run_import(store, folder)
        engine = open_engine(
            store, grid_extractor(), threads=2, on_note=lambda text: None
        )
        return Market(store, folder, engine, KnownPictures(store.database))

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def market(
    request: pytest.FixtureRequest, open_market: Callable[[str], Market]
) -> Market:
    return open_market(request.param)
