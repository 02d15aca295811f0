"""A service that is killed, again and again, loses nothing and does nothing twice.

With `--full` it is the size that is promised: 2,000 pictures and 30 kills.
"""

import logging
import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from detector.access.keys import create_key
from detector.access.roles import Role
from detector.catalogue.brands import ensure_brand
from detector.catalogue.leftovers import UPLOAD_S
from detector.settings import Settings
from detector.store.store import Store, open_store
from detector.store.work_tables import ImportRow, JobRow
from tests.catalogues import (
    blob_files,
    open_index,
    search_results,
    table_rows,
)
from tests.detector.api.faulty_catalogue import draw_catalogue
from tests.live_service import Client, form
from tests.service_process import service_process, settings_of, start_service

log = logging.getLogger(__name__)

LIFELESS_S = 0.5
"""About how long after a start nothing is imported: a dead process has the lease."""
LEFT_AT_LAST = 0.15
"""Share of the rows that is to be left after the last kill."""
DEADLINE_S = 300.0


@dataclass(frozen=True, slots=True)
class Size:
    """How much is imported, how often it is killed, and how often halfway at least."""

    num_pictures: int
    num_products: int
    num_kills: int
    num_halfway: int


SMALL = Size(num_pictures=800, num_products=500, num_kills=12, num_halfway=5)
FULL = Size(num_pictures=2_000, num_products=1_250, num_kills=30, num_halfway=20)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service keeps its data, and the key to it."""

    settings: Settings
    key: str
    brand: str

    def open(self) -> Store:
        return open_store(self.settings.data_dir, **self.settings.places)

    def import_row(self) -> ImportRow | None:
        store = self.open()
        try:
            with store.database.read() as session:
                return session.scalars(select(ImportRow)).one_or_none()
        finally:
            store.close()

    @property
    def uploads(self) -> list[Path]:
        return sorted((self.settings.data_dir / "uploads").iterdir())


def make_place(folder: Path, database_url: str | None = None) -> Place:
    settings = settings_of(folder, database_url)
    store = open_store(folder, settings.database_place)
    key, _ = create_key(store.database, Role.ADMIN)
    with store.database.write() as session:
        brand = ensure_brand(session, "Acme")
    store.close()
    return Place(settings, key, brand)


@pytest.fixture(scope="module")
def size(request: pytest.FixtureRequest) -> Size:
    return FULL if request.config.getoption("--full") else SMALL


@pytest.fixture(scope="module")
def catalogue(size: Size) -> bytes:
    return draw_catalogue(size.num_products, size.num_pictures)


def upload(client: Client, brand: str, catalogue: bytes) -> Any:
    body, kind = form([("file", catalogue)])
    path = f"/v1/brands/{brand}/imports"
    answer = client.send("POST", path, body, {"Content-Type": kind})
    assert answer.status == 202, answer.body
    return answer.json


def wait_for_end(client: Client, path: str) -> Any:
    deadline = time.monotonic() + DEADLINE_S
    while (answer := client.send("GET", path).json)["state"] in ("queued", "running"):
        assert time.monotonic() < deadline, answer
        time.sleep(0.1)
    return answer


def end_state(place: Place) -> dict[str, object]:
    """Everything that there is, but for times, random names, leases and the key."""
    store = place.open()
    try:
        notes: list[str] = []
        index = open_index(store, notes)
        assert notes == []
        rows = table_rows(store)
        with store.database.read() as session:
            job = session.scalars(select(JobRow)).one()
            done = session.scalars(select(ImportRow)).one()
        ids = {job.id: "a job", done.id: "an import"}
        del rows["api_key"]
        del rows["clock"]  # how far sweeps have come depends on who looked when
        (told,) = rows["event"]
        rows["event"] = [(*told[2:5], told[5] | {"import_id": None})]
        rows["job"] = [(job.kind, job.state, job.last_error)]
        assert job.payload == {"import_id": done.id}
        state: dict[str, object] = {
            name: sorted(
                (tuple(ids.get(str(cell), cell) for cell in row) for row in found),
                key=lambda row: [str(cell) for cell in row],
            )
            for name, found in rows.items()
        }
        # The key of whoever asked for it differs.
        (imported,) = rows["catalogue_import"]
        state["catalogue_import"] = [
            "somebody" if cell == done.created_by else ids.get(str(cell), cell)
            for cell in imported
        ]
        return state | {
            "blobs": blob_files(store),
            "searches": search_results(index),
            "uploads": place.uploads,
        }
    finally:
        store.close()


@dataclass(frozen=True, slots=True)
class Undisturbed:
    state: dict[str, object]
    answer: Any
    problems: bytes
    seconds: float


@pytest.fixture(scope="module")
def undisturbed(catalogue, tmp_path_factory):
    place = make_place(tmp_path_factory.mktemp("undisturbed"))
    with service_process(place.settings, place.key) as client:
        started_at = time.monotonic()
        path = f"/v1/brands/{place.brand}/imports/"
        path += upload(client, place.brand, catalogue)["id"]
        answer = wait_for_end(client, path)
        seconds = time.monotonic() - started_at
        problems = client.send("GET", path + "/problems.csv").body
    return Undisturbed(end_state(place), answer, problems, seconds)


def kill_during_upload(place: Place, catalogue: bytes, share: float) -> None:
    """Kill a service that has got so much of a form."""
    service = start_service(place.settings, place.key)
    service.client.wait_until("/readyz")
    body, kind = form([("file", catalogue)])
    head = (
        f"POST /v1/brands/{place.brand}/imports HTTP/1.1\r\nHost: a\r\n"
        f"Authorization: Bearer {place.key}\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", service.client.port)) as sent:
        sent.sendall(head.encode() + body[: int(share * len(body))])
        time.sleep(0.05)
        service.kill()


def kill_after_upload(place: Place, catalogue: bytes) -> None:
    """Kill a service as soon as it has answered that the upload is safe."""
    service = start_service(place.settings, place.key)
    service.client.wait_until("/readyz")
    upload(service.client, place.brand, catalogue)
    service.kill()


def kill_during_import(place: Place, after_s: float) -> bool:
    """Kill a service that goes on with an import; says if that was halfway through."""
    service = start_service(place.settings, place.key)
    time.sleep(after_s)
    service.kill()
    row = place.import_row()
    assert row
    return row.state == "running" and row.num_rows < (row.num_rows_total or 0)


def age(path: Path) -> None:
    """Let files be as old as those that nobody will want."""
    then = time.time() - UPLOAD_S - 1
    for each in (*path.iterdir(), path):
        os.utime(each, (then, then))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_import_that_is_killed_often_ends_as_an_undisturbed_one(
    kind, request, size, catalogue, undisturbed, tmp_path, record_property
):
    url = None
    if kind == "postgresql":
        url = request.getfixturevalue("postgres").create_database()
    place = make_place(tmp_path / "data", url)
    rng = np.random.default_rng(0)
    started_at = time.monotonic()

    shares = (*rng.uniform(0, 1, 2), 1.0)
    num_kills = len(shares)
    for share in shares:
        kill_during_upload(place, catalogue, share)
        if share < 1:
            assert place.import_row() is None
    if place.import_row() is None:  # what was not answered may have been in time
        kill_after_upload(place, catalogue)
        num_kills += 1
    row = place.import_row()
    assert row is not None
    assert row.file_sha256 == undisturbed.answer["file_sha256"]

    num_halfway, lives_s = 0, 0.0
    num_rows = undisturbed.answer["num_rows"]
    row_s = undisturbed.seconds / num_rows
    for left in range(size.num_kills - num_kills, 0, -1):
        row = place.import_row()
        assert row
        if row.num_rows:
            row_s = min(row_s, lives_s / row.num_rows)
        num_more = max(0, (1 - LEFT_AT_LAST) * num_rows - row.num_rows) / left
        life_s = rng.uniform(0, 2 * (num_more * row_s + LIFELESS_S))
        num_halfway += kill_during_import(place, life_s)
        lives_s += max(0.0, life_s - LIFELESS_S)

    for upload_left in place.uploads:
        age(upload_left)
    with service_process(place.settings, place.key) as client:
        path = f"/v1/brands/{place.brand}/imports"
        (listed,) = client.send("GET", path).json["items"]
        answer = wait_for_end(client, f"{path}/{listed['id']}")
        problems = client.send("GET", f"{path}/{listed['id']}/problems.csv").body
        deadline = time.monotonic() + DEADLINE_S
        while place.uploads and time.monotonic() < deadline:
            time.sleep(0.1)
    seconds = time.monotonic() - started_at
    record_property("kills that landed halfway", num_halfway)
    record_property("seconds", round(seconds, 1))
    log.info("%s: %s kills halfway, %.0f s", kind, num_halfway, seconds)

    times = {"id", "created_at", "started_at", "finished_at"}
    shown = {k: v for k, v in answer.items() if k not in times}
    assert shown == {k: v for k, v in undisturbed.answer.items() if k not in times}
    assert answer["state"] == "done"
    assert problems == undisturbed.problems
    state = end_state(place)
    assert state.keys() == undisturbed.state.keys()
    for name, expected in undisturbed.state.items():
        assert state[name] == expected, name
    assert num_halfway >= size.num_halfway
