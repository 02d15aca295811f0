from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from detector.events.deliveries import (
    JITTER,
    MAX_ASKED_PAUSE_S,
    MAX_PAUSE_S,
    MIN_PAUSE_S,
    SCHEDULE,
    Sent,
    pause_after,
    record_attempt,
)
from detector.events.endpoints import change_endpoint
from detector.events.outbox import EventType
from detector.store.event_tables import (
    EventRow,
    WebhookEndpointRow,
)
from detector.store.table import utc_now
from tests.detector.events.webhook_world import (
    PLATFORM,
    SHOP,
    add_endpoint,
    all_are,
    attempts_of,
    deliveries_of,
    delivering,
    endpoint_of,
    num_jobs,
    tell,
    wait_until,
)
from tests.webhook_receiver import receiving

DAY = timedelta(days=1)


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 500])
def test_any_other_answer_is_tried_again_later(database, receiver, status):
    receiver.statuses = [status]
    receiver.headers = {"Location": receiver.url + "/other"}
    endpoint = add_endpoint(database, receiver)
    with delivering(database, receiver):
        id = tell(database)
        first, second = receiver.wait_for(2)
        wait_until(lambda: all_are(database, endpoint, "delivered"))
    assert (first.id, second.id) == (id, id)
    assert second.at - first.at >= 0.2
    [row] = deliveries_of(database, endpoint)
    attempts = attempts_of(database, row.id)
    assert [each.status for each in attempts] == [status, 204]
    assert attempts[0].error == f"It answered with {status}."
    assert endpoint_of(database, endpoint).failing_since is None


def test_after_the_last_attempt_a_delivery_has_failed_and_others_go_on(
    database, receiver
):
    receiver.status = 500
    endpoint = add_endpoint(database, receiver)
    with delivering(database, receiver, schedule=[0.05, 0.05]) as notes:
        tell(database, 1)
        wait_until(lambda: all_are(database, endpoint, "failed"))
        receiver.status = 200
        tell(database, 2)
        wait_until(lambda: len(deliveries_of(database, endpoint)) == 2)
        wait_until(lambda: deliveries_of(database, endpoint)[1].state == "delivered")
    first, _ = deliveries_of(database, endpoint)
    assert (first.num_attempts, first.last_status, first.next_at) == (3, 500, None)
    assert len(attempts_of(database, first.id)) == 3
    assert endpoint_of(database, endpoint).state == "enabled"
    assert notes == []


def test_an_endpoint_that_is_gone_is_disabled_at_once_and_can_come_back(
    database, receiver
):
    receiver.status = 410
    with receiving() as watching:
        platform = add_endpoint(database, watching, owner=PLATFORM)
        endpoint = add_endpoint(database, receiver)
        tell(database, 1)
        tell(database, 2)
        with delivering(database, receiver, watching):
            wait_until(lambda: endpoint_of(database, endpoint).state == "disabled")
            wait_until(lambda: all_are(database, platform, "delivered"))
            wait_until(lambda: num_jobs(database) == 0)
            assert len(receiver.received) == 1
            [told] = watching.of("webhook.endpoint_disabled")
            assert told.data["webhook_id"] == endpoint
            assert told.data["reason"] == "It answered 410 Gone."
            assert all_are(database, endpoint, "pending")
            tell(database, 3)
            assert len(deliveries_of(database, endpoint)) == 2
            receiver.status = 204
            with database.write() as session:
                change_endpoint(session, SHOP, endpoint, {"state": "enabled"})
            wait_until(lambda: all_are(database, endpoint, "delivered"))
    assert [each.data["number"] for each in receiver.received[1:]] == [1, 2]
    assert endpoint_of(database, endpoint).disabled_reason is None


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_an_endpoint_that_is_throttled_is_left_alone(database, receiver, status):
    receiver.statuses = [status]
    receiver.headers = {"Retry-After": "1"}
    endpoint = add_endpoint(database, receiver)
    for number in range(5):
        tell(database, number)
    with delivering(database, receiver, schedule=[0.05]):
        receiver.wait_for(1)
        wait_until(lambda: endpoint_of(database, endpoint).paused_until is not None)
        receiver.headers = {}
        wait_until(lambda: all_are(database, endpoint, "delivered"))
    first, second, *_ = receiver.received
    assert second.at - first.at >= 0.9
    assert len(receiver.received) == 6
    assert endpoint_of(database, endpoint).paused_until is None


@pytest.mark.parametrize(
    ("asked_s", "failing_s", "pause_s"),
    [
        (None, 0, MIN_PAUSE_S),
        (None, 60, 60),
        (None, 3_600, MAX_PAUSE_S),
        (0, 3_600, 0),
        (90, 0, 90),
        (999_999, 0, MAX_ASKED_PAUSE_S),
    ],
)
def test_a_pause_is_as_long_as_asked_for_or_grows(asked_s, failing_s, pause_s):
    sent = Sent(utc_now(), 5, 503, "It answered with 503.", asked_s)
    assert pause_after(sent, timedelta(seconds=failing_s)) == pause_s


def test_the_schedule_is_that_of_standard_webhooks(database):
    assert [timedelta(seconds=s) for s in SCHEDULE] == [
        timedelta(seconds=5),
        timedelta(minutes=5),
        timedelta(minutes=30),
        *(timedelta(hours=h) for h in (2, 5, 10, 14, 20, 24)),
    ]
    endpoint = add_endpoint(database)
    tell(database)
    [row] = deliveries_of(database, endpoint)
    for plain in SCHEDULE:
        before = utc_now()
        with database.write() as session:
            sent = Sent(before, 3, 500, "It answered with 500.")
            record_attempt(session, row.id, sent, schedule=SCHEDULE)
        [row] = deliveries_of(database, endpoint)
        assert row.next_at is not None
        waited_s = (row.next_at - before).total_seconds()
        assert plain - 1 <= waited_s <= plain * (1 + JITTER) + 5
    with database.write() as session:
        record_attempt(session, row.id, sent, schedule=SCHEDULE)
    [row] = deliveries_of(database, endpoint)
    assert (row.state, row.num_attempts, row.next_at) == ("failed", 10, None)


def fail_since(database, endpoint, since: timedelta) -> None:
    with database.write() as session:
        session.execute(
            update(WebhookEndpointRow)
            .where(WebhookEndpointRow.id == endpoint)
            .values(failing_since=utc_now() - since)
        )


def test_an_endpoint_where_all_has_failed_for_days_is_disabled(database, receiver):
    receiver.status = 500
    endpoint = add_endpoint(database, receiver)
    fail_since(database, endpoint, 4 * DAY)
    with delivering(database, receiver, schedule=[60]):
        tell(database, 1)
        wait_until(lambda: deliveries_of(database, endpoint)[0].num_attempts == 1)
        assert endpoint_of(database, endpoint).state == "enabled"
        fail_since(database, endpoint, 5 * DAY)
        tell(database, 2)
        wait_until(lambda: endpoint_of(database, endpoint).state == "disabled")
    assert "has failed since" in (endpoint_of(database, endpoint).disabled_reason or "")
    with database.read() as session:
        events = session.scalars(
            select(EventRow).where(EventRow.type == EventType.WEBHOOK_ENDPOINT_DISABLED)
        ).all()
    assert [event.marketplace for event in events] == ["shop"]


def test_one_success_counts_the_days_anew(database, receiver):
    endpoint = add_endpoint(database, receiver)
    fail_since(database, endpoint, 10 * DAY)
    with delivering(database, receiver):
        tell(database)
        wait_until(lambda: all_are(database, endpoint, "delivered"))
    assert endpoint_of(database, endpoint).failing_since is None


def test_an_answer_that_comes_late_is_no_answer(database, receiver):
    receiver.pause_s = 3
    endpoint = add_endpoint(database, receiver)
    tell(database)
    with delivering(database, receiver, timeout_s=0.3):
        wait_until(lambda: deliveries_of(database, endpoint)[0].num_attempts == 1)
        receiver.pause_s = 0
    [row] = deliveries_of(database, endpoint)
    [attempt] = attempts_of(database, row.id)
    assert (attempt.status, attempt.error) == (None, "It took longer than 0.3 s.")
    assert 300 <= attempt.duration_ms < 1_500
    row_of_endpoint = endpoint_of(database, endpoint)
    assert row_of_endpoint.paused_until is not None
    assert row_of_endpoint.paused_until > datetime.now(UTC)
