"""Who showed a picture, and who showed it first, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.errors import InvalidCursor, Unknown
from detector.listings.pictures.clusters import (
    describe_cluster,
    join_cluster,
    list_sightings,
    merge_clusters,
    new_cluster,
    note_sighting,
    recount,
)
from detector.store.listing_tables import (
    ListingRow,
    PictureClusterRow,
    PictureRow,
    SightingRow,
)

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def add_picture(session: Session, name: str, cluster_id: str | None) -> str:
    seq = len(session.scalars(select(PictureRow.seq)).all()) + 1
    row = PictureRow(sha256=name, seq=seq, cluster_id=cluster_id, last_listed_at=NOON)
    session.add(row)
    session.flush()
    return name


def add_listing(
    session: Session,
    name: str,
    occurred_at: datetime = NOON,
    *,
    received_at: datetime = NOON,
    marketplace: str = "shop",
) -> ListingRow:
    row = ListingRow(
        id=f"lst_{name}",
        marketplace=marketplace,
        external_id=name,
        version=1,
        content_sha256="",
        seller_id=f"seller of {name}",
        details={},
        occurred_at=occurred_at,
        received_at=received_at,
    )
    session.add(row)
    session.flush()
    return row


@pytest.fixture
def session(database):
    with database.write() as session:
        yield session


def make_cluster(session: Session, *pictures: str) -> str:
    cluster_id = new_cluster(session)
    for number, name in enumerate(pictures):
        add_picture(session, name, cluster_id)
        if number:
            join_cluster(session, cluster_id)
    return cluster_id


def test_the_first_listing_to_come_is_the_first_one_whatever_time_it_claims(session):
    cluster = make_cluster(session, "a", "b")
    assert describe_cluster(session, cluster).first_seen is None
    seen = []
    for name, hours, picture in (("x", 5, "a"), ("y", 7, "b"), ("z", 2, "b")):
        listing = add_listing(
            session, name, NOON - hours * HOUR, received_at=NOON + hours * HOUR
        )
        note_sighting(session, picture, listing)
        first = describe_cluster(session, cluster).first_seen
        assert first is not None
        seen.append((first.external_id, first.at, first.seller_id))
    assert seen == [
        ("x", NOON + 5 * HOUR, "seller of x"),
        ("x", NOON + 5 * HOUR, "seller of x"),
        ("z", NOON + 2 * HOUR, "seller of z"),
    ]


def test_a_listing_counts_once_whatever_it_shows_and_how_often(session):
    cluster = make_cluster(session, "a", "b")
    listings = [add_listing(session, name) for name in "xy"]
    for _ in range(2):
        for listing in listings:
            for picture in "ab":
                note_sighting(session, picture, listing)
    described = describe_cluster(session, cluster)
    assert (described.num_pictures, described.num_listings) == (2, 2)
    assert len(session.scalars(select(SightingRow)).all()) == 4


def test_a_later_version_does_not_change_when_a_listing_showed_it_first(session):
    cluster = make_cluster(session, "a")
    listing = add_listing(session, "x")
    note_sighting(session, "a", listing)
    listing.version, listing.received_at = 2, NOON + 9 * HOUR
    listing.occurred_at = NOON - 9 * HOUR
    note_sighting(session, "a", listing)
    session.expire_all()
    assert session.scalars(select(SightingRow.first_seen_at)).all() == [NOON]
    first = describe_cluster(session, cluster).first_seen
    assert first is not None
    assert first.at == NOON


def test_a_sighting_says_that_the_picture_is_still_listed(session):
    make_cluster(session, "a")
    note_sighting(session, "a", add_listing(session, "x", received_at=NOON + 3 * HOUR))
    note_sighting(session, "a", add_listing(session, "y", received_at=NOON))
    assert session.get_one(PictureRow, "a").last_listed_at == NOON + 3 * HOUR


def test_a_picture_that_could_not_be_read_is_seen_without_a_cluster(session):
    add_picture(session, "a", None)
    note_sighting(session, "a", add_listing(session, "x"))
    assert len(session.scalars(select(SightingRow)).all()) == 1


def test_the_larger_of_two_clusters_takes_in_the_other(session):
    small, large = make_cluster(session, "a"), make_cluster(session, "b", "c")
    both = add_listing(session, "x", received_at=NOON - HOUR)
    note_sighting(session, "a", both)
    note_sighting(session, "b", both)
    note_sighting(session, "c", add_listing(session, "y"))
    earliest = add_listing(session, "z", received_at=NOON - 5 * HOUR)
    note_sighting(session, "a", earliest)
    assert merge_clusters(session, {small, large}) == large
    described = describe_cluster(session, large)
    assert (described.num_pictures, described.num_listings) == (3, 3)
    assert described.first_seen is not None
    assert described.first_seen.external_id == "z"
    with pytest.raises(Unknown, match=small):
        describe_cluster(session, small)
    assert merge_clusters(session, {large}) == large


def test_a_recount_forgets_pictures_but_not_who_was_first(session):
    cluster = make_cluster(session, "a", "b")
    note_sighting(session, "a", add_listing(session, "x"))
    note_sighting(session, "b", add_listing(session, "y", received_at=NOON + HOUR))
    session.delete(session.get_one(SightingRow, ("a", "lst_x")))
    session.flush()
    session.delete(session.get_one(PictureRow, "a"))
    session.flush()
    recount(session, cluster)
    described = describe_cluster(session, cluster)
    assert (described.num_pictures, described.num_listings) == (1, 1)
    assert described.first_seen is not None
    assert described.first_seen.external_id == "x"
    session.get_one(PictureRow, "b").cluster_id = None
    session.flush()
    recount(session, cluster)
    assert session.get(PictureClusterRow, cluster) is None


def test_sightings_are_listed_in_pages_the_first_one_first(session):
    cluster = make_cluster(session, "a", "b")
    for number, name in enumerate("uvwxyz"):
        listing = add_listing(
            session,
            name,
            received_at=NOON - number * HOUR,
            marketplace="shop" if number % 2 else "bazaar",
        )
        note_sighting(session, "ab"[number // 3], listing)
    other = make_cluster(session, "c")
    note_sighting(session, "c", add_listing(session, "t"))
    found, cursor = [], None
    for _ in range(3):
        rows, cursor = list_sightings(session, cluster, limit=2, cursor=cursor)
        found += [(row.external_id, row.picture_sha256) for row in rows]
    assert cursor is None
    assert found == [*zip("zyxwvu", "bbbaaa", strict=True)]
    rows, _ = list_sightings(session, cluster, marketplace="shop", limit=10)
    assert [(row.external_id, row.marketplace) for row in rows] == [
        ("z", "shop"),
        ("x", "shop"),
        ("v", "shop"),
    ]
    assert len(list_sightings(session, other, limit=10)[0]) == 1
    assert list_sightings(session, "clu_none", limit=10) == ([], None)
    with pytest.raises(InvalidCursor):
        list_sightings(session, cluster, limit=2, cursor="nonsense")
