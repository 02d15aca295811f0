"""Pictures that are to stay down, and clusters, over HTTP."""

from typing import Any

import pytest

from detector.store.listing_tables import PictureRow
from tests.detector.api.brand_clients import send_json
from tests.detector.api.flagged_shops import ACME, ZETA, Shops, serving_shops
from tests.live_service import Answer, require_problem

WATCHED = "/v1/watched-pictures"


@pytest.fixture(scope="module")
def shops(tmp_path_factory):
    with serving_shops(tmp_path_factory.mktemp("shops")) as running:
        yield running


def watch(shops: Shops, name: str, picture: str, brand_id: str = ACME) -> Answer:
    given = {"sha256": picture, "brand_id": brand_id, "reason": "Court order."}
    return send_json(shops[name], "POST", WATCHED, given)


def watched(shops: Shops, query: str = "") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (
        shops["admin"].send("GET", WATCHED + query).json["items"]
    )
    return items


def test_what_was_taken_down_is_watched(shops):
    (found,) = watched(shops, f"?brand_id={ACME}")
    assert found["sha256"] == shops.sha256("coat")
    assert (found["created_by"], found["brand_id"]) == (None, ACME)
    assert found["listing_id"].startswith("lst_")


def test_a_picture_is_watched_shown_and_watched_no_longer(shops):
    digest = shops.sha256("nothing")
    created = watch(shops, "lead", digest)
    assert created.status == 201, created.body
    place = created.headers["location"]
    assert created.json["created_by"].startswith("key:")
    assert shops["lead"].send("GET", place).json == created.json
    assert created.json in watched(shops)
    require_problem(watch(shops, "admin", digest), 409, "conflict")
    assert watch(shops, "admin", digest, ZETA).status == 201
    assert watched(shops, f"?brand_id={ZETA}")[0]["brand_id"] == ZETA
    for brand_id in (ACME, ZETA):
        path = f"{WATCHED}/{brand_id}/{digest}"
        assert shops["admin"].send("DELETE", path).status == 204
        require_problem(shops["admin"].send("DELETE", path), 404, "unknown_id")
    require_problem(shops["lead"].send("GET", place), 404, "unknown_id")


def test_what_cannot_be_watched_says_why(shops):
    digest = shops.sha256("nothing")
    require_problem(watch(shops, "admin", "0" * 64), 404, "unknown_id")
    require_problem(watch(shops, "admin", digest, "brand_none"), 404, "unknown_brand")
    require_problem(watch(shops, "admin", "nothing"), 422, "invalid_request")
    unknown = shops["admin"].send("DELETE", f"{WATCHED}/brand_none/{digest}")
    require_problem(unknown, 404, "unknown_brand")


@pytest.mark.parametrize("name", ["brand", "shop", "auditor"])
def test_others_neither_watch_nor_see_what_is_watched(shops, name):
    require_problem(watch(shops, name, shops.sha256("bag")), 403, "forbidden")
    require_problem(shops[name].send("GET", WATCHED), 403, "forbidden")


def cluster_of(shops: Shops, picture: str) -> str:
    with shops.store.database.read() as session:
        cluster_id = session.get_one(PictureRow, shops.sha256(picture)).cluster_id
    assert cluster_id is not None
    return f"/v1/clusters/{cluster_id}"


def test_a_cluster_shows_who_showed_a_picture(shops):
    path = cluster_of(shops, "bag again")
    assert path == cluster_of(shops, "bag")
    shown = shops["auditor"].send("GET", path).json
    assert (shown["num_pictures"], shown["num_listings"]) == (2, 2)
    assert shown["first_seen"]["marketplace_id"] == "bazaar"
    assert shown["first_seen"]["seller_id"] == "hidden"
    sightings = shops["auditor"].send("GET", f"{path}/sightings").json["items"]
    assert [each["external_id"] for each in sightings] == ["secret", "both"]


def test_a_marketplace_sees_its_own_listings_and_how_many_others(shops):
    path = cluster_of(shops, "bag")
    shown = shops["shop"].send("GET", path)
    assert shown.json["num_listings"] == 2
    first = shown.json["first_seen"]
    received = shops["bazaar"].send("GET", "/v1/listings?limit=1").json["items"][0]
    assert first["at"] == received["received_at"]
    assert [first[name] for name in first if name != "at"] == [None, None, None]
    sightings = shops["shop"].send("GET", f"{path}/sightings")
    assert [each["external_id"] for each in sightings.json["items"]] == ["both"]
    for answer in (shown, sightings):
        words = (b"secret", b"hidden", b"bazaar", shops.sha256("bag").encode())
        assert not [word for word in words if word in answer.body]
    theirs = shops["bazaar"].send("GET", path).json["first_seen"]
    assert theirs["seller_id"] == "hidden"


def test_a_cluster_of_others_is_like_none(shops):
    path = cluster_of(shops, "hat")
    for end in ("", "/sightings"):
        theirs = shops["bazaar"].send("GET", path + end)
        nobodys = shops["bazaar"].send("GET", "/v1/clusters/none" + end)
        problem = require_problem(theirs, 404, "unknown_id")
        other = require_problem(nobodys, 404, "unknown_id")
        assert problem["detail"].replace(path.split("/")[-1], "none") == other["detail"]
        assert shops["shop"].send("GET", path + end).status == 200
        require_problem(shops["brand"].send("GET", path + end), 403, "forbidden")
        require_problem(
            shops["admin"].send("GET", "/v1/clusters/none" + end), 404, "unknown_id"
        )
