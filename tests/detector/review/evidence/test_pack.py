"""Evidence packs: what is in them, and that the same case makes the same file."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from detector.errors import Unknown
from detector.listings.engine import open_engine
from detector.review.evidence.archive import read_archive
from detector.review.evidence.pack import pack_case
from detector.review.queue.scope import Scope
from detector.store.case_tables import CommentRow
from tests.catalogues import grid_extractor
from tests.detector.listings.pictures.conftest import again
from tests.detector.review.evidence.packing import ALL, verify
from tests.detector.review.scanned import decode


def test_a_pack_holds_all_that_a_case_rests_on_and_is_good(scanned, pack, case_id):
    files = read_archive(pack.data).files
    picture = again(scanned.market.photo(0), scale=0.7)
    assert files[f"listing/{sha256(picture).hexdigest()}"] == picture
    folders = [name.partition("/")[0] for name in files]
    assert folders.count("reference") == folders.count("evidence") == 1
    basis = next(iter(json.loads(files["scores.json"])["bases"].values()))
    assert basis["models"][0]["model"] == "grid"
    steps = [json.loads(line)["event"] for line in files["audit.jsonl"].splitlines()]
    assert steps == ["open", "claim", "dismiss"]
    report = verify(pack.data)
    assert report.faults == []
    assert (report.case_id, report.num_files) == (case_id, len(files) - 1)
    assert report.manifest_sha256 == pack.manifest_sha256
    (score,) = report.scores
    assert score.recorded > 0.8
    assert score.measured == pytest.approx(score.recorded, abs=1e-6)


def test_the_same_case_makes_the_same_bytes(store, pack, case_id):
    assert pack_case(store, case_id, scope=ALL, decode=decode).data == pack.data


def test_a_picture_that_is_no_longer_kept_is_said_to_be_missing(store, pack, case_id):
    name = next(n for n in read_archive(pack.data).files if n.startswith("listing/"))
    Path(store.blobs.place(name.partition("/")[2])).unlink()
    later = pack_case(store, case_id, scope=ALL, decode=decode)
    report = verify(later.data)
    assert report.is_good
    assert [lost["file"] for lost in report.missing] == [name]
    assert report.scores[0].measured is None


def test_no_reviewer_is_named_and_no_colleague_quoted(store, scanned, case_id):
    with store.database.write() as session:
        session.add(
            CommentRow(id="c", case_id=case_id, author="user:ann", text="Odd one.")
        )
    data = pack_case(store, case_id, scope=ALL, decode=decode).data
    for name, content in read_archive(data).files.items():
        for secret in (b"user:ann", b'"Ann"', b"Odd one.", b"Another bag."):
            assert secret not in content, name


def test_a_pack_keeps_the_model_that_its_case_came_from(store, scanned, case_id, pack):
    market = scanned.market
    picture = again(market.photo(0), scale=0.7)
    before = market.picture(picture)
    extractor = grid_extractor(weights_hash="1" * 64)
    market.engine = open_engine(store, extractor, threads=2, on_note=print)
    later = market.offer("bag", picture, version=2)
    other = market.offer("hat", again(market.photo(1)), seller_id="sue")
    scanned.scan()
    after = market.picture(picture)
    assert before.result_scan_id != after.result_scan_id
    assert market.listing(later).version == 2
    for id, data, weights in (
        (case_id, pack.data, "0" * 64),
        (case_id, pack_case(store, case_id, scope=ALL, decode=decode).data, "0" * 64),
        (
            scanned.case_of(other),
            pack_case(store, scanned.case_of(other), scope=ALL, decode=decode).data,
            "1" * 64,
        ),
    ):
        scores = json.loads(read_archive(data).files["scores.json"])
        models = [basis["models"] for basis in scores["bases"].values()]
        assert models == [[{"kind": "copy", "model": "grid", "weights_hash": weights}]]
        report = verify(data)
        assert (report.case_id, report.faults) == (id, [])
        assert report.scores[0].measured == pytest.approx(
            report.scores[0].recorded, abs=1e-6
        )


def test_a_case_that_somebody_may_not_know_of_is_not_packed(store, case_id):
    with pytest.raises(Unknown):
        pack_case(store, case_id, scope=Scope(marketplace="bazaar"), decode=decode)
