from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from detector.listings.intake.event import EventKind, GivenImage, ListingEvent
from detector.listings.intake.take import Outcome, listing_row_id, take_events
from detector.store.listing_tables import ListingImageRow, ListingRow
from detector.store.store import Store, open_store
from detector.store.work_tables import JobRow

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def event(name: str = "a", version: int = 1, **fields: Any) -> ListingEvent:
    """A listing event of the marketplace `shop`, with one picture named by URL."""
    given: dict[str, Any] = {
        "marketplace": "shop",
        "event_id": None,
        "type": EventKind.CREATED,
        "occurred_at": NOON + timedelta(minutes=version),
        "seller_id": "sam",
        "details": {"title": f"{name} {version}"},
        "images": (GivenImage(0, url=f"https://img.example/{name}.jpg"),),
    }
    return ListingEvent(listing_id=name, version=version, **{**given, **fields})


def deletion(name: str = "a", version: int = 9, **fields: Any) -> ListingEvent:
    """A listing that is gone."""
    bare: dict[str, Any] = {
        "type": EventKind.DELETED,
        "images": (),
        "details": {},
        "seller_id": None,
    }
    return event(name, version, **{**bare, **fields})


@dataclass(frozen=True)
class Intake:
    """A store that takes events, and what is in it then."""

    store: Store

    def take(self, *events: ListingEvent, max_queued: int = 1_000) -> list[Outcome]:
        return take_events(self.store, events, max_queued=max_queued)

    def statuses(self, *events: ListingEvent) -> list[str]:
        return [outcome.status.value for outcome in self.take(*events)]

    def listing(self, name: str = "a") -> ListingRow:
        with self.store.database.read() as session:
            return session.get_one(ListingRow, listing_row_id("shop", name))

    def images(self, name: str = "a") -> list[tuple[int, str | None, str | None]]:
        rows = self.rows(ListingImageRow)
        id = listing_row_id("shop", name)
        found = [(r.position, r.sha256, r.url) for r in rows if r.listing_id == id]
        return sorted(found)

    def rows(self, table: type) -> list[Any]:
        with self.store.database.read() as session:
            return list(session.scalars(select(table)))

    def jobs(self) -> list[tuple[str, int]]:
        """The scans that were asked for: marketplace's listing, version."""
        names = {row.id: row.external_id for row in self.rows(ListingRow)}
        return sorted(
            (names[row.payload["listing_id"]], row.payload["version"])
            for row in self.rows(JobRow)
            if row.kind == "listing_scan"
        )


@pytest.fixture
def store(place: Path | str, tmp_path: Path) -> Iterator[Store]:
    """An empty store on each kind of database."""
    url = None if isinstance(place, Path) else place
    store = open_store(tmp_path / "data", url)
    yield store
    store.close()


@pytest.fixture
def intake(store: Store) -> Intake:
    return Intake(store)
