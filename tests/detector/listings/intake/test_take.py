import threading
from hashlib import sha256
from itertools import permutations

import numpy as np
import pytest

from detector.errors import QueueFull
from detector.listings.intake.event import EventKind, GivenImage
from detector.listings.intake.given_pictures import keep_pictures
from detector.listings.intake.take import take_events, take_in
from detector.store.listing_tables import (
    ListingImageRow,
    ListingRow,
    ListingVersionRow,
    PictureBytesRow,
    PictureSenderRow,
)
from detector.store.table import utc_now
from detector.store.work_tables import JobRow
from tests.detector.listings.intake.conftest import deletion, event

BYTES = b"\xff\xd8 a picture"
DIGEST = sha256(BYTES).hexdigest()


def test_a_new_listing_is_kept_and_a_scan_asked_for_in_the_same_transaction(intake):
    inline = GivenImage(1, data=BYTES)
    by_url = GivenImage(0, url="https://img.example/0.jpg")
    assert intake.statuses(event(images=(inline, by_url))) == ["accepted"]
    row = intake.listing()
    assert (row.state, row.version, row.seller_id) == ("queued", 1, "sam")
    assert row.details == {"title": "a 1"}
    assert intake.images() == [
        (0, None, "https://img.example/0.jpg"),
        (1, DIGEST, None),
    ]
    with intake.store.database.read() as session:
        assert session.get_one(PictureBytesRow, DIGEST).data == BYTES
    assert intake.jobs() == [("a", 1)]
    job = intake.rows(JobRow)[0]
    assert job.payload["attempt"] == 0
    assert job.max_attempts == 5
    version = intake.rows(ListingVersionRow)[0]
    assert [image["position"] for image in version.images] == [1, 0]


def test_the_same_event_again_changes_nothing(intake):
    first = event(images=(GivenImage(0, data=BYTES),))
    again = event(images=(GivenImage(0, data=BYTES),), event_id="another")
    assert intake.statuses(first, first) == ["accepted", "duplicate"]
    assert intake.statuses(again) == ["duplicate"]
    assert intake.jobs() == [("a", 1)]


def test_another_content_under_the_same_version_is_told_as_a_conflict(intake):
    other = event(details={"title": "changed"})
    accepted, conflict = intake.take(event(), other)
    assert (accepted.status, conflict.status) == ("accepted", "invalid")
    assert [fault.pointer for fault in conflict.faults] == ["/version"]
    assert intake.take(other)[0].faults == conflict.faults
    assert intake.listing().details == {"title": "a 1"}


def test_an_older_version_is_stale_and_a_newer_one_replaces_what_was_there(intake):
    two = event(version=2, images=(GivenImage(5, url="https://img.example/2"),))
    assert intake.statuses(two) == ["accepted"]
    assert intake.statuses(event(version=1)) == ["stale"]
    assert intake.statuses(event(version=3)) == ["accepted"]
    assert intake.images() == [(0, None, "https://img.example/a.jpg")]
    assert intake.listing().version == 3
    assert intake.jobs() == [("a", 2), ("a", 3)]
    assert [row.version for row in intake.rows(ListingVersionRow)] == [2, 3]


def test_of_a_batch_the_newest_version_counts_in_any_order(intake):
    for n, order in enumerate(permutations([1, 2, 3, 3])):
        events = [event(f"l{n}", version) for version in order]
        found = dict(zip(order, intake.statuses(*events), strict=True))
        assert found == {1: "stale", 2: "stale", 3: found[3]}
        assert found[3] in ("accepted", "duplicate")
        assert intake.listing(f"l{n}").version == 3
    assert len(intake.jobs()) == n + 1


def test_any_order_and_repetition_of_a_stream_ends_the_same(intake):
    stream = [
        *(event(name, version) for name in "abc" for version in (1, 2, 4)),
        *(deletion(name, 3) for name in "abc"),
        deletion("b", 5),
    ]
    for seed in range(4):
        rng = np.random.default_rng(seed)
        repeated = [stream[n] for n in rng.permutation(len(stream) * 2) % len(stream)]
        for start in range(0, len(repeated), 5):
            intake.take(*repeated[start : start + 5])
        rows = {row.external_id: row for row in intake.rows(ListingRow)}
        assert {name: row.version for name, row in rows.items()} == {
            "a": 4,
            "b": 5,
            "c": 4,
        }
        assert [rows[name].state for name in "abc"] == ["queued", "deleted", "queued"]
    accepted = intake.rows(ListingVersionRow)
    assert len(accepted) == len({(row.listing_id, row.version) for row in accepted})


def test_a_deleted_listing_keeps_what_it_said_and_showed(intake):
    intake.take(event())
    assert intake.statuses(deletion(version=2, removal="sold")) == ["accepted"]
    row = intake.listing()
    assert (row.state, row.removal, row.version) == ("deleted", "sold", 2)
    assert row.deleted_at is not None
    assert row.details == {"title": "a 1"}
    assert row.seller_id == "sam"
    assert len(intake.images()) == 1


def test_an_unknown_listing_that_is_deleted_stays_so_for_what_comes_late(intake):
    assert intake.statuses(deletion(version=5)) == ["accepted"]
    assert intake.statuses(event(version=4)) == ["stale"]
    assert intake.listing().state == "deleted"
    assert intake.jobs() == []


def test_a_listing_can_come_back(intake):
    intake.take(event(), deletion(version=2, removal="ended"))
    assert intake.statuses(event(version=3, type=EventKind.UPDATED)) == ["accepted"]
    row = intake.listing()
    assert (row.state, row.removal, row.deleted_at) == ("queued", None, None)
    assert intake.jobs() == [("a", 3)]


def test_a_listing_without_pictures_is_done_at_once(intake):
    intake.take(event(images=()))
    assert intake.listing().state == "scanned"
    assert intake.jobs() == []


def test_a_picture_is_named_by_hash_only_by_who_has_sent_it(intake):
    named = (
        GivenImage(0, url="https://img.example/0"),
        GivenImage(1, sha256=DIGEST),
    )
    refused = intake.take(event(images=named))[0]
    assert refused.status == "invalid"
    assert [fault.pointer for fault in refused.faults] == ["/images/1/sha256"]
    with intake.store.database.write() as session:
        keep_pictures(session, "other", {DIGEST: BYTES})
    assert intake.statuses(event(images=named)) == ["invalid"]
    assert intake.rows(ListingRow) == []
    with intake.store.database.write() as session:
        keep_pictures(session, "shop", {DIGEST: BYTES})
    assert intake.statuses(event(images=named)) == ["accepted"]


def test_a_picture_that_comes_along_can_be_named_in_the_same_call(intake):
    named = event("a", images=(GivenImage(0, sha256=DIGEST),))
    brought = event("b", images=(GivenImage(0, data=BYTES),))
    elsewhere = event("c", marketplace="other", images=named.images)
    assert intake.statuses(named, brought, elsewhere) == [
        "accepted",
        "accepted",
        "invalid",
    ]


def test_a_picture_whose_bytes_are_gone_and_that_nobody_looked_at_is_unknown(intake):
    with intake.store.database.write() as session:
        session.add(PictureSenderRow(marketplace="shop", sha256=DIGEST))
    named = event(images=(GivenImage(0, sha256=DIGEST),))
    assert intake.statuses(named) == ["invalid"]


def test_an_invalid_newer_version_does_not_lose_the_older_one(intake):
    broken = event(version=2, images=(GivenImage(0, sha256=DIGEST),))
    assert intake.statuses(broken, event(version=1)) == ["invalid", "accepted"]
    assert intake.listing().version == 1


def test_bytes_of_events_that_do_not_count_are_not_kept(intake):
    intake.take(event(version=2))
    stale = event(version=1, images=(GivenImage(0, data=BYTES),))
    assert intake.statuses(stale) == ["stale"]
    assert intake.rows(PictureBytesRow) == []


def test_a_full_queue_takes_nothing_and_says_when_to_come_back(intake):
    intake.take(*(event(f"l{n}") for n in range(6)), max_queued=8)
    more = [event(f"m{n}") for n in range(3)]
    with pytest.raises(QueueFull, match="6 listings wait") as told:
        intake.take(*more, max_queued=8)
    assert told.value.retry_after_s == 60
    assert len(intake.rows(ListingRow)) == 6
    assert len(intake.take(*more[:2], max_queued=8)) == 2


def test_a_full_queue_still_takes_what_needs_no_scan(intake):
    intake.take(event("a"), event("b"), max_queued=2)
    with pytest.raises(QueueFull):
        intake.take(event("c"), max_queued=2)
    late = [event("a"), event("b", 0), deletion("b"), event("d", images=())]
    assert [o.status for o in intake.take(*late, max_queued=2)] == [
        "duplicate",
        "stale",
        "accepted",
        "accepted",
    ]


def test_updates_of_one_listing_fill_the_queue_too(intake):
    for version in range(4):
        intake.take(event(version=version), max_queued=4)
    with pytest.raises(QueueFull):
        intake.take(event(version=4), max_queued=4)


def test_an_empty_queue_takes_a_call_that_is_larger_than_it(intake):
    assert len(intake.take(*(event(f"l{n}") for n in range(5)), max_queued=2)) == 5


def test_the_time_to_come_back_follows_from_the_pace_of_late(intake):
    intake.take(*(event(f"l{n}") for n in range(40)))
    with intake.store.database.write() as session:
        for row in session.query(ListingRow).limit(12):
            row.state, row.scanned_at = "scanned", utc_now()
    with pytest.raises(QueueFull) as told:
        intake.take(*(event(f"m{n}") for n in range(6)), max_queued=40)
    # 12 a minute; 40 jobs wait, and 6 more are 6 too many.
    assert told.value.retry_after_s == 30


def test_the_time_to_come_back_is_bounded(intake):
    intake.take(*(event(f"l{n}") for n in range(30)))
    with intake.store.database.write() as session:
        row = session.query(ListingRow).limit(1).one()
        row.state, row.scanned_at = "scanned", utc_now()
    with pytest.raises(QueueFull) as told:
        intake.take(event("m"), max_queued=2)
    assert told.value.retry_after_s == 600


def test_nothing_is_kept_of_a_transaction_that_fails(intake):
    def take_and_fail() -> None:
        with intake.store.database.write() as session:
            take_in(session, [event()], max_queued=10)
            raise KeyError

    with pytest.raises(KeyError):
        take_and_fail()
    assert intake.rows(ListingRow) == intake.rows(JobRow) == []


def test_senders_at_the_same_time_neither_double_nor_lose(intake):
    outcomes: list[list[str]] = []

    def send(seed: int) -> None:
        rng = np.random.default_rng(seed)
        events = [
            event(f"l{name}", version, images=(GivenImage(0, data=BYTES),))
            for name in range(20)
            for version in (1, 2)
        ]
        order = rng.permutation(len(events))
        found = take_events(intake.store, [events[n] for n in order], max_queued=10_000)
        outcomes.append([outcome.status.value for outcome in found])

    threads = [threading.Thread(target=send, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 6
    assert sum(each.count("accepted") for each in outcomes) == 20
    assert intake.jobs() == sorted((f"l{name}", 2) for name in range(20))
    assert len(intake.rows(ListingImageRow)) == 20
