"""Files of listing events that are asked for, and workers that take them."""

import json
import time
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from detector.images import ImageLimits
from detector.listings.intake.import_job import ListingImportJob
from detector.listings.intake.listing_file import ListingFileFormat
from detector.listings.intake.listing_import import (
    FILE_NAME,
    ask_for_import,
    new_import_id,
    upload_folder,
)
from detector.store.listing_tables import IMPORT_KIND, ListingImportRow, ListingRow
from detector.store.store import Store, open_store
from detector.store.worker import Worker

LEASE_S = 0.5
SOON_S = 180.0


def event(name: str, version: int = 1, **more: object) -> dict[str, object]:
    return {
        "type": "listing.updated",
        "occurred_at": "2026-06-01T12:00:00Z",
        "listing_id": name,
        "version": version,
        "images": [{"url": f"https://img.example/{name}.jpg"}],
        **more,
    }


def ndjson(*events: Mapping[str, object] | str) -> bytes:
    texts = (e if isinstance(e, str) else json.dumps(e) for e in events)
    return "".join(f"{text}\n" for text in texts).encode()


def open_at(folder: Path, place: Path | str) -> Store:
    return open_store(folder / "data", place if isinstance(place, str) else None)


def ask(store: Store, data: bytes, *, name: str = "events.ndjson") -> str:
    """Ask for an import whose file is there; returns its id."""
    import_id = new_import_id()
    folder = upload_folder(store, import_id)
    folder.mkdir()
    (folder / FILE_NAME).write_bytes(data)
    with store.database.write() as session:
        ask_for_import(
            session,
            import_id=import_id,
            marketplace="market",
            format=ListingFileFormat.AUTO,
            file_name=name,
            file_sha256=sha256(data).hexdigest(),
            created_by="somebody",
        )
    return import_id


def worker_of(store: Store, *, max_queued: int = 10**6) -> Worker:
    job = ListingImportJob(
        store,
        ImageLimits(),
        max_queued=max_queued,
        max_upload_bytes=10**9,
        max_line_bytes=10**6,
    )
    return Worker(
        store.database,
        {IMPORT_KIND: job.run},
        lease_s=LEASE_S,
        threads=1,
        on_note=lambda note: None,
    )


def row_of(store: Store, import_id: str) -> Any:
    with store.database.read() as session:
        return session.get_one(ListingImportRow, import_id)


def wait_for(store: Store, import_id: str) -> Any:
    deadline = time.monotonic() + SOON_S
    while (row := row_of(store, import_id)).state in {"queued", "running"}:
        assert time.monotonic() < deadline, "it did not end"
        time.sleep(0.02)
    return row


def do(store: Store, import_id: str) -> Any:
    """Let a worker do an import; return its record."""
    worker = worker_of(store)
    worker.start()
    row = wait_for(store, import_id)
    assert worker.stop(SOON_S)
    return row


def num_queued(store: Store) -> int:
    queued = select(func.count()).where(ListingRow.state == "queued")
    with store.database.read() as session:
        return session.scalar(queued) or 0
