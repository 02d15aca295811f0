import pytest
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from detector.errors import Conflict, Unknown, UnknownBrand
from detector.listings.flags.stay_down import add_watch, list_watched, remove_watch
from detector.matching.match import Relation
from detector.store.listing_tables import (
    ListingRow,
    PictureRow,
    SightingRow,
    WatchedPictureRow,
)
from detector.store.tables import BrandRow
from tests.detector.listings.flags.flag_world import Like, World, digest_of, like


def watched(world: World) -> list[WatchedPictureRow]:
    with world.database.read() as session:
        return list_watched(session, brand_id=None, cursor=None, limit=100)[0]


def watch(world: World, picture: str, brand: str) -> None:
    brand_id = world.brand_id(brand)
    with world.database.write() as session:
        add_watch(
            session,
            sha256=digest_of(picture),
            brand_id=brand_id,
            reason="Court order.",
            created_by="key:1",
        )


def other_photo(reference_id: str) -> Like:
    return reference_id, 0.9, Relation.SAME_PRODUCT


@pytest.fixture
def taken_down(world):
    """A listing that was taken down, with one of two pictures flagged."""
    bag = world.add_reference("Acme", "bag.png")
    row_id = world.put_listing("1", ["a", "b"])
    world.place("a", "c1", row_id)
    world.place("b", "c2", row_id)
    world.raise_for(row_id, {"a": [other_photo(bag)], "b": []})
    world.withdraw(row_id, "taken_down")
    return row_id


def test_the_flagged_pictures_of_what_was_taken_down_are_watched(world, taken_down):
    (row,) = watched(world)
    assert row.picture_sha256 == digest_of("a")
    assert row.brand_id == world.brand_id("Acme")
    assert row.listing_id == taken_down
    world.withdraw(taken_down, "taken_down")
    assert len(watched(world)) == 1


@pytest.mark.parametrize("removal", ["ended", "sold", None])
def test_those_of_a_listing_that_ended_are_not(world, removal):
    bag = world.add_reference("Acme", "bag.png")
    row_id = world.put_listing("1", ["a"])
    world.place("a", "c1", row_id)
    world.raise_for(row_id, {"a": [other_photo(bag)]})
    world.withdraw(row_id, removal)
    assert watched(world) == []


def test_those_of_an_authorized_seller_are_not(world):
    bag = world.add_reference("Acme", "bag.png")
    world.authorize("Acme", "seller")
    row_id = world.put_listing("1", ["a"])
    world.place("a", "c1", row_id)
    world.raise_for(row_id, {"a": [other_photo(bag)]})
    world.withdraw(row_id, "taken_down")
    assert watched(world) == []


@pytest.mark.parametrize("picture", ["a", "a, recompressed"])
def test_whoever_shows_one_again_is_flagged(world, taken_down, picture):
    row_id = world.put_listing("2", [picture], seller_id="other")
    if picture != "a":
        world.place(picture, "c1", row_id)
    assert world.raise_for(row_id, {picture: []}) == "review"
    (row,) = (row for row in world.flags() if row.listing_id == row_id)
    assert (row.verdict, row.similarity, row.relation) == ("review", None, None)
    (image,) = row.images
    assert image["is_watched"] is True
    assert (image["reference_id"], image["similarity"]) == (None, None)
    signals: dict[str, dict[str, object]] = row.signals
    assert signals["known_removed"]["value"] is True
    assert signals["known_removed"]["direction"] == "supports"
    assert world.told()[-1] == "created"
    told = str(world.events()[-1][1])
    assert taken_down not in told


def test_what_one_marketplace_took_down_is_no_other_ones_affair(world, taken_down):
    row_id = world.put_listing("2", ["a"], marketplace="other")
    assert world.raise_for(row_id, {"a": []}) == "no_match"
    second = world.put_listing("3", ["a"], marketplace="other")
    bag = world.add_reference("Acme", "bag2.png")
    world.place("a", "c1", second)
    world.raise_for(second, {"a": [other_photo(bag)]})
    world.withdraw(second, "taken_down")
    assert world.raise_for(row_id, {"a": []}) == "review"


def test_what_a_person_watches_is_watched_everywhere(world, taken_down):
    row_id = world.put_listing("2", ["a"], marketplace="other")
    watch(world, "a", "Acme")
    assert world.raise_for(row_id, {"a": []}) == "review"
    (row,) = watched(world)
    assert (row.reason, row.created_by, row.listing_id) == (
        "Court order.",
        "key:1",
        None,
    )


def test_a_listing_that_is_put_back_has_nothing_watched_any_more(world, taken_down):
    row_id = world.put_listing("2", ["a"])
    assert world.raise_for(row_id, {"a": []}) == "review"
    with world.database.write() as session:
        session.get_one(ListingRow, taken_down).removal = None
    assert world.raise_for(row_id, {"a": []}) == "no_match"


@pytest.mark.parametrize("relation", [Relation.SAME_PHOTO, Relation.EDITED_PHOTO])
@pytest.mark.parametrize(("role", "is_watched"), [("official", 0), ("known_fake", 1)])
def test_a_copy_of_the_brands_own_photo_is_not_watched(
    world, relation, role, is_watched
):
    bag = world.add_reference("Acme", "bag.png", role=role)
    row_id = world.put_listing("1", ["a"])
    world.place("a", "c1", row_id)
    world.raise_for(row_id, {"a": [(bag, 0.95, relation)]})
    world.withdraw(row_id, "taken_down")
    assert len(watched(world)) == is_watched


def test_how_often_a_picture_was_taken_down_is_told_all_the_same(world):
    bag = world.add_reference("Acme", "bag.png")
    for name in ("1", "2", "3"):
        row_id = world.put_listing(name, ["a"])
        world.place("a", "c1", row_id)
        world.raise_for(row_id, {"a": [like(bag)]})
        if name != "3":
            world.withdraw(row_id, "taken_down")
    (row,) = (row for row in world.flags() if row.state == "open")
    signals: dict[str, dict[str, object]] = row.signals
    assert signals["known_removed"] == {
        "value": False,
        "direction": "neutral",
        "text": "No picture is one that is watched. Listings taken down that showed "
        "the same one: 2.",
    }


def test_other_pictures_are_none_of_them(world, taken_down):
    row_id = world.put_listing("2", ["b"])
    assert world.raise_for(row_id, {"b": []}) == "no_match"


def test_it_adds_to_what_is_found_and_takes_nothing_away(world, taken_down):
    bag = world.add_reference("Acme", "bag2.png")
    row_id = world.put_listing("2", ["a"])
    assert world.raise_for(row_id, {"a": [like(bag)]}) == "match"
    (row,) = (row for row in world.flags() if row.listing_id == row_id)
    assert (row.similarity, row.images[0]["is_watched"]) == (0.9, True)


def test_a_brand_that_is_disabled_watches_nothing(world, taken_down):
    brand_id = world.brand_id("Acme")
    with world.database.write() as session:
        session.get_one(BrandRow, brand_id).state = "disabled"
    row_id = world.put_listing("2", ["a"])
    assert world.raise_for(row_id, {"a": []}) == "no_match"


def test_one_may_watch_by_hand_and_stop_again(world, taken_down):
    world.brand_id("Zeta")
    watch(world, "b", "Zeta")
    (row,) = (row for row in watched(world) if row.picture_sha256 == digest_of("b"))
    assert (row.reason, row.created_by, row.listing_id) == (
        "Court order.",
        "key:1",
        None,
    )
    with pytest.raises(Conflict):
        watch(world, "b", "Zeta")
    row_id = world.put_listing("2", ["b"])
    assert world.raise_for(row_id, {"b": []}) == "review"
    with world.database.write() as session:
        remove_watch(session, sha256=digest_of("b"), brand_id=row.brand_id)
    assert world.raise_for(row_id, {"b": []}) == "no_match"
    assert world.told()[-2:] == ["created", "withdrawn"]


def test_what_nobody_has_shown_cannot_be_watched(world, taken_down):
    with pytest.raises(Unknown, match="No listing has shown"):
        watch(world, "never shown", "Acme")
    acme = world.brand_id("Acme")
    with world.database.write() as session:
        with pytest.raises(UnknownBrand):
            add_watch(
                session,
                sha256=digest_of("a"),
                brand_id="brand_none",
                reason="x",
                created_by="key:1",
            )
        with pytest.raises(Unknown, match="No picture"):
            remove_watch(session, sha256=digest_of("b"), brand_id=acme)


def test_a_picture_that_is_watched_cannot_be_deleted(world, taken_down):
    with world.database.write() as session:
        session.execute(delete(SightingRow))
        one = delete(PictureRow).where(PictureRow.sha256 == digest_of("a"))
        with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
            session.execute(one)
        session.rollback()
