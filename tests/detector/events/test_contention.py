"""All that can be done to endpoints, at once: nobody blocks, nothing is lost."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

from detector.errors import Conflict
from detector.events.delivery_log import replay, send_test
from detector.events.endpoints import (
    change_endpoint,
    delete_endpoint,
    disable,
    rotate_secret,
)
from detector.store.database import Database
from detector.store.table import utc_now
from tests.detector.events.webhook_world import (
    PLATFORM,
    SHOP,
    add_endpoint,
    all_are,
    delivering,
    endpoint_of,
    events_sent_to,
    num_jobs,
    tell,
    wait_until,
)

DURATION_S = 4.0
NUM_EMITTERS = 2


def test_emitting_delivering_and_managing_do_not_get_in_each_others_way(
    place, database, receiver
):
    faults: list[Exception] = []
    told: list[str] = []
    until = time.monotonic() + DURATION_S
    steady = add_endpoint(database, receiver)
    shaky = add_endpoint(database, receiver, owner=PLATFORM)

    def emit_many(own: Database) -> None:
        told.append(tell(own))

    def manage(own: Database) -> None:
        with own.write() as session:
            change_endpoint(session, PLATFORM, shaky, {"state": "enabled"})
        with own.write() as session:
            rotate_secret(session, SHOP, steady, overlap=timedelta())
        with own.write() as session:
            change_endpoint(session, SHOP, steady, {"description": "still here"})
        try:
            with own.write() as session:
                since = utc_now() - timedelta(seconds=0.1)
                replay(session, SHOP, steady, since=since)
            with own.write() as session:
                send_test(session, PLATFORM, shaky)
        except Conflict:
            pass  # just disabled

    def make_trouble(own: Database) -> None:
        with own.write() as session:
            disable(session, shaky, reason="It is shaky.")
        brief = add_endpoint(own, receiver)
        with own.write() as session:
            delete_endpoint(session, SHOP, brief)

    def repeat(work: Callable[[Database], None]) -> None:
        own = Database(place)
        try:
            while time.monotonic() < until:
                work(own)
                time.sleep(0.02)
        except Exception as error:
            faults.append(error)
        finally:
            own.close()

    work = [*[emit_many] * NUM_EMITTERS, manage, make_trouble]
    threads = [threading.Thread(target=repeat, args=(each,)) for each in work]
    with delivering(database, receiver) as notes:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []
        with database.write() as session:
            change_endpoint(session, PLATFORM, shaky, {"state": "enabled"})
        wait_until(lambda: all_are(database, steady, "delivered"), timeout_s=180)
        wait_until(lambda: all_are(database, shaky, "delivered"), timeout_s=180)
        wait_until(lambda: num_jobs(database) == 0, timeout_s=60)
    assert notes == []
    assert endpoint_of(database, shaky).state == "enabled"
    assert len(told) > 10
    assert set(told) <= set(events_sent_to(database, steady))
    assert set(told) <= set(receiver.ids)
