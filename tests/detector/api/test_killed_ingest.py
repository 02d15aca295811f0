"""Services and workers that are killed during an ingest lose and double nothing.

With `--full` it is the size that is promised: 5,000 listings and 30 kills.
"""

import logging
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, select

from detector.matching.match import Verdict
from detector.store.case_tables import FLAG_KIND
from detector.store.listing_tables import (
    ListingRow,
    PictureBytesRow,
    PictureClusterRow,
    PictureRow,
    SightingRow,
)
from detector.store.store import Store
from detector.store.work_tables import JobRow
from tests.detector.api.company import Company
from tests.detector.api.shop import DEADLINE_S, Marketplace, Place, Size, make_place
from tests.webhook_receiver import Receiver, receiving

log = logging.getLogger(__name__)

PAUSE_S = 0.2


SMALL = Size(num_listings=200, num_pictures=40, num_kills=4, max_queued=60)
FULL = Size(num_listings=5_000, num_pictures=400, num_kills=30, max_queued=500)


@pytest.fixture
def size(request: pytest.FixtureRequest) -> Size:
    return FULL if request.config.getoption("--full") else SMALL


def num_scanned(store: Store) -> int:
    with store.database.read() as session:
        query = select(func.count()).where(ListingRow.state == "scanned")
        return session.scalar(query) or 0


def has_flags_to_follow(store: Store) -> bool:
    with store.database.read() as session:
        query = select(JobRow.id).where(JobRow.kind == FLAG_KIND).limit(1)
        return session.scalar(query) is not None


def require_nothing_left(store: Store) -> None:
    """No job waits, is held, or was given up; no bytes lie about."""
    with store.database.read() as session:
        jobs = session.execute(
            select(JobRow.kind, JobRow.state, func.count()).group_by(
                JobRow.kind, JobRow.state
            )
        ).all()
        assert session.scalar(select(func.count()).select_from(PictureBytesRow)) == 0
    assert [tuple(row) for row in jobs if row.state != "done"] == []


def require_true_counts(store: Store) -> None:
    """What clusters say of themselves is so, whoever has changed them at once."""
    pictures: Counter[str] = Counter()
    listings: dict[str, set[str]] = defaultdict(set)
    with store.database.read() as session:
        for cluster in session.scalars(select(PictureRow.cluster_id)):
            pictures[str(cluster)] += 1
        shown = select(PictureRow.cluster_id, SightingRow.listing_id).join(
            SightingRow, SightingRow.picture_sha256 == PictureRow.sha256
        )
        for cluster, listing in session.execute(shown):
            listings[str(cluster)].add(listing)
        for row in session.scalars(select(PictureClusterRow)):
            counted = pictures.pop(row.id), len(listings[row.id])
            assert (row.num_pictures, row.num_listings) == counted
    assert not pictures


@pytest.mark.parametrize(
    ("kind", "num_workers"), [("sqlite", 1), ("postgresql", 2)], ids=str
)
def test_every_listing_is_scanned_once_whoever_is_killed(
    kind, num_workers, size, request, tmp_path, record_property
):
    url = None
    if kind == "postgresql":
        url = request.getfixturevalue("postgres").create_database()
    rng = np.random.default_rng(int(sha256(kind.encode()).hexdigest()[:8], 16))
    with receiving() as receiver:
        place = make_place(tmp_path, url, size, receiver)
        store = place.open()
        company = Company(place.settings, place.key, num_workers)
        started_at = time.monotonic()
        try:
            company.start()
            market = ingest(place, size, company, receiver, store, rng)
        finally:
            company.stop()
        seconds = time.monotonic() - started_at
        log.info(
            "%s: %s kills, outcomes %s, %.0f s, %s events, %s deliveries",
            kind,
            dict(company.kills),
            dict(market.statuses),
            seconds,
            len(market.events),
            len(receiver.received),
        )
        record_property("seconds", round(seconds, 1))
        record_property("kills", dict(company.kills))
        require_nothing_left(store)
        require_true_counts(store)
        store.close()
        require_each_once(place, market)
        require_told_of(market.events, receiver)


def ingest(
    place: Place,
    size: Size,
    company: Company,
    receiver: Receiver,
    store: Store,
    rng: np.random.Generator,
) -> Marketplace:
    """Send listings while processes die; end when all were scanned and told of."""
    client = company.client
    assert client is not None
    client.wait_until("/readyz")
    body = b'{"url": "%s", "types": []}' % receiver.url.encode()
    made = client.send(
        "POST", "/v1/webhooks", body, {"Content-Type": "application/json"}
    )
    assert made.status == 201, made.body
    receiver.secret = made.json["secret"]

    market = Marketplace(place, size, lambda: company.client or client)
    failures: list[BaseException] = []

    def send() -> None:
        try:
            market.send_all()
        except BaseException as error:
            failures.append(error)

    sender = threading.Thread(target=send)
    sender.start()
    deadline = time.monotonic() + DEADLINE_S
    due = sorted(rng.uniform(0.02, 0.95, size.num_kills) * size.num_listings)
    while due or sender.is_alive() or not is_over(market, receiver, store):
        assert time.monotonic() < deadline
        if failures:
            raise failures[0]
        if due and num_scanned(store) >= due[0]:
            due.pop(0)
            time.sleep(rng.uniform(0, 0.5))
            victim = company.kill_one(rng)
            log.info(
                "%s scanned; killed %s; %s left", num_scanned(store), victim, len(due)
            )
        with suppress(OSError):  # it is dead, or not there yet
            market.watch()
        time.sleep(PAUSE_S)
    sender.join()
    if failures:
        raise failures[0]
    return market


def is_over(market: Marketplace, receiver: Receiver, store: Store) -> bool:
    if num_scanned(store) < len(market.told) or has_flags_to_follow(store):
        return False
    market.watch(from_start=True)
    return {each.id for each in receiver.received} >= {e["id"] for e in market.events}


def require_each_once(place: Place, market: Marketplace) -> None:
    """Hold what was seen from outside to what was told, and to what should be found."""
    assert {name for name, _ in market.scans} == market.told.keys()
    for (name, version), times in market.scans.items():
        assert len(times) == 1, (name, version, times)
        assert version <= market.told[name].version
    for name, told in market.told.items():
        assert (name, told.version) in market.scans, name

    opened = Counter(
        e["data"]["case_id"] for e in market.events if e["type"] == "case.opened"
    )
    assert set(opened.values()) <= {1}
    events = [e for e in market.events if e["type"].startswith("match.")]
    created = Counter(flag_of(e) for e in events if e["type"] == "match.created")
    assert set(created.values()) <= {1}
    last = {flag_of(event): event for event in events}
    expected = {
        (name, brand): verdict
        for name, told in market.told.items()
        for brand, verdict in worst(place.flagged[k] for k in told.shown).items()
    }
    standing = {
        flag: Verdict(event["data"]["verdict"])
        for flag, event in last.items()
        if event["type"] != "match.withdrawn"
    }
    assert standing == expected
    # Of a listing that never changed there is one event a flag, and no other.
    once = [flag_of(e) for e in events if market.told[flag_of(e)[0]].version == 1]
    assert sorted(once) == sorted(
        flag for flag in expected if market.told[flag[0]].version == 1
    )


def worst(verdicts: Any) -> dict[str, Verdict]:
    """Join the verdicts for each brand over a listing's pictures."""
    found: dict[str, Verdict] = {}
    for each in verdicts:
        for brand, verdict in each.items():
            if found.get(brand) is not Verdict.MATCH:
                found[brand] = verdict
    return found


def flag_of(event: Any) -> tuple[str, str]:
    data = event["data"]
    return data["listing"]["listing_id"], data["brand"]["name"]


def require_told_of(events: Sequence[Any], receiver: Receiver) -> None:
    """Whoever polls and whoever is called learn the same, each event once by its id."""
    ids = [event["id"] for event in events]
    assert len(set(ids)) == len(ids)
    assert all(each.is_genuine for each in receiver.received)
    received = {each.id: each for each in receiver.received}
    assert received.keys() == set(ids)
    for event in events:
        assert received[event["id"]].data == event["data"]
        assert received[event["id"]].type == event["type"]
