import base64
import json
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from standardwebhooks import Webhook, WebhookVerificationError

from detector.events.delivery_job import SlowLane
from detector.events.endpoints import delete_endpoint, rotate_secret
from detector.store.event_tables import (
    EventRow,
)
from tests.detector.events.webhook_world import (
    SHOP,
    add_endpoint,
    all_are,
    attempts_of,
    deliveries_of,
    delivering,
    num_jobs,
    tell,
    wait_until,
)
from tests.webhook_receiver import receiving


def test_an_event_arrives_once_signed_and_thin(database, receiver):
    endpoint = add_endpoint(database, receiver)
    with delivering(database, receiver):
        id = tell(database, 7)
        [got] = receiver.wait_for(1)
        wait_until(lambda: all_are(database, endpoint, "delivered"))
        wait_until(lambda: num_jobs(database) == 0)
    assert got.is_genuine
    assert (got.id, got.type, got.data) == (id, "match.created", {"number": 7})
    assert json.loads(got.body).keys() == {"type", "timestamp", "data"}
    assert got.headers["content-type"] == "application/json"
    with database.read() as session:
        event = session.scalars(select(EventRow)).one()
    assert json.loads(got.body)["timestamp"] == event.created_at.isoformat()
    assert abs(int(got.headers["webhook-timestamp"]) - time.time()) < 30
    [row] = deliveries_of(database, endpoint)
    [attempt] = attempts_of(database, row.id)
    assert (row.num_attempts, row.last_status, row.next_at) == (1, 204, None)
    assert (attempt.n, attempt.status, attempt.error) == (1, 204, None)
    assert len(receiver.received) == 1


def test_a_signature_is_worth_nothing_for_another_body_or_secret(database, receiver):
    add_endpoint(database, receiver)
    assert receiver.secret is not None
    assert receiver.secret.startswith("whsec_")
    assert len(base64.b64decode(receiver.secret.removeprefix("whsec_"))) == 32
    with delivering(database, receiver):
        tell(database)
        [got] = receiver.wait_for(1)
    with pytest.raises(WebhookVerificationError):
        Webhook(receiver.secret).verify(got.body + b" ", dict(got.headers))
    other = "whsec_" + base64.b64encode(b"0" * 32).decode()
    with pytest.raises(WebhookVerificationError):
        Webhook(other).verify(got.body, dict(got.headers))


def test_two_hundred_events_arrive_each_once(database, receiver):
    endpoint = add_endpoint(database, receiver)
    ids = [tell(database, number) for number in range(200)]
    started = time.monotonic()
    with delivering(database, receiver):
        receiver.wait_for(200)
        wait_until(lambda: all_are(database, endpoint, "delivered"))
        duration_s = time.monotonic() - started
        wait_until(lambda: num_jobs(database) == 0)
    assert sorted(receiver.ids) == sorted(ids)
    assert all(each.is_genuine for each in receiver.received)
    assert receiver.most_at_once == 1
    assert len(receiver.clients) < 20  # connections are used again
    assert duration_s < 20


def test_while_a_secret_is_rotated_both_are_good(database, receiver):
    endpoint = add_endpoint(database, receiver)
    old = receiver.secret
    with database.write() as session:
        _, new = rotate_secret(session, SHOP, endpoint, overlap=timedelta(seconds=60))
    with delivering(database, receiver):
        tell(database, 1)
        receiver.wait_for(1)
        receiver.secret = new
        tell(database, 2)
        receiver.wait_for(2)
        with database.write() as session:
            _, newest = rotate_secret(session, SHOP, endpoint, overlap=timedelta(0))
        tell(database, 3)
        receiver.wait_for(3)
        receiver.secret = newest
        tell(database, 4)
        receiver.wait_for(4)
    assert old != new
    assert [each.is_genuine for each in receiver.received] == [True, True, False, True]
    signatures = [each.headers["webhook-signature"] for each in receiver.received]
    assert [len(each.split(" ")) for each in signatures] == [2, 2, 1, 1]
    assert all(part.startswith("v1,") for each in signatures for part in each.split())


DELIVER_UNTIL_KILLED = """
import sys, threading
from pathlib import Path
from detector.events.delivery_job import delivery_handlers
from detector.events.sending import WebhookSender
from detector.network.hosts import AllowedHosts
from detector.store.database import Database
from detector.store.worker import Worker
kind, place, hosts = sys.argv[1:]
database = Database(Path(place) if kind == "file" else place)
sender = WebhookSender(AllowedHosts.parse(hosts))
handlers = delivery_handlers(database, sender)
Worker(database, handlers, lease_s=1, threads=2, on_note=print).start()
threading.Event().wait()
"""


def test_what_was_sent_when_a_process_was_killed_is_sent_again_under_its_id(
    database, place, receiver
):
    receiver.pause_s = 30
    endpoint = add_endpoint(database, receiver)
    id = tell(database)
    kind = "file" if isinstance(place, Path) else "url"
    with subprocess.Popen(
        [sys.executable, "-c", DELIVER_UNTIL_KILLED, kind, str(place), receiver.hosts]
    ) as process:
        receiver.wait_for(1, timeout_s=60)
        process.kill()
    [row] = deliveries_of(database, endpoint)
    assert (row.state, row.num_attempts) == ("pending", 0)
    receiver.pause_s = 0
    with delivering(database, receiver):
        wait_until(lambda: all_are(database, endpoint, "delivered"))
        wait_until(lambda: num_jobs(database) == 0)
    assert receiver.ids == [id, id]
    assert all(each.is_genuine for each in receiver.received)


@pytest.mark.parametrize("num_slow", [1, 3])
def test_slow_endpoints_do_not_hold_up_the_others(database, receiver, num_slow):
    with receiving() as slow:
        slow.pause_s = 2.5
        slow_ones = [add_endpoint(database, slow) for _ in range(num_slow)]
        fast = add_endpoint(database, receiver)
        for number in range(40):
            tell(database, number)

        def have_all_been_slow() -> bool:
            found = [deliveries_of(database, each) for each in slow_ones]
            return all(any(row.num_attempts for row in rows) for rows in found)

        with delivering(database, slow, receiver):
            wait_until(lambda: all_are(database, fast, "delivered"), timeout_s=60)
            wait_until(have_all_been_slow, timeout_s=60)
            slow.most_at_once = 0
            for number in range(20):
                tell(database, number)
                receiver.wait_for(41 + number)
            assert slow.most_at_once <= 1  # the other thread is for the others
            slow.pause_s = 0
    assert not any(all_are(database, each, "delivered") for each in slow_ones)


def test_one_of_the_slow_at_a_time():
    lane = SlowLane()
    with lane.enter("a") as first, lane.enter("a") as again:
        assert (first, again) == (True, True)
    for name in ("a", "b"):
        lane.observe(name, 3)
    with lane.enter("a") as first:
        assert first
        with lane.enter("b") as second, lane.enter("fast") as third:
            assert (second, third) == (False, True)
    with lane.enter("b") as second:
        assert second
    lane.observe("a", 0.1)
    with lane.enter("b") as first, lane.enter("a") as second:
        assert (first, second) == (True, True)


def test_a_deleted_endpoint_leaves_nothing_behind(database, receiver):
    receiver.pause_s = 0.5
    endpoint = add_endpoint(database, receiver)
    tell(database, 1)
    tell(database, 2)
    with delivering(database, receiver) as notes:
        receiver.wait_for(1)
        with database.write() as session:
            delete_endpoint(session, SHOP, endpoint)
        wait_until(lambda: num_jobs(database) == 0)
    assert notes == []
    assert len(receiver.received) == 1
    assert deliveries_of(database, endpoint) == []
