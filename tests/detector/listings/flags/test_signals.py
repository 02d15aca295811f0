from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from detector.listings.flags.signals import CAVEAT, SIGNALS, write_reason
from detector.matching.match import Relation
from tests.detector.listings.flags.flag_world import NOON, World, like

PRICED = {"BAG": {"msrp": "200.00", "msrp_currency": "EUR", "gtin": "04006381333931"}}
OLD = NOON - timedelta(days=400)


@pytest.fixture
def bag(world):
    return world.add_reference("Acme", "bag.png", products=PRICED, created_at=OLD)


def raise_with(world: World, bag: str, **listing: Any) -> None:
    """Raise a flag for a listing of which this is known."""
    row_id = world.put_listing("1", ["a"], **listing)
    world.raise_for(row_id, {"a": [like(bag)]})


def joined(day: str) -> dict[str, object]:
    return {"seller": {"created_at": f"{day}T12:00:00Z"}}


def judged(world: World, name: str) -> tuple[object, str]:
    signal = world.signal(name)
    return signal["value"], signal["direction"]


@pytest.mark.parametrize(
    ("name", "listing", "value", "direction"),
    [
        ("brand_in_title", {"title": "ACME bag, red"}, True, "neutral"),
        ("brand_in_title", {"title": "Acmeish bag"}, False, "against"),
        (
            "replica_words",
            {"title": "Bag", "description": "Top REPLICA"},
            ["replica"],
            "supports",
        ),
        (
            "replica_words",
            {"title": "1:1 quality dupe"},
            ["1:1 quality", "dupe"],
            "supports",
        ),
        ("replica_words", {"title": "No replica, scale 1:10"}, [], "neutral"),
        ("replica_words", {"description": "高仿"}, ["高仿"], "supports"),
        ("price_ratio", {"price": "60", "currency": "EUR"}, 0.3, "supports"),
        ("price_ratio", {"price": "120.00", "currency": "EUR"}, 0.6, "neutral"),
        ("price_ratio", {"price": "190", "currency": "EUR"}, 0.95, "against"),
        (
            "price_ratio",
            {"price": "60", "currency": "EUR", "condition": "used"},
            0.3,
            "neutral",
        ),
        ("price_ratio", {"price": "60", "currency": "USD"}, None, "unknown"),
        ("price_ratio", {"price": "0", "currency": "EUR"}, None, "unknown"),
        ("gtin_conflict", {"gtin": "4006381333931"}, False, "neutral"),
        ("gtin_conflict", {"gtin": "00012345678905"}, True, "supports"),
        ("condition", {"condition": "used"}, "used", "against"),
        ("condition", {"condition": "New with tags"}, "New with tags", "neutral"),
        ("authorised", {}, False, "neutral"),
        ("authorised", {"seller_id": None}, None, "unknown"),
        ("seller_age", joined("2026-05-30"), 2, "supports"),
        ("seller_age", joined("2025-06-01"), 365, "neutral"),
        ("seller_age", joined("2020-06-01"), 2191, "against"),
        ("seller_age", joined("2026-06-02"), 0, "supports"),
        ("seller_age", {"seller": {"id": "seller"}}, None, "unknown"),
        ("edited_photo", {}, True, "supports"),
        ("same_photo", {}, False, "neutral"),
        ("known_fake_match", {}, False, "neutral"),
        ("known_removed", {}, False, "neutral"),
    ],
)
def test_a_signal_says_what_is_known(world, bag, name, listing, value, direction):
    raise_with(world, bag, **listing)
    assert judged(world, name) == (value, direction)


def test_what_is_not_known_is_null_and_never_nothing(world):
    bag = world.add_reference("Acme", "bag.png")
    raise_with(world, bag, seller_id=None)
    signals = world.flag().signals
    unknown = {n: s["value"] for n, s in signals.items() if s["direction"] == "unknown"}
    assert unknown == dict.fromkeys(
        {
            "brand_in_title",
            "replica_words",
            "price_ratio",
            "gtin_conflict",
            "condition",
            "authorised",
            "seller_age",
            "cluster_size",
            "first_seen",
            "claimed_first_seen",
            "image_rights",
        }
    )
    assert tuple(signals) == SIGNALS


@pytest.mark.parametrize(
    ("relation", "name"),
    [
        (Relation.SAME_PHOTO, "same_photo"),
        (Relation.EDITED_PHOTO, "edited_photo"),
        (Relation.SAME_PRODUCT, "same_product_other_photo"),
    ],
)
def test_a_relation_supports_under_its_own_name(world, bag, relation, name):
    row_id = world.put_listing("1", ["a", "b"])
    world.raise_for(row_id, {"a": [], "b": [(bag, 0.9, relation)]})
    names = ("same_photo", "edited_photo", "same_product_other_photo")
    assert [world.signal(each)["value"] for each in names] == [n == name for n in names]
    assert "picture 1" in world.signal(name)["text"]


def test_what_the_brand_says_of_its_picture_counts(world):
    fake = world.add_reference("Acme", "f.png", role="known_fake", image_rights="owned")
    raise_with(world, fake)
    assert judged(world, "known_fake_match") == (True, "supports")
    assert judged(world, "image_rights") == ("owned", "neutral")


def test_a_seller_that_is_authorized_has_it_said(world, bag):
    world.authorize("Acme", "seller")
    raise_with(world, bag)
    assert judged(world, "authorised") == (True, "against")


def test_a_picture_of_several_sizes_conflicts_with_none_of_them(world):
    sizes = {"S": {"gtin": "00012345678905"}, "L": {"gtin": "04006381333931"}}
    shirt = world.add_reference("Acme", "shirt.png", products=sizes)
    raise_with(world, shirt, gtin="04006381333931")
    assert judged(world, "gtin_conflict") == (False, "neutral")


def test_who_showed_it_first_in_this_listing_has_it_said(world, bag):
    row_id = world.put_listing("1", ["a"])
    world.place("a", "c1", row_id)
    later = world.put_listing("2", ["a2"], received_at=NOON + timedelta(days=1))
    world.place("a2", "c1", later)
    world.raise_for(row_id, {"a": [(bag, 0.9, Relation.SAME_PRODUCT)]})
    signal = world.signal("first_seen")
    assert signal["direction"] == "against"
    assert signal["value"] == {
        "at": "2026-06-01T12:00:00Z",
        "is_this_listing": True,
        "is_this_seller": True,
        "before_reference": False,
    }
    assert judged(world, "cluster_size") == (2, "neutral")
    assert signal["text"] in write_reason(world.flag().signals)


@pytest.mark.parametrize(
    ("first", "seller", "is_this_seller", "direction"),
    [
        ({"seller_id": "victim"}, "victim", True, "against"),
        ({"seller_id": "victim"}, "thief", False, "neutral"),
        ({"seller_id": "same", "marketplace": "elsewhere"}, "same", False, "neutral"),
        ({"seller_id": None}, "thief", None, "neutral"),
    ],
)
def test_who_showed_it_first_elsewhere_is_not_named(
    world, bag, first, seller, is_this_seller, direction
):
    earlier = world.put_listing(
        "secret-1", ["a"], received_at=NOON - timedelta(9), **first
    )
    world.place("a", "c1", earlier)
    row_id = world.put_listing("2", ["a2"], seller_id=seller)
    world.place("a2", "c1", row_id)
    world.raise_for(row_id, {"a2": [(bag, 0.9, Relation.SAME_PRODUCT)]})
    value = world.signal("first_seen")["value"]
    assert (value["is_this_listing"], value["is_this_seller"]) == (
        False,
        is_this_seller,
    )
    assert world.signal("first_seen")["direction"] == direction
    ((_, data),) = world.events()
    assert "secret-1" not in str(data)
    assert "elsewhere" not in str(data)
    assert first["seller_id"] in {None, seller} or first["seller_id"] not in str(data)


def test_a_picture_older_than_the_reference_speaks_against(world):
    bag = world.add_reference("Acme", "bag.png", created_at=NOON)
    earlier = world.put_listing("1", ["a"], seller_id="x", received_at=OLD)
    world.place("a", "c1", earlier)
    row_id = world.put_listing("2", ["a2", "b"])
    world.place("a2", "c1", row_id)
    world.raise_for(row_id, {"a2": [like(bag, 0.6)], "b": [like(bag)]})
    signal = world.signal("first_seen")
    assert (signal["value"]["before_reference"], signal["direction"]) == (
        True,
        "against",
    )
    assert "picture 0" in signal["text"]
    assert "before the brand's reference was known" in signal["text"]


@pytest.mark.parametrize("relation", [Relation.SAME_PHOTO, Relation.EDITED_PHOTO])
def test_the_first_copy_seen_speaks_for_and_against_nothing(world, bag, relation):
    row_id = world.put_listing("1", ["a"])
    world.place("a", "c1", row_id)
    world.raise_for(row_id, {"a": [(bag, 0.9, relation)]})
    signal = world.signal("first_seen")
    assert signal["value"]["is_this_listing"] is True
    assert (signal["value"]["before_reference"], signal["direction"]) == (
        False,
        "neutral",
    )


@pytest.mark.parametrize(
    ("marketplace", "whose"), [("elsewhere", "Another"), ("market", "Its own")]
)
def test_a_time_that_a_sender_claims_is_told_apart(world, marketplace, whose):
    bag = world.add_reference("Acme", "bag.png", created_at=NOON)
    forged = world.put_listing(
        "forged",
        ["a"],
        marketplace=marketplace,
        seller_id="x",
        received_at=NOON + timedelta(hours=1),
        occurred_at=datetime(1970, 1, 1, tzinfo=UTC),
    )
    world.place("a", "c1", forged)
    row_id = world.put_listing("2", ["a2"], received_at=NOON + timedelta(hours=2))
    world.place("a2", "c1", row_id)
    world.raise_for(row_id, {"a2": [like(bag)]})
    signal = world.signal("first_seen")
    assert signal["value"]["at"] == "2026-06-01T13:00:00Z"
    assert (signal["value"]["before_reference"], signal["direction"]) == (
        False,
        "neutral",
    )
    claim = world.signal("claimed_first_seen")
    assert claim == {
        "value": {
            "at": "1970-01-01T00:00:00Z",
            "is_this_marketplace": marketplace == "market",
        },
        "direction": "neutral",
        "text": f"{whose} marketplace claims that it was listed on 1970-01-01.",
    }


def test_a_claim_is_that_of_the_version_which_first_showed_the_picture(world, bag):
    row_id = world.put_listing("1", ["b"], received_at=OLD)
    world.put_listing("1", ["a"], version=2, received_at=NOON)
    world.place("a", "c1", row_id)
    world.put_listing(
        "1", ["a"], version=3, received_at=NOON + timedelta(1), occurred_at=OLD
    )
    world.raise_for(row_id, {"a": [like(bag)]})
    assert world.signal("claimed_first_seen")["value"]["at"] == "2026-06-01T12:00:00Z"


@pytest.mark.parametrize(
    ("num_sellers", "direction"), [(10, "against"), (9, "neutral"), (1, "neutral")]
)
def test_a_picture_that_many_sellers_show_says_less(world, bag, num_sellers, direction):
    for n in range(10):
        seller_id = f"seller-{n % num_sellers}"
        row_id = world.put_listing(str(n), [f"a{n}"], seller_id=seller_id)
        world.place(f"a{n}", "c1", row_id)
    world.raise_for(row_id, {"a9": [like(bag)]})
    assert judged(world, "cluster_size") == (10, direction)


def test_the_reason_is_told_in_words(world, bag):
    raise_with(world, bag, title="Acme bag", condition="used")
    ((_, data),) = world.events()
    supports, rest = data["reason"].split(" What speaks against it: ")
    against, unknown = rest.split(" What is unknown: ")
    assert (
        supports == "What supports it: It shows an edited reference photo (picture 0)."
    )
    assert against == "It is offered as used. Genuine goods may be sold again."
    assert "Who showed the picture first is not known." in unknown
    assert unknown.endswith(CAVEAT)


def test_a_price_alone_never_makes_a_verdict_worse(world, bag):
    row_id = world.put_listing("1", ["a"], price="1", currency="EUR", title="Replica")
    assert world.raise_for(row_id, {"a": [like(bag, 0.6)]}) == "review"
    assert world.raise_for(row_id, {"a": [like(bag, 0.4)]}) == "no_match"
