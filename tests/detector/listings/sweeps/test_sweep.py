from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from detector.listings.sweeps.sweep import (
    BLOCK,
    NewReferences,
    StoredPicture,
    read_pictures,
    read_references,
)
from detector.store.tables import BrandRow, ReferenceRow
from tests.catalogues import GridEmbedder
from tests.detector.listings.sweeps.stored import (
    EMBEDDER,
    add_listing,
    add_picture,
    add_reference,
    ago,
    pack,
    unit,
)


def plain_score(
    regions: NDArray[np.float32],
    offsets: NDArray[np.float32],
    watermark: int,
    references: NewReferences,
) -> float:
    """Say `NewReferences.scores` for one picture as slowly as possible."""
    best = -np.inf
    for region, offset in zip(regions, offsets, strict=True):
        for vector, seq in zip(references.vectors, references.seqs, strict=True):
            if seq > watermark:
                best = max(best, float(region @ vector) - float(offset))
    return best


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("num_references", [1, 7, BLOCK + 5])
def test_scores_are_those_of_a_plain_loop(seed, num_references):
    rng = np.random.default_rng(seed)
    seqs = np.sort(rng.integers(1, 50, num_references))
    references = NewReferences(unit(rng, num_references, 8), seqs)
    pictures, expected = [], []
    for number in range(BLOCK // 4):
        regions = unit(rng, 10, 8)
        offsets = 0.3 * rng.random(10, np.float32)
        watermark = int(rng.integers(0, 55))
        pictures.append(StoredPicture(str(number), watermark, pack(regions, offsets)))
        if number % 16 == 0:
            score = plain_score(regions, offsets, watermark, references)
            expected.append((number, score))
    scores = references.scores(pictures)
    assert scores.shape == (len(pictures),)
    for number, score in expected:
        assert scores[number] == pytest.approx(score, abs=0.005)


def test_references_of_some_changes_are_read_in_their_order(database):
    rng = np.random.default_rng(0)
    vectors = unit(rng, 6)
    with database.write() as session:
        for name, vector in zip("abcdef", vectors, strict=True):
            add_reference(
                session, name, vector, brand="Zeta" if name == "e" else "Acme"
            )
        rows = {row.external_id: row for row in session.query(ReferenceRow)}
        rows["d"].state = "disabled"
    with database.read() as session:
        found = read_references(session, EMBEDDER, from_seq=1, to_seq=5, brand_id=None)
        zeta = session.query(BrandRow.id).filter_by(name="Zeta").scalar()
        of_zeta = read_references(
            session, EMBEDDER, from_seq=0, to_seq=6, brand_id=zeta
        )
        other = GridEmbedder(weights_hash="1" * 64)
        none = read_references(session, other, from_seq=0, to_seq=6, brand_id=None)
    assert found.seqs.tolist() == [2, 3, 5]
    assert np.array_equal(found.vectors, vectors[[1, 2, 4]])
    assert of_zeta.seqs.tolist() == [5]
    assert len(none) == 0


def test_only_pictures_of_recent_listings_that_may_be_news_are_read(database):
    rng = np.random.default_rng(0)
    with database.write() as session:
        names = ["shown", "old", "ended", "seen", "other", "unlisted", "again"]
        given: dict[str, dict[str, Any]] = {
            "seen": {"watermark": 9},
            "other": {"weights_hash": "1" * 64},
        }
        digests = {
            name: add_picture(session, name, unit(rng, 2), **given.get(name, {}))
            for name in names
        }
        for name in ("shown", "seen", "other", "again"):
            add_listing(session, name, [digests[name]])
        add_listing(
            session, "old", [digests["old"], digests["again"]], received_at=ago(days=31)
        )
        add_listing(session, "ended", [digests["ended"]], state="deleted")
    with database.read() as session:
        found = read_pictures(
            session, EMBEDDER, sorted(digests.values()), since=ago(days=30), to_seq=9
        )
    assert {p.sha256 for p in found} == {digests["shown"], digests["again"]}
