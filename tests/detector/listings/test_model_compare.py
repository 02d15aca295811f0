"""Two models' answers to the same pictures, side by side."""

from dataclasses import replace
from hashlib import sha256

import pytest

from detector.listings.engine import open_engine
from detector.listings.model_compare import (
    Answer,
    Comparison,
    Given,
    compare_models,
    read_pictures,
    recent_pictures,
    tally,
)
from detector.listings.pictures.known import KnownPictures
from detector.matching.match import Verdict
from detector.store.store import open_store
from models.registry import load_embedder
from tests.catalogues import table_rows
from tests.detector.listings.pictures.conftest import Market, again
from tests.drawing import draw_scene, save
from tests.model_migration import begin_migration

NONE = Answer(Verdict.NO_MATCH, 0.02, "ref_a", 0.1)
MATCH = Answer(Verdict.MATCH, 0.97, "ref_a", 0.8)
REVIEW = Answer(Verdict.REVIEW, 0.6, "ref_a", 0.4)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (NONE, NONE, (True, False, False)),
        (NONE, replace(NONE, reference_id="ref_b"), (True, False, False)),
        (NONE, REVIEW, (False, True, False)),
        (MATCH, NONE, (False, False, True)),
        (MATCH, REVIEW, (False, False, False)),
        (MATCH, MATCH, (True, False, False)),
        (MATCH, replace(MATCH, reference_id="ref_b"), (False, False, False)),
    ],
)
def test_what_differs_is_named(before, after, expected):
    found = Comparison("a.jpg", before, after)
    marks = (found.is_alike, found.is_newly_flagged, found.is_no_longer_flagged)
    assert marks == expected
    total = tally([found, Comparison("b.jpg", error="no picture")])
    assert (total.pictures, total.errors) == (1, 1)
    assert (total.alike, total.newly_flagged, total.no_longer_flagged) == expected


def test_recent_listing_pictures_are_compared_and_nothing_is_stored(tmp_path):
    store = open_store(tmp_path / "data")
    migration = begin_migration(store, tmp_path, num_references=3)
    serving = migration.serving()
    market = Market(
        store, migration.folder, serving.engine(), KnownPictures(store.database)
    )
    flagged = again(market.photo(0))
    market.offer("copy", flagged)
    market.offer("other", save(draw_scene(360, 270, seed=77), "PNG"))
    market.scan()
    migration.prepare(migration.new)
    other = replace(serving.extractor, embedders={"copy": load_embedder(migration.new)})
    other_engine = open_engine(store, other, threads=1, on_note=print)
    recent = recent_pictures(store, limit=10)
    assert recent == [sha256(flagged).hexdigest()]
    rows = table_rows(store)
    found = list(
        compare_models(
            serving.engine(),
            other_engine,
            [*read_pictures(store, [*recent, "0" * 64]), Given("bad", b"bad")],
            threads=1,
        )
    )
    assert table_rows(store) == rows
    assert found[0].is_alike
    before, after = (answer for answer in (found[0].before, found[0].after) if answer)
    assert before.similarity == after.similarity > 0.8
    assert [each.error is None for each in found] == [True, False, False]
    store.close()
