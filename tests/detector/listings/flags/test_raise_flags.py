import json
import threading
from datetime import date

import pytest

from detector.listings.flags.flag_json import MAX_EVENT_BYTES
from detector.listings.flags.raise_flags import FlagPolicy
from detector.matching.match import Relation, Verdict
from detector.store.event_tables import EventRow
from detector.store.tables import BrandRow, ReferenceRow
from tests.detector.listings.flags.flag_world import (
    World,
    digest_of,
    like,
    raise_in,
)

ALL = FlagPolicy(review_threshold=0.5, match_threshold=0.8, suppressed_sample=1.0)
LOOKALIKE = Relation.LOOKALIKE


@pytest.fixture
def bag(world):
    """A reference of Acme."""
    return world.add_reference("Acme", "bag.png")


@pytest.fixture
def listing(world):
    return world.put_listing("1", ["a", "b"], url="https://m.example/1", title="Bag")


def test_a_flag_says_which_pictures_resemble_what(world, bag, listing):
    found = {"a": [like(bag, 0.7), (bag, 0.6, LOOKALIKE)], "b": [like(bag, 0.93)]}
    assert world.raise_for(listing, found) is Verdict.MATCH
    row = world.flag()
    assert (row.state, row.verdict, row.similarity) == ("open", "match", 0.93)
    ((type, data),) = world.events()
    assert type == "match.created"
    assert data["flag_id"] == row.id
    assert data["brand"] == {"id": row.brand_id, "name": "Acme"}
    assert data["listing"] == {
        "id": listing,
        "marketplace_id": "market",
        "listing_id": "1",
        "version": 1,
        "url": "https://m.example/1",
        "seller_id": "seller",
    }
    assert data["images"] == [
        {
            "position": position,
            "sha256": digest_of(name),
            "reference_id": bag,
            "external_id": "bag.png",
            "similarity": similarity,
            "likelihood": None,
            "relation": "edited_photo",
            "verdict": verdict,
            "is_watched": False,
        }
        for position, name, similarity, verdict in [
            (0, "a", 0.7, "review"),
            (1, "b", 0.93, "match"),
        ]
    ]
    assert "counterfeit" not in json.dumps({**data, "reason": ""})


def test_both_are_told_whose_affair_it_is(world, bag, listing):
    world.raise_for(listing, {"a": [like(bag)], "b": []})
    with world.database.read() as session:
        row = session.get_one(EventRow, 1)
        assert (row.marketplace, row.brand_id) == ("market", world.flag().brand_id)


def test_what_resembles_nothing_is_not_flagged(world, bag, listing):
    assert world.raise_for(listing, {"a": [like(bag, 0.49)], "b": []}) == "no_match"
    assert world.flags() == []
    assert world.events() == []


@pytest.mark.parametrize(
    ("similarity", "relation", "verdict"),
    [
        (0.5, Relation.EDITED_PHOTO, "review"),
        (0.79, Relation.SAME_PHOTO, "review"),
        (0.8, Relation.SAME_PRODUCT, "match"),
        (0.99, Relation.LOOKALIKE, "review"),
    ],
)
def test_thresholds_decide_but_a_lookalike_is_never_a_match(
    world, bag, listing, similarity, relation, verdict
):
    found = {"a": [(bag, similarity, relation)], "b": []}
    assert world.raise_for(listing, found) == verdict
    assert world.flag().verdict == verdict


def test_a_flag_names_the_match_that_carries_its_verdict(world, bag, listing):
    shoe = world.add_reference("Acme", "shoe.png")
    world.raise_for(listing, {"a": [(bag, 0.99, LOOKALIKE), like(shoe, 0.85)], "b": []})
    row = world.flag()
    assert (row.verdict, row.similarity, row.relation) == (
        "match",
        0.85,
        "edited_photo",
    )
    assert row.images[0]["reference_id"] == shoe


def test_each_brand_has_a_flag_of_its_own(world, bag, listing):
    other = world.add_reference("Zeta", "hat.png")
    found = {"a": [like(bag, 0.9), like(other, 0.6)], "b": [like(other, 0.7)]}
    assert world.raise_for(listing, found) is Verdict.MATCH
    flags = {row.brand_id: row for row in world.flags()}
    acme, zeta = (flags[world.brand_id(name)] for name in ("Acme", "Zeta"))
    assert (acme.verdict, zeta.verdict) == ("match", "review")
    assert [image["position"] for image in zeta.images] == [0, 1]
    for _, data in world.events():
        theirs = "hat.png" if data["brand"]["name"] == "Acme" else "bag.png"
        assert theirs not in json.dumps(data)


def test_raising_the_same_again_tells_nobody(world, bag, listing):
    found = {"a": [like(bag)], "b": [like(bag, 0.6)]}
    first = world.raise_for(listing, found)
    at = world.flag().updated_at
    assert world.raise_for(listing, found) is first
    assert world.told() == ["created"]
    assert world.flag().updated_at == at
    world.put_listing("1", ["a", "b"], version=2)
    world.raise_for(listing, {"a": [like(bag, 0.91)], "b": [like(bag, 0.61)]})
    assert world.told() == ["created"]
    assert (world.flag().version, world.flag().similarity) == (2, 0.91)


def test_a_flag_is_updated_withdrawn_and_opened_again(world, bag, listing):
    shoe = world.add_reference("Acme", "shoe.png")
    steps = [
        ({"a": [like(bag, 0.6)], "b": []}, "created", "open", "review"),
        ({"a": [like(bag, 0.9)], "b": []}, "updated", "open", "match"),
        ({"a": [like(bag, 0.9)], "b": [like(bag)]}, "updated", "open", "match"),
        ({"a": [like(bag, 0.9)], "b": [like(shoe)]}, "updated", "open", "match"),
        ({"a": [], "b": []}, "withdrawn", "withdrawn", "no_match"),
        ({"a": [], "b": []}, None, "withdrawn", "no_match"),
        ({"a": [like(bag, 0.6)], "b": []}, "updated", "open", "review"),
    ]
    told = []
    for found, event, state, verdict in steps:
        assert world.raise_for(listing, found) == verdict
        told += [event] if event else []
        assert world.told() == told
        assert world.flag().state == state
    assert [data["state"] for _, data in world.events()] == [
        *["open"] * 4,
        "withdrawn",
        "open",
    ]


@pytest.mark.parametrize("gone", ["reference", "brand"])
def test_what_is_no_longer_searched_speaks_for_nothing(world, bag, listing, gone):
    found = {"a": [like(bag)], "b": []}
    world.raise_for(listing, found)
    with world.database.write() as session:
        reference = session.get_one(ReferenceRow, bag)
        if gone == "reference":
            reference.state = "disabled"
        else:
            session.get_one(BrandRow, reference.brand_id).state = "disabled"
    assert world.raise_for(listing, found) is Verdict.NO_MATCH
    assert world.told() == ["created", "withdrawn"]


def test_a_picture_that_cannot_be_had_withdraws_nothing(world, bag, listing):
    world.raise_for(listing, {"a": [like(bag)], "b": []})
    assert world.raise_for(listing, {"b": []}) is Verdict.MATCH
    assert world.told() == ["created"]
    assert world.raise_for(listing, {"a": [], "b": []}) is Verdict.NO_MATCH
    assert world.told() == ["created", "withdrawn"]


def test_an_authorized_seller_is_suppressed_until_it_no_longer_is(world, bag, listing):
    found = {"a": [like(bag)], "b": []}
    world.authorize(
        "Acme", "seller", valid_from=date(2026, 6, 2), valid_to=date(2026, 6, 3)
    )
    states = [
        (1, "open", ["created"]),
        (2, "suppressed", ["created", "updated"]),
        (3, "suppressed", ["created", "updated"]),
        (4, "open", ["created", "updated", "updated"]),
    ]
    for day, state, told in states:
        verdict = world.raise_for(listing, found, on=date(2026, 6, day))
        assert verdict == ("match" if state == "open" else "no_match")
        row = world.flag()
        assert (row.state, row.is_sample) == (state, False)
        assert world.told() == told
        assert (row.authorization is None) == (state == "open")
    assert "until 2026-06-03" in world.events()[1][1]["authorization"]["reason"]


def test_who_was_suppressed_all_along_is_told_of_when_it_opens(world, bag, listing):
    found = {"a": [like(bag)], "b": []}
    world.authorize("Acme", "seller", valid_to=date(2026, 6, 1))
    world.raise_for(listing, found)
    world.raise_for(listing, {"a": [], "b": [like(bag)]})
    assert world.flag().state == "suppressed"
    assert world.told() == []
    world.raise_for(listing, found, on=date(2026, 6, 2))
    assert world.told() == ["created"]


def test_suppressed_and_withdrawn_without_a_word(world, bag, listing):
    world.authorize("Acme", "seller")
    world.raise_for(listing, {"a": [like(bag)], "b": []})
    world.raise_for(listing, {"a": [], "b": []})
    assert world.flag().state == "withdrawn"
    assert world.told() == []


def test_a_sample_is_told_of_like_an_open_one(world, bag, listing):
    world.authorize("Acme", "seller", evidence_ref="contract 7")
    found = {"a": [like(bag)], "b": []}
    assert world.raise_for(listing, found, policy=ALL) is Verdict.MATCH
    row = world.flag()
    assert (row.state, row.is_sample) == ("suppressed", True)
    ((type, data),) = world.events()
    assert (type, data["is_sample"]) == ("match.created", True)
    assert data["authorization"]["relation"] == "reseller"
    assert "contract 7" not in json.dumps(data)
    world.raise_for(listing, {"a": [like(bag)], "b": [like(bag)]}, policy=ALL)
    world.raise_for(listing, found)
    world.raise_for(listing, {"a": [], "b": []})
    assert world.told() == ["created", "updated", "updated", "withdrawn"]


def test_a_listing_that_is_deleted_has_no_flags(world, bag, listing):
    other = world.add_reference("Zeta", "hat.png")
    world.raise_for(listing, {"a": [like(bag)], "b": [like(other)]})
    world.withdraw(listing)
    world.withdraw(listing)
    assert {row.state for row in world.flags()} == {"withdrawn"}
    assert world.told() == ["created", "created", "withdrawn", "withdrawn"]


def test_an_event_stays_small_however_many_pictures(world, listing):
    shoe = world.add_reference("Acme", "shoes/" + "long" * 100 + ".png")
    names = [str(n) for n in range(50)]
    world.put_listing("1", names, version=2, url="https://m.example/" + "u" * 2_000)
    world.raise_for(listing, {name: [like(shoe)] for name in names})
    assert len(world.flag().images) == 50
    ((_, data),) = world.events()
    assert len(json.dumps(data)) <= MAX_EVENT_BYTES
    assert data["num_images"] == 50
    assert 0 < len(data["images"]) < 50


def test_two_workers_at_once_tell_of_a_flag_once(opened, place):
    worlds = [World(opened()) for _ in range(2)]
    bag = worlds[0].add_reference("Acme", "bag.png")
    listings = [worlds[0].put_listing(str(n), ["a"]) for n in range(20)]
    barrier = threading.Barrier(2)
    faults: list[BaseException] = []

    def work(world: World) -> None:
        try:
            for listing in listings:
                barrier.wait(30)
                with world.database.write() as session:
                    raise_in(session, listing, {"a": [like(bag)]})
        except BaseException as error:
            faults.append(error)
            barrier.abort()

    threads = [threading.Thread(target=work, args=(world,)) for world in worlds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert worlds[0].told() == ["created"] * 20
    assert len(worlds[0].flags()) == 20
