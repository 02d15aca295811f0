"""Pictures named by URL are fetched apart, and what cannot be had is told."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from detector.listings.intake.event import EventKind, GivenImage
from detector.listings.intake.scan_queue import require_room
from detector.listings.intake.take import SCAN_KIND
from detector.listings.pictures.fetch_job import DELAYS, KIND, FetchJob
from detector.store.counting import Counted
from detector.store.jobs import enqueue
from detector.store.listing_tables import (
    ListingImageRow,
    ListingRow,
    PictureBytesRow,
    PictureRow,
)
from detector.store.table import utc_now
from detector.store.work_tables import JobRow
from detector.store.worker import Worker
from tests.detector.catalogue.web_servers import fetching, website


@pytest.fixture
def site():
    with website() as running:
        yield running


def url(site, path: str) -> str:
    return f"http://127.0.0.1:{site.port}{path}"


def run(market, site, *, hosts: str | None = None) -> None:
    """Scan and fetch until no listing waits, but for another try later."""
    job = market.job()
    notes: list[str] = []
    with fetching(hosts or f"127.0.0.1:{site.port}") as fetcher:
        handlers = {SCAN_KIND: job.run, KIND: FetchJob(market.store, fetcher).run}
        worker = Worker(
            market.store.database,
            handlers,
            lease_s=30,
            threads=1,
            poll_s=0.02,
            on_note=notes.append,
        )
        worker.start()
        for _ in range(2_000):
            if not due(market):
                break
            worker._stopping.wait(0.01)
        assert worker.stop(20)
    job.close()
    assert notes == []
    assert not due(market)


def waiting(market) -> list[JobRow]:
    return [job for job in market.rows(JobRow) if job.kind in (SCAN_KIND, KIND)]


def due(market) -> list[JobRow]:
    return [job for job in waiting(market) if job.run_at <= utc_now()]


def images(market) -> list[ListingImageRow]:
    return sorted(market.rows(ListingImageRow), key=lambda image: image.position)


def test_a_picture_is_fetched_and_scanned(market, site):
    site.add("/a.png", market.photo(0))
    id = market.offer("l", GivenImage(0, url=url(site, "/a.png")))
    run(market, site)
    assert market.listing(id).verdict == "match"
    assert market.events() == ["match.created"]
    assert waiting(market) == []
    assert market.rows(PictureBytesRow) == []


def test_what_cannot_be_fetched_is_told_and_tried_again_later(market, site):
    site.add("/a.png", market.photo(0))
    id = market.offer(
        "l",
        GivenImage(0, url=url(site, "/gone.png")),
        GivenImage(1, url=url(site, "/a.png")),
    )
    run(market, site)
    assert market.listing(id).state == "scanned"
    assert market.listing(id).verdict == "match"
    first, second = images(market)
    assert first.error_code == "image_fetch_failed"
    assert "404" in (first.error or "")
    assert second.error is None
    [job] = waiting(market)
    assert job.kind == KIND
    assert timedelta(0) < job.run_at - utc_now() <= timedelta(minutes=1)

    site.add("/gone.png", market.photo(1))
    with market.store.database.write() as session:
        session.execute(update(JobRow).values(run_at=utc_now()))
        session.execute(update(ListingRow).values(state="queued"))
    run(market, site)
    assert [image.error for image in images(market)] == [None, None]
    assert len(site.asked) == 3
    assert market.events() == ["match.created", "match.updated"]


def test_a_listing_fails_only_when_the_last_try_did(market, site):
    id = market.offer("l", GivenImage(0, url=url(site, "/gone.png")))
    for num_tries in range(len(DELAYS)):
        run(market, site)
        row = market.listing(id)
        assert (row.state, row.scanned_at) == ("queued", None)
        assert "tried again" in (row.error or "")
        assert market.events() == []
        assert [image.error_code for image in images(market)] == ["image_fetch_failed"]
        [job] = waiting(market)
        assert DELAYS[num_tries] / 2 < job.run_at - utc_now() <= DELAYS[num_tries]
        with market.store.database.write() as session:
            require_room(session, 1, max_queued=1)
            session.execute(update(JobRow).values(run_at=utc_now()))
    run(market, site)
    assert market.listing(id).state == "failed"
    assert market.events() == ["listing.failed"]
    assert waiting(market) == []


def test_a_listing_whose_picture_comes_at_last_was_never_told_to_fail(market, site):
    id = market.offer("l", GivenImage(0, url=url(site, "/a.png")))
    run(market, site)
    site.add("/a.png", market.photo(0))
    with market.store.database.write() as session:
        session.execute(update(JobRow).values(run_at=utc_now()))
    run(market, site)
    assert (market.listing(id).state, market.listing(id).error) == ("scanned", None)
    assert market.events() == ["match.created"]


def test_a_host_that_is_not_allowed_is_told_and_left_alone(market, site):
    id = market.offer("l", GivenImage(0, url=url(site, "/a.png")))
    run(market, site, hosts="127.0.0.1:1")
    assert market.listing(id).state == "failed"
    assert market.listing(id).verdict is None
    assert "None of its pictures" in (market.listing(id).error or "")
    assert market.events() == ["listing.failed"]
    [image] = images(market)
    assert image.error_code == "image_host_not_allowed"
    assert waiting(market) == []
    assert not site.asked


def test_a_listing_that_moved_on_is_not_written_to(market, site):
    site.add("/a.png", market.photo(0))
    market.offer("l", GivenImage(0, url=url(site, "/a.png")))
    id = market.offer("l", market.photo(1), version=2, type=EventKind.UPDATED)
    run(market, site)
    assert [image.url for image in images(market)] == [None]
    assert market.listing(id).version == 2


def test_a_picture_wanted_again_is_fetched_again(market, site):
    site.add("/a.png", market.photo(0))
    id = market.offer("l", GivenImage(0, url=url(site, "/a.png")))
    run(market, site)
    row = market.picture(market.photo(0))
    Path(market.store.blobs.place(row.sha256)).unlink()
    with market.store.database.write() as session:
        session.execute(update(PictureRow).values(is_kept=False))
        session.execute(update(ListingRow).values(state="queued"))
        payload = {"listing_id": id, "version": 1, "attempt": 0, "again": [row.sha256]}
        enqueue(session, SCAN_KIND, payload=payload)
    run(market, site)
    assert len(site.asked) == 2
    assert market.counts[Counted.PICTURE_MATCHED] == 2
    assert Counted.PICTURE_VECTORS_ONLY not in market.counts
