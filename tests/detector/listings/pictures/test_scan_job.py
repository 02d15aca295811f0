"""Listings are scanned: what is looked at, what is taken over, what is told."""

from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from sqlalchemy import update

from detector.catalogue.features import Extractor
from detector.images import ImageLimits
from detector.listings.engine import open_engine
from detector.listings.intake.event import EventKind, GivenImage
from detector.listings.intake.take import SCAN_KIND
from detector.listings.sweeps.tending import CLOCK as SWEPT
from detector.store.clock import next_seq
from detector.store.counting import Counted
from detector.store.jobs import enqueue
from detector.store.listing_tables import (
    ListingImageRow,
    ListingRow,
    PictureBytesRow,
    PictureRow,
    SightingRow,
)
from detector.store.scan_tables import ScanMatchRow
from detector.store.work_tables import JobRow
from models.calibration import Calibration
from tests.catalogues import GridEmbedder, run_import
from tests.detector.listings.pictures.conftest import SIZE, Market, again
from tests.drawing import draw_scene, save


def innocent(seed: int) -> bytes:
    """Draw a picture of nothing in the catalogue."""
    return save(draw_scene(*SIZE, seed=90_000 + seed), "PNG")


def test_a_copy_is_flagged_and_an_innocent_picture_is_not(market):
    copy = market.offer("copy", market.photo(0))
    other = market.offer("other", innocent(1))
    market.scan()
    assert market.listing(copy).state == market.listing(other).state == "scanned"
    assert market.listing(copy).verdict == "match"
    assert market.listing(other).verdict == "no_match"
    flag = market.flags()
    assert [each.listing_id for each in flag] == [copy]
    assert market.events() == ["match.created"]
    assert SCAN_KIND not in {job.kind for job in market.rows(JobRow)}


def test_of_an_unmatched_picture_only_hash_and_vectors_stay(market):
    copy, other = market.photo(0), innocent(1)
    market.offer("copy", copy)
    market.offer("other", other)
    market.scan()
    kept = market.picture(copy)
    assert kept.is_kept
    assert market.store.blobs.read(kept.sha256) == copy
    dropped = market.picture(other)
    assert not dropped.is_kept
    assert market.store.blobs.size(dropped.sha256) is None
    assert market.rows(PictureBytesRow) == []
    assert len(dropped.perceptual_hash) == 32
    with market.store.database.read() as session:
        vectors = session.get_one(PictureRow, dropped.sha256).vectors
    assert len(vectors) == 4 + 2 * (48 + 1)


def test_a_match_leaves_its_evidence_and_what_it_was_computed_with(market):
    market.offer("copy", market.photo(0))
    market.scan()
    best = next(m for m in market.rows(ScanMatchRow) if m.rank == 0)
    assert best.relation == "same_photo"
    assert best.homography is not None
    assert best.basis_id == market.engine.basis.id
    assert best.watermark == market.engine.basis.watermark


def test_the_same_bytes_are_looked_at_once(market):
    for n in range(40):
        market.offer(f"l{n}", market.photo(n % 2))
    market.scan()
    assert market.counts[Counted.PICTURE_MATCHED] == 2
    assert len(market.flags()) == 40
    assert market.events() == ["match.created"] * 40
    assert len(market.rows(SightingRow)) == 40


def test_a_recompressed_repeat_takes_over_the_result(market):
    market.offer("first", again(market.photo(0), quality=92))
    market.scan()
    smaller = again(market.photo(0), quality=85, scale=0.5)
    market.offer("second", smaller)
    market.scan()
    assert market.counts[Counted.PICTURE_REUSED_TWIN] == 1
    row = market.picture(smaller)
    assert row.same_as is not None
    assert row.verdict == "match"
    matches = [m for m in market.rows(ScanMatchRow) if m.scan_id == row.result_scan_id]
    corners = matches[0].query_region
    assert max(x for x, _ in corners) < SIZE[0] / 2 + 2
    assert len(market.flags()) == 2
    assert len({p.cluster_id for p in market.rows(PictureRow)}) == 1


def test_a_picture_with_another_one_set_into_it_is_looked_at(market):
    plain = draw_scene(*SIZE, seed=777)
    inset = plain.copy()
    reference = Image.open(sorted(market.folder.rglob("*.png"))[0]).convert("RGB")
    inset.paste(reference.resize((SIZE[0] // 2, SIZE[1] // 2)), (20, 20))
    market.offer("plain", save(plain, "JPEG"))
    market.scan()
    market.offer("inset", save(inset, "JPEG"))
    market.scan()
    assert Counted.PICTURE_REUSED_TWIN not in market.counts


def test_a_result_is_not_taken_over_once_a_reference_came_that_it_may_resemble(
    market, tmp_path
):
    later = innocent(5)
    market.offer("early", later)
    market.scan()
    assert market.flags() == []
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "new.png").write_bytes(later)
    run_import(market.store, tmp_path / "more", brand="Bolt")
    market.offer("late", later)
    market.scan()
    assert [f.marketplace for f in market.flags()] == ["shop"]
    assert market.counts[Counted.PICTURE_MATCHED] == 2


def test_a_picture_known_by_its_hash_is_not_sent_again(market):
    data = market.photo(1)
    market.offer("first", data)
    market.scan()
    digest = sha256(data).hexdigest()
    second = market.offer("second", GivenImage(0, sha256=digest))
    market.scan()
    assert market.listing(second).verdict == "match"
    assert market.counts[Counted.PICTURE_MATCHED] == 1


def test_an_unreadable_picture_is_told_and_the_others_are_scanned(market):
    id = market.offer("mixed", b"no picture at all", market.photo(2))
    market.scan()
    assert market.listing(id).verdict == "match"
    images = sorted(market.rows(ListingImageRow), key=lambda image: image.position)
    assert images[0].error_code == "unreadable_image"
    assert "picture" in images[0].error
    assert images[1].error is None


def test_a_picture_over_the_limit_is_looked_at_once_the_limit_is_raised(market):
    with_limit = Extractor({"copy": GridEmbedder()}, ImageLimits(max_pixels=1_000))
    usual = market.engine
    market.engine = open_engine(
        market.store, with_limit, threads=2, on_note=lambda text: None
    )
    first = market.offer("first", market.photo(0))
    market.scan()
    assert market.listing(first).state == "failed"
    [image] = market.rows(ListingImageRow)
    assert image.error_code == "image_too_large"
    market.engine = usual
    second = market.offer("second", market.photo(0))
    market.scan()
    assert market.listing(second).verdict == "match"


def test_a_kept_picture_whose_file_was_lost_drags_nobody_down(market):
    data = market.photo(1)
    id = market.offer("lost", data)
    market.scan()
    kept = market.picture(data)
    assert kept.is_kept
    Path(market.store.blobs.place(kept.sha256)).unlink()
    with market.store.database.write() as session:
        enqueue(session, SCAN_KIND, payload=look_again(id, data))
    other = market.offer("other", innocent(1))
    drain(market)
    assert market.listing(other).verdict == "no_match"
    assert market.listing(id).state == "scanned"


@pytest.mark.parametrize("is_known_to_be_lost", [False, True])
def test_evidence_that_was_lost_comes_back_with_a_new_version(
    market, is_known_to_be_lost
):
    data = market.photo(1)
    market.offer("lost", data)
    market.scan()
    digest = market.picture(data).sha256
    Path(market.store.blobs.place(digest)).unlink()
    with market.store.database.write() as session:
        session.get_one(PictureRow, digest).is_kept = not is_known_to_be_lost
    version = {"version": 2, "type": EventKind.UPDATED}
    id = market.offer("lost", GivenImage(0, sha256=digest), **version)
    market.scan()
    assert market.store.blobs.size(digest) is None
    market.offer("lost", data, **version | {"version": 3})
    market.scan()
    assert market.store.blobs.read(digest) == data
    assert market.picture(data).is_kept
    assert market.listing(id).verdict == "match"
    assert market.events() == ["match.created"]
    assert market.rows(PictureBytesRow) == []


def test_a_listing_without_a_readable_picture_fails_and_is_told_once(market):
    id = market.offer("broken", b"no picture at all")
    market.scan()
    assert market.listing(id).state == "failed"
    with market.store.database.write() as session:
        enqueue(session, SCAN_KIND, payload=look_again(id, b"no picture at all"))
    market.scan(until=lambda: market.rows(JobRow) == [])
    assert market.events() == ["listing.failed"]
    market.offer("broken", market.photo(0), version=2, type=EventKind.UPDATED)
    market.scan()
    assert market.listing(id).state == "scanned"
    assert market.events() == ["listing.failed", "match.created"]


def test_a_newer_version_replaces_what_waits(market):
    market.offer("l", market.photo(0))
    id = market.offer("l", innocent(3), version=2, type=EventKind.UPDATED)
    market.scan()
    assert market.listing(id).version == 2
    assert market.listing(id).verdict == "no_match"
    assert market.flags() == []
    assert market.events() == []


def test_a_version_without_the_copied_picture_withdraws_the_flag(market):
    market.offer("l", market.photo(0))
    market.scan()
    market.offer("l", innocent(3), version=2, type=EventKind.UPDATED)
    market.scan()
    assert [flag.state for flag in market.flags()] == ["withdrawn"]
    assert market.events() == ["match.created", "match.withdrawn"]


def test_scanning_again_finds_the_same_and_tells_nothing(market):
    data = market.photo(0)
    id = market.offer("l", data)
    market.scan()
    with market.store.database.write() as session:
        enqueue(session, SCAN_KIND, payload=look_again(id, data))
    drain(market)
    assert market.counts[Counted.PICTURE_MATCHED] == 2
    assert market.events() == ["match.created"]


def test_a_picture_whose_bytes_are_gone_is_judged_by_its_vectors(market, tmp_path):
    embedder = GridEmbedder()
    rng = np.random.default_rng(5)
    background = rng.normal(size=(8, embedder.dim)).astype(np.float32)
    background /= np.linalg.norm(background, axis=1, keepdims=True)
    embedder.calibration = Calibration(
        background, weight=0.5, neighbours=2, gate=0.1, match=0.6, review=0.4
    )
    extractor = Extractor({"copy": embedder}, ImageLimits(), voting="off")
    market.engine = open_engine(
        market.store, extractor, threads=2, on_note=lambda text: None
    )
    later, other = innocent(5), innocent(6)
    id = market.offer("early", later)
    beside = market.offer("beside", other)
    market.scan()
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "new.png").write_bytes(later)
    run_import(market.store, tmp_path / "more", brand="Bolt")
    with market.store.database.write() as session:
        for name, data in ((id, later), (beside, other)):
            enqueue(session, SCAN_KIND, payload=look_again(name, data))
    drain(market)
    assert market.counts[Counted.PICTURE_VECTORS_ONLY] == 2
    assert market.listing(id).verdict == "review"
    assert not market.picture(later).is_kept
    assert market.listing(beside).verdict == "no_match"
    [flag] = market.flags()
    assert flag.relation == "lookalike"


def test_pictures_that_a_sweep_ended_without_are_looked_at_again(market):
    data = innocent(5)
    id = market.offer("early", data)
    with market.store.database.write() as session:
        next_seq(session, SWEPT, 1_000_000)
    market.scan()
    again = [job.payload for job in market.rows(JobRow)]
    assert again == [look_again(id, data)]


def look_again(id: str, data: bytes) -> dict[str, object]:
    digest = sha256(data).hexdigest()
    return {"listing_id": id, "version": 1, "attempt": 0, "again": [digest]}


def drain(market: Market) -> None:
    """Let the listings of waiting jobs count as queued, and scan."""
    with market.store.database.write() as session:
        session.execute(update(ListingRow).values(state="queued"))
    market.scan()


def test_a_shape_drawn_over_a_picture_makes_it_another(market):
    plain = draw_scene(*SIZE, seed=4_242)
    marked = plain.copy()
    ImageDraw.Draw(marked).rectangle((90, 60, 200, 160), fill=(250, 240, 20))
    market.offer("plain", save(plain, "JPEG"))
    market.scan()
    market.offer("marked", save(marked, "JPEG"))
    market.scan()
    assert Counted.PICTURE_REUSED_TWIN not in market.counts
