"""The demo as a stream of events: whatever its order, it comes to the same."""

import json
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import select

from detector.images import ImageLimits
from detector.listings.intake.take_file import take_file
from detector.store.listing_tables import ListingImageRow, ListingRow
from detector.store.store import open_store
from scripts.demo_events import disturb, listing_events, write_events
from tests.drawing import draw_scene, save

NUM_PICTURES = 24


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "listings"
    folder.mkdir()
    for n in range(NUM_PICTURES):
        picture = save(draw_scene(32, 32, seed=n), "PNG")
        (folder / f"{n:02}.png").write_bytes(picture)
    return folder


def taken(path: Path, data_dir: Path) -> tuple[dict[str, int], list[tuple[Any, ...]]]:
    """Take a file; what became of the rows, and which pictures listings show then."""
    store = open_store(data_dir)
    tally = take_file(
        store,
        path,
        marketplace="market",
        limits=ImageLimits(),
        max_queued=1_000,
        max_bytes=10**9,
        max_line_bytes=10**7,
        stopping=Event(),
    )
    assert tally is not None
    assert tally.problems == []
    shown = (
        select(ListingRow.external_id, ListingImageRow.position, ListingImageRow.sha256)
        .join(ListingImageRow, ListingImageRow.listing_id == ListingRow.id)
        .order_by(ListingRow.external_id)
    )
    with store.database.read() as session:
        pictures = [tuple(row) for row in session.execute(shown)]
    store.close()
    return dict(tally.counts), pictures


@pytest.mark.parametrize("seed", range(3))
def test_a_disturbed_stream_ends_where_an_orderly_one_does(folder, tmp_path, seed):
    events = listing_events(folder)
    orderly, disturbed = tmp_path / "a.ndjson", tmp_path / "b.ndjson"
    write_events(orderly, events)
    write_events(disturbed, disturb(events, seed=seed, is_twice=True, stale_share=0.25))
    counts, pictures = taken(orderly, tmp_path / "a")
    assert counts == {"accepted": NUM_PICTURES}
    assert len(pictures) == NUM_PICTURES
    assert taken(disturbed, tmp_path / "b") == (
        {"accepted": NUM_PICTURES, "duplicate": NUM_PICTURES, "stale": 6},
        pictures,
    )


def test_pictures_may_lie_beside_the_file(folder, tmp_path):
    inline = tmp_path / "inline.ndjson"
    beside = folder.parent / "beside.ndjson"
    write_events(inline, listing_events(folder))
    write_events(beside, listing_events(folder, paths_from=folder.parent))
    assert beside.stat().st_size < inline.stat().st_size
    assert taken(beside, tmp_path / "a") == taken(inline, tmp_path / "b")


def test_the_same_seed_makes_the_same_stream(folder):
    events = listing_events(folder)
    streams = [
        json.dumps(disturb(events, seed=seed, is_twice=True, stale_share=0.5))
        for seed in (1, 1, 2)
    ]
    assert streams[0] == streams[1] != streams[2]
