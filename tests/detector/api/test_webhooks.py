import json
import time
from datetime import timedelta
from typing import Any

import pytest

from detector.access.roles import Role
from detector.events.outbox import EventType
from detector.store.store import open_store
from detector.store.table import utc_now
from tests.detector.api.people import JSON, ask, made, with_key
from tests.detector.events.webhook_world import delivering, tell
from tests.live_service import Client, make_key, require_problem, serving
from tests.webhook_receiver import receiving

URL = "https://hooks.example/in"
TABLE = b"product_id,title,image_urls\nP-1,Bag,gone.png\n"


@pytest.fixture(scope="module")
def receiver():
    with receiving() as running:
        yield running


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("webhooks") / "data"


@pytest.fixture(scope="module")
def admin(data_dir, receiver):
    with serving(data_dir, webhook_hosts=receiver.hosts) as stranger:
        yield Client(stranger.port, make_key(data_dir, Role.ADMIN))


@pytest.fixture(scope="module")
def database(data_dir, admin):
    store = open_store(data_dir)
    yield store.database
    store.close()


@pytest.fixture
def shop(admin, request):
    """A client of a marketplace of this test's own."""
    return with_key(admin, role="marketplace", marketplace=request.node.name[:100])


@pytest.fixture
def name(request):
    """The marketplace that `shop` speaks for."""
    return request.node.name[:100]


@pytest.fixture
def brand(admin, name):
    return made(admin, "/v1/brands", {"name": f"Brand of {name}"})["id"]


def items_of(client: Client, path: str) -> list[Any]:
    answer = client.send("GET", path)
    assert answer.status == 200, answer.body
    return list(answer.json["items"])


def wait_for_state(client: Client, path: str, state: str) -> list[Any]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        items = items_of(client, path)
        if items and all(item["state"] == state for item in items):
            return items
        time.sleep(0.05)
    raise TimeoutError(items)


def test_an_endpoint_is_made_tested_and_its_log_read(shop, database, receiver):
    answer = ask(shop, "POST", "/v1/webhooks", {"url": receiver.url})
    assert answer.status == 201, answer.body
    hook = answer.json
    path = f"/v1/webhooks/{hook['id']}"
    assert answer.headers["location"] == path
    receiver.secret = hook["secret"]
    shown = shop.send("GET", path).json
    assert shown == {k: v for k, v in hook.items() if k != "secret"}
    assert (shown["state"], shown["types"]) == ("enabled", [])
    before = len(receiver.received)
    tested = shop.send("POST", f"{path}/test")
    assert tested.status == 202
    assert (tested.json["type"], tested.json["state"]) == ("webhook.test", "pending")
    with delivering(database, receiver):
        [logged] = wait_for_state(shop, f"{path}/deliveries", "delivered")
    [got] = receiver.received[before:]
    assert got.is_genuine
    assert got.id == logged["event_id"] == tested.json["event_id"]
    assert got.data == {"webhook_id": hook["id"]}
    [attempt] = logged["attempts"]
    assert (attempt["n"], attempt["status"], attempt["error"]) == (1, 204, None)
    assert items_of(shop, f"{path}/deliveries?state=failed") == []
    assert items_of(shop, "/v1/events") == []
    again = shop.send("POST", f"{path}/deliveries/{logged['id']}/retry")
    assert (again.status, again.json["state"]) == (202, "pending")
    with delivering(database, receiver):
        [logged] = wait_for_state(shop, f"{path}/deliveries", "delivered")
    assert [each["n"] for each in logged["attempts"]] == [1, 2]
    later = shop.send("POST", f"{path}/test").json["id"]
    backwards = items_of(shop, f"{path}/deliveries?newest_first=true")
    assert [each["id"] for each in backwards] == [later, logged["id"]]
    assert [each.id for each in receiver.received[before:]] == [got.id] * 2


def test_a_secret_is_shown_when_it_is_made_and_never_again(shop, receiver):
    hook = made(shop, "/v1/webhooks", {"url": receiver.url})
    path = f"/v1/webhooks/{hook['id']}"
    rotated = ask(shop, "POST", f"{path}/rotate-secret", {"overlap_s": 600}).json
    assert rotated["secret"] != hook["secret"]
    for answer in (
        shop.send("GET", path),
        shop.send("GET", "/v1/webhooks"),
        ask(shop, "PATCH", path, {"description": "a"}),
        shop.send("POST", f"{path}/test"),
        shop.send("GET", f"{path}/deliveries"),
    ):
        assert "whsec_" not in answer.body.decode()
    headers = {**JSON, "Idempotency-Key": f"rotate-{hook['id']}"}
    for status in (200, 409):
        kept = shop.send("POST", f"{path}/rotate-secret", b"{}", headers)
        assert kept.status == status
    require_problem(kept, 409, "idempotency_secret_not_kept")
    assert shop.send("DELETE", path).status == 204  # with the test that is pending


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://hooks.example/in", "not https"),
        ("https://127.0.0.1/in", "public internet"),
        ("https://169.254.169.254/latest", "public internet"),
        ("https://[::1]/in", "public internet"),
        ("https://[::ffff:10.0.0.1]/in", "public internet"),
        ("https://2130706433/in", "no URL"),
        ("https://me:secret@hooks.example/in", "no URL"),
        ("ftp://hooks.example/in", "no URL"),
        ("hooks.example", "no URL"),
    ],
)
def test_a_url_that_leads_inside_is_refused(shop, url, reason):
    answer = ask(shop, "POST", "/v1/webhooks", {"url": url})
    assert reason in require_problem(answer, 422, "invalid_input")["detail"]
    hook = made(shop, "/v1/webhooks", {"url": URL})
    answer = ask(shop, "PATCH", f"/v1/webhooks/{hook['id']}", {"url": url})
    assert reason in require_problem(answer, 422, "invalid_input")["detail"]


def test_one_has_twenty_at_most_and_others_have_their_own(shop, admin, brand):
    for _ in range(20):
        made(shop, "/v1/webhooks", {"url": URL})
    answer = ask(shop, "POST", "/v1/webhooks", {"url": URL})
    require_problem(answer, 409, "conflict")
    of_brand = with_key(admin, role="brand_admin", brand_id=brand)
    made(of_brand, "/v1/webhooks", {"url": URL})
    assert len(items_of(shop, "/v1/webhooks")) == 20
    assert len(items_of(of_brand, "/v1/webhooks")) == 1
    own = items_of(shop, "/v1/webhooks")[0]["id"]
    assert shop.send("DELETE", f"/v1/webhooks/{own}").status == 204
    require_problem(shop.send("GET", f"/v1/webhooks/{own}"), 404, "unknown_id")
    made(shop, "/v1/webhooks", {"url": URL})


def test_nobody_sees_or_touches_anothers_webhook(shop, admin, brand, data_dir):
    of_brand = with_key(admin, role="brand_admin", brand_id=brand)
    other = with_key(admin, role="marketplace", marketplace="elsewhere")
    clients = [shop, of_brand, other, admin]
    hooks = [made(each, "/v1/webhooks", {"url": URL})["id"] for each in clients]
    for client in clients:
        seen = {item["id"] for item in items_of(client, "/v1/webhooks?limit=200")}
        assert [id in seen for id in hooks] == [each is client for each in clients]
        for id in set(hooks) - seen:
            path = f"/v1/webhooks/{id}"
            delivery = f"{path}/deliveries/dlv_{'0' * 32}/retry"
            for method, place, body in (
                ("GET", path, None),
                ("PATCH", path, {"state": "disabled"}),
                ("DELETE", path, None),
                ("POST", f"{path}/rotate-secret", {}),
                ("POST", f"{path}/test", None),
                ("POST", f"{path}/replay", {"since": "2026-01-01T00:00:00Z"}),
                ("GET", f"{path}/deliveries", None),
                ("POST", delivery, None),
            ):
                answer = ask(client, method, place, body)
                require_problem(answer, 404, "unknown_id")
    nobody = Client(admin.port, make_key(data_dir, Role.MARKETPLACE))
    require_problem(nobody.send("GET", "/v1/webhooks"), 403, "forbidden")
    require_problem(nobody.send("GET", "/v1/events"), 403, "forbidden")


def test_types_that_are_not_for_one_are_refused(shop, admin, brand):
    of_brand = with_key(admin, role="brand_admin", brand_id=brand)
    for client, type in (
        (shop, "catalogue.import_failed"),
        (of_brand, "match.created"),
        (admin, "webhook.test"),
    ):
        body = {"url": URL, "types": [type]}
        answer = ask(client, "POST", "/v1/webhooks", body)
        problem = require_problem(answer, 422, "invalid_input")
        assert type in problem["detail"]
        assert type not in problem["remedy"]
    answer = ask(shop, "POST", "/v1/webhooks", {"url": URL, "types": ["no.such"]})
    require_problem(answer, 422, "invalid_request")


def test_a_replay_sends_what_was_missed_and_what_arrived(
    shop, name, database, receiver
):
    early = tell(database, 1, marketplace=name)
    body = {"url": receiver.url, "types": ["match.created"]}
    hook = made(shop, "/v1/webhooks", body)
    receiver.secret, before = hook["secret"], len(receiver.received)
    path = f"/v1/webhooks/{hook['id']}"
    sent = tell(database, 2, marketplace=name)
    tell(database, 3, marketplace=name, type=EventType.LISTING_FAILED)
    tell(database, 4, marketplace="elsewhere")
    with delivering(database, receiver):
        wait_for_state(shop, f"{path}/deliveries", "delivered")
        assert ask(shop, "PATCH", path, {"state": "disabled"}).json["disabled_reason"]
        missed = tell(database, 5, marketplace=name)
        order = {"since": (utc_now() - timedelta(hours=1)).isoformat()}
        require_problem(ask(shop, "POST", f"{path}/replay", order), 409, "conflict")
        require_problem(shop.send("POST", f"{path}/test"), 409, "conflict")
        assert ask(shop, "PATCH", path, {"state": "enabled"}).json["state"] == "enabled"
        answer = ask(shop, "POST", f"{path}/replay", order)
        assert (answer.status, answer.json) == (202, {"num_events": 3})
        items = wait_for_state(shop, f"{path}/deliveries", "delivered")
    assert {item["event_id"] for item in items} == {early, sent, missed}
    ids = [each.id for each in receiver.received[before:]]
    assert sorted(ids) == sorted([sent, early, sent, missed])
    assert all(each.is_genuine for each in receiver.received[before:])
    until = {**order, "until": order["since"]}
    assert ask(shop, "POST", f"{path}/replay", until).json == {"num_events": 0}
    number = {**order, "until": 0}
    require_problem(ask(shop, "POST", f"{path}/replay", number), 422, "invalid_request")
    typed = {**order, "types": ["match.withdrawn"]}
    assert ask(shop, "POST", f"{path}/replay", typed).json == {"num_events": 0}


def test_one_can_poll_from_the_end_on(shop, admin, name, brand, database):
    first = shop.send("GET", "/v1/events")
    assert (first.json["items"], first.json["has_more"]) == ([], False)
    ids = [tell(database, n, marketplace=name, brand_id=brand) for n in range(5)]
    failed = tell(database, 5, marketplace=name, type=EventType.LISTING_FAILED)
    seen, cursor, pages = [], first.json["next_cursor"], 0
    while True:
        path = f"/v1/events?limit=2&cursor={cursor}"
        answer = shop.send("GET", path).json
        seen += [item["id"] for item in answer["items"]]
        cursor, pages = answer["next_cursor"], pages + 1
        if not answer["has_more"]:
            break
    assert (seen, pages) == ([*ids, failed], 3)
    path = f"/v1/events?cursor={cursor}"
    assert shop.send("GET", path).json["items"] == []
    assert shop.send("GET", path).json["next_cursor"] == cursor
    later = tell(database, 6, marketplace=name)
    [item] = shop.send("GET", path).json["items"]
    assert item["id"] == later
    assert item["data"] == {"number": 6}
    typed = items_of(shop, "/v1/events?types=listing.failed&types=match.withdrawn")
    assert [item["id"] for item in typed] == [failed]
    of_brand = with_key(admin, role="brand_admin", brand_id=brand)
    assert items_of(of_brand, "/v1/events") == []
    types = {each["type"] for each in items_of(of_brand, "/v1/event-types")}
    assert "notice.decided" in types
    assert not {"listing.failed", "webhook.test"} & types
    everything = items_of(admin, "/v1/events?limit=200")
    assert {*ids, failed, later} <= {item["id"] for item in everything}
    # A cursor names an event and not its number, which counts those of all.
    answer = of_brand.send("GET", f"/v1/events?cursor={cursor}")
    assert answer.json["items"] == []
    require_problem(shop.send("GET", "/v1/events?cursor=AAAA"), 422, "invalid_cursor")


def test_a_brand_is_told_of_its_imports(admin, brand, database, receiver):
    of_brand = with_key(admin, role="brand_admin", brand_id=brand)
    hook = made(of_brand, "/v1/webhooks", {"url": receiver.url})
    receiver.secret, before = hook["secret"], len(receiver.received)
    for name, table in (("ok.csv", TABLE), ("no.csv", b"\0")):
        kind = {"Content-Type": "multipart/form-data; boundary=XX"}
        body = (
            b'--XX\r\nContent-Disposition: form-data; name="file"; filename="'
            + name.encode()
            + b'"\r\n\r\n'
            + table
            + b"\r\n--XX--\r\n"
        )
        path = f"/v1/brands/{brand}/imports"
        assert of_brand.send("POST", path, body, kind).status == 202
    deadline = time.monotonic() + 30
    while len(items_of(of_brand, "/v1/events")) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    with delivering(database, receiver):
        receiver.wait_for(before + 2)
    told = {each.type: each.data for each in receiver.received[before:]}
    assert told["catalogue.import_completed"]["counts"]["products_added"] == 1
    assert told["catalogue.import_failed"]["file_name"] == "no.csv"
    assert told["catalogue.import_failed"]["error"]
    polled = items_of(of_brand, "/v1/events")
    assert {item["type"]: item["data"] for item in polled} == told
    assert json.dumps(told).count(brand) == 2
