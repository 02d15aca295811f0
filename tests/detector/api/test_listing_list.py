"""Listings as they are read over HTTP: who sees which, and what of them."""

import pytest

from detector.access.keys import create_key
from detector.access.roles import Capability, Role
from tests.detector.api.flagged_shops import serving_shops
from tests.detector.api.listing_calls import event, read_all, send, serving_markets
from tests.live_service import Client, require_problem


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("listings") / "data"


@pytest.fixture(scope="module")
def clients(data_dir):
    with serving_markets(data_dir) as clients:
        yield clients


def test_a_marketplace_sees_its_own_listings_only(clients):
    (mine,) = send(clients["shop"], event("same-name", title="of the shop"))
    (theirs,) = send(clients["bazaar"], event("same-name", title="of the bazaar"))
    assert mine["id"] != theirs["id"]
    for name, own, other in (("shop", mine, theirs), ("bazaar", theirs, mine)):
        client = clients[name]
        assert client.send("GET", f"/v1/listings/{own['id']}").status == 200
        refused = client.send("GET", f"/v1/listings/{other['id']}")
        nobodys = client.send("GET", "/v1/listings/lst_" + "0" * 24)
        require_problem(refused, 404, "unknown_id")
        require_problem(nobodys, 404, "unknown_id")
        listed = read_all(client)
        assert {item["marketplace_id"] for item in listed} == {name}
        assert read_all(client, "marketplace_id=third") == []
    admin = read_all(clients["admin"])
    assert {item["marketplace_id"] for item in admin} >= {"shop", "bazaar"}


def test_the_list_comes_in_pages_and_can_be_narrowed(clients):
    bazaar = clients["bazaar"]
    send(
        bazaar,
        *(event(f"page-{n}", seller={"id": f"s{n % 2}"}) for n in range(5)),
        event("page-gone", type="listing.deleted"),
    )
    every = read_all(bazaar, "limit=2")
    assert len(every) == len({item["id"] for item in every}) >= 6
    ones = read_all(bazaar, "seller_id=s1")
    assert {item["listing_id"] for item in ones} == {"page-1", "page-3"}
    gone = read_all(bazaar, "state=deleted")
    assert {item["listing_id"] for item in gone} == {"page-gone"}
    assert read_all(bazaar, "verdict=match") == []
    last = max(item["updated_at"] for item in every)
    send(bazaar, event("page-0", 2, title="later"))
    changed = read_all(bazaar, f"updated_since={last}")
    assert changed[-1]["listing_id"] == "page-0"
    for wrong in ("state=x", "verdict=x", "seller_id=%00", "brand_id=x"):
        answer = bazaar.send("GET", f"/v1/listings?{wrong}")
        require_problem(answer, 422, "invalid_request")


@pytest.fixture(scope="module")
def shops(tmp_path_factory):
    with serving_shops(tmp_path_factory.mktemp("shops")) as running:
        yield running


def test_what_was_found_is_shown_with_the_names_of_references(shops):
    client = shops["shop"]
    (listed,) = [i for i in read_all(client) if i["listing_id"] == "both"]
    shown = client.send("GET", f"/v1/listings/{listed['id']}").json
    assert shown["state"] == "scanned"
    assert shown["verdict"] in {"match", "review"}
    bag, shoe = shown["images"]
    assert [bag["state"], shoe["state"]] == ["scanned", "scanned"]
    assert bag["sha256"] == shops.sha256("bag again")
    assert bag["matches"][0]["brand"] == "Acme"
    assert shoe["matches"][0]["brand"] == "Zeta"
    assert bag["cluster_id"] is not None
    assert {flag["brand"]["name"] for flag in shown["flags"]} == {"Acme", "Zeta"}
    listed_flags = client.send("GET", "/v1/flags").json["items"]
    for flag in shown["flags"]:
        assert flag in listed_flags


def test_a_picture_of_another_marketplace_is_not_named(shops):
    """`bag again` is a copy of the bazaar's picture, whose result it shares."""
    (listed,) = [i for i in read_all(shops["admin"]) if i["listing_id"] == "both"]
    path = f"/v1/listings/{listed['id']}"
    of_shop = shops["shop"].send("GET", path)
    of_admin = shops["admin"].send("GET", path)
    assert of_admin.json["images"][0]["same_as"] == shops.sha256("bag")
    assert of_shop.json["images"][0]["same_as"] is None
    assert shops.sha256("bag") not in of_shop.body.decode()
    assert "hidden" not in of_shop.body.decode()


def test_flags_are_for_those_who_may_read_them(shops):
    scopes = frozenset({Capability.LISTINGS_READ})
    key, _ = create_key(
        shops.store.database, Role.MARKETPLACE, marketplace="shop", scopes=scopes
    )
    client = Client(shops.port, key)
    (listed,) = [i for i in read_all(client) if i["listing_id"] == "both"]
    shown = client.send("GET", f"/v1/listings/{listed['id']}").json
    assert shown["flags"] is None
    assert shown["verdict"] is not None


def test_a_brand_sees_no_listing(shops):
    for path in ("/v1/listings", "/v1/listings/lst_1"):
        require_problem(shops["brand"].send("GET", path), 403, "forbidden")
