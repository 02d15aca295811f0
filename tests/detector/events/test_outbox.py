import json
import threading

import pytest

from detector.events.endpoints import change_endpoint
from detector.events.event_list import list_events
from detector.events.outbox import MAX_DATA_BYTES, EventType, emit, size_of, thin
from detector.events.sending import write_body
from detector.store.database import Database
from detector.store.table import utc_now
from tests.detector.events.webhook_world import (
    ACME,
    PLATFORM,
    SHOP,
    add_brand,
    add_endpoint,
    deliveries_of,
    events_sent_to,
    tell,
)


def test_an_event_goes_to_every_endpoint_that_wants_it(database):
    add_brand(database, "brand_acme")
    add_brand(database, "brand_zeta")
    platform = add_endpoint(database, owner=PLATFORM)
    shop = add_endpoint(database, owner=SHOP)
    picky = add_endpoint(database, owner=SHOP, types=[EventType.LISTING_FAILED])
    acme = add_endpoint(database, owner=ACME)
    match = tell(database, marketplace="shop", brand_id="brand_acme")
    failed = tell(database, type=EventType.LISTING_FAILED)
    elsewhere = tell(database, marketplace="bazaar", brand_id="brand_zeta")
    imported = tell(
        database,
        type=EventType.CATALOGUE_IMPORT_COMPLETED,
        marketplace=None,
        brand_id="brand_acme",
    )
    others = tell(
        database,
        type=EventType.CATALOGUE_IMPORT_COMPLETED,
        marketplace=None,
        brand_id="brand_zeta",
    )
    swept = tell(database, type=EventType.SWEEP_COMPLETED, marketplace=None)
    assert events_sent_to(database, platform) == [
        match,
        failed,
        elsewhere,
        imported,
        others,
        swept,
    ]
    assert events_sent_to(database, shop) == [match, failed]
    assert events_sent_to(database, picky) == [failed]
    assert events_sent_to(database, acme) == [imported]


@pytest.mark.parametrize("type", EventType)
def test_no_event_of_somebody_else_is_sent_or_listed(database, type):
    add_brand(database, "brand_acme")
    add_brand(database, "brand_zeta")
    endpoints = [add_endpoint(database, owner=each) for each in (SHOP, ACME)]
    tell(database, type=type, marketplace="bazaar", brand_id="brand_zeta")
    tell(database, type=type, marketplace=None, brand_id="brand_zeta")
    tell(database, type=type, marketplace="bazaar")
    tell(database, type=type, marketplace=None)
    for endpoint in endpoints:
        assert events_sent_to(database, endpoint) == []
    with database.read() as session:
        for audience in (SHOP, ACME):
            assert list_events(session, audience, limit=10).events == []


@pytest.mark.parametrize("type", EventType)
def test_of_its_own_events_each_sees_the_types_that_are_for_it(database, type):
    add_brand(database, "brand_acme")
    tell(database, type=type, marketplace="shop", brand_id="brand_acme")
    with database.read() as session:
        for audience in (PLATFORM, SHOP, ACME):
            found = list_events(session, audience, limit=10).events
            assert [event.type for event in found] == [type] * (type in audience.types)


def test_what_is_for_a_brand_is_not_for_a_marketplace():
    assert not [t for t in SHOP.types if t.startswith("catalogue.")]
    assert not [t for t in ACME.types if t.startswith(("match.", "listing."))]
    assert EventType.WEBHOOK_TEST not in PLATFORM.types | SHOP.types | ACME.types


def test_a_disabled_endpoint_gets_nothing(database):
    endpoint = add_endpoint(database)
    with database.write() as session:
        change_endpoint(session, SHOP, endpoint, {"state": "disabled"})
    tell(database)
    assert deliveries_of(database, endpoint) == []


def test_what_was_not_committed_was_not_emitted(database):
    endpoint = add_endpoint(database)

    def emit_in_vain() -> None:
        with database.write() as session:
            emit(
                session,
                EventType.MATCH_CREATED,
                marketplace="shop",
                brand_id=None,
                data={},
            )
            raise RuntimeError("the work came to nothing")

    with pytest.raises(RuntimeError):
        emit_in_vain()
    assert deliveries_of(database, endpoint) == []
    with database.read() as session:
        assert list_events(session, PLATFORM, limit=10).events == []


def test_of_what_is_too_much_the_largest_fields_are_left_out():
    data = {"flag_id": "flg_1", "images": ["é" * 90] * 300, "note": "x" * 30_000}
    kept = thin(data)
    assert kept == {"flag_id": "flg_1", "left_out": ["images", "note"]}
    assert thin({"note": "x" * 19_000}) == {"note": "x" * 19_000}
    whole = {"note": "x" * (MAX_DATA_BYTES - size_of({"note": ""}))}
    assert thin(whole) == whole
    body = write_body(EventType.WEBHOOK_ENDPOINT_DISABLED, utc_now(), whole)
    assert len(body.encode()) < 20_000
    assert json.loads(body)["data"] == whole


def test_a_poller_misses_nothing_of_two_writers(place):
    """However their transactions overlap: each seq is visible before the next is."""
    num_each = 60
    seen: list[object] = []
    cursor, is_over = None, threading.Event()
    database = Database(place)

    def write(name: str) -> None:
        own = Database(place)
        for number in range(num_each):
            with own.write() as session:
                emit(
                    session,
                    EventType.MATCH_CREATED,
                    marketplace="shop",
                    brand_id=None,
                    data={"name": f"{name}-{number}"},
                )
                is_over.wait(0.002)
        own.close()

    def poll() -> None:
        nonlocal cursor
        with database.read() as session:
            page = list_events(session, SHOP, limit=7, cursor=cursor)
        seen.extend(event.data["name"] for event in page.events)
        cursor = page.next_cursor

    writers = [threading.Thread(target=write, args=(name,)) for name in "ab"]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        poll()
    for _ in range(2 * num_each):
        poll()
    assert len(seen) == 2 * num_each
    assert set(seen) == {f"{name}-{n}" for name in "ab" for n in range(num_each)}
    for name in "ab":
        assert [s for s in seen if str(s)[0] == name] == [
            f"{name}-{n}" for n in range(num_each)
        ]
    database.close()
