from datetime import date
from math import sqrt

import pytest

from detector.catalogue.references import reference_id
from detector.listings.flags.authorization import is_sampled
from tests.detector.listings.flags.flag_world import like


@pytest.fixture
def world(world):
    world.add_reference("Acme", "bag.png", products={"BAG": {"title": "Bag"}})
    world.add_reference("Acme", "shoe.png", products={"SHOE": {"title": "Shoe"}})
    world.add_reference("Acme", "fake.png", role="known_fake")
    return world


def state_of(world, *names: str, on: date = date(2026, 6, 1), **listing: object) -> str:
    """Raise a flag for a listing that shows pictures like some references."""
    row_id = world.put_listing("1", names, **listing)
    brand = world.brand_id("Acme")
    found = {name: [like(reference_id(brand, name))] for name in names}
    world.raise_for(row_id, found, on=on)
    return str(world.flag().state)


@pytest.mark.parametrize(
    ("scope", "listing", "state"),
    [
        ({}, {}, "suppressed"),
        ({"relation": "own_store"}, {}, "suppressed"),
        ({"product_scope": ["BAG"]}, {}, "suppressed"),
        ({"product_scope": ["SHOE"]}, {}, "open"),
        ({"countries": ["DE"]}, {"country": "DE"}, "suppressed"),
        ({"countries": ["DE"]}, {"country": "FR"}, "open"),
        ({"countries": ["DE"]}, {}, "open"),
        ({"valid_to": date(2026, 5, 31)}, {}, "open"),
        ({"valid_from": date(2026, 6, 1)}, {}, "suppressed"),
        ({"state": "disabled"}, {}, "open"),
        ({}, {"seller_id": "another"}, "open"),
        ({}, {"seller_id": None}, "open"),
        ({}, {"marketplace": "elsewhere"}, "open"),
        ({"marketplace": "MARKET"}, {}, "suppressed"),
    ],
)
def test_an_authorization_counts_within_its_limits(world, scope, listing, state):
    world.authorize("Acme", "seller", **scope)
    assert state_of(world, "bag.png", **listing) == state


@pytest.mark.parametrize(
    ("scope", "state"), [(["BAG"], "open"), (["BAG", "SHOE"], "suppressed")]
)
def test_it_has_to_cover_every_picture(world, scope, state):
    world.authorize("Acme", "seller", product_scope=scope)
    assert state_of(world, "bag.png", "shoe.png") == state


def test_it_covers_no_picture_of_a_known_fake(world):
    world.authorize("Acme", "seller")
    assert state_of(world, "bag.png", "fake.png") == "open"


def test_that_of_another_brand_covers_nothing(world):
    world.authorize("Zeta", "seller")
    assert state_of(world, "bag.png") == "open"


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 1.0])
def test_a_share_is_drawn_the_same_each_time(share):
    drawn = [is_sampled(f"lst_{n}", "brand_1", share=share) for n in range(10_000)]
    again = [is_sampled(f"lst_{n}", "brand_1", share=share) for n in range(10_000)]
    assert drawn == again
    assert abs(sum(drawn) - 10_000 * share) <= 4 * sqrt(10_000 * share * (1 - share))


def test_brands_and_listings_are_drawn_apart():
    drawn = [
        {n for n in range(2_000) if is_sampled(f"lst_{n}", brand, share=0.5)}
        for brand in ("brand_1", "brand_2")
    ]
    assert 400 < len(drawn[0] & drawn[1]) < 600


def test_a_larger_share_draws_all_of_a_smaller_one():
    ids = [f"lst_{n}" for n in range(5_000)]
    few = {i for i in ids if is_sampled(i, "brand_1", share=0.02)}
    assert few <= {i for i in ids if is_sampled(i, "brand_1", share=0.1)}
