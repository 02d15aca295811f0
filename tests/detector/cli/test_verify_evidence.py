import json
from zipfile import ZipFile

from detector.review.evidence.archive import MANIFEST
from detector.review.evidence.pack import pack_case
from detector.review.queue.scope import Scope
from detector.store.store import open_store
from tests.detector.review.scanned import decode, open_market


def test_a_pack_is_checked_and_a_flipped_byte_named(detector, data_dir, tmp_path):
    store = open_store(data_dir)
    scanned = open_market(store, tmp_path / "photos")
    listing_id = scanned.market.offer("bag", scanned.market.photo(0))
    scanned.scan()
    case_id = scanned.case_of(listing_id)
    pack = pack_case(store, case_id, scope=Scope(), decode=decode)
    store.close()
    file = tmp_path / "case.zip"
    file.write_bytes(pack.data)
    good = detector("verify-evidence", str(file))
    assert good.code == 0
    assert "Everything is as it was packed." in good.out
    assert pack.manifest_sha256 in good.out
    flipped = bytearray(pack.data)
    flipped[pack.data.index(b'"event": "open"')] ^= 1
    file.write_bytes(flipped)
    bad = detector("verify-evidence", str(file), "--json")
    assert bad.code == 1
    told = json.loads(bad.out)
    assert not told["is_good"]
    assert [fault["file"] for fault in told["faults"]] == ["audit.jsonl"]
    with ZipFile(file, "w") as archive:
        archive.writestr(f"{MANIFEST}\x1b]0;owned\x07", "{}")
    named = detector("verify-evidence", str(file))
    assert named.code == 1
    assert "\x1b" not in named.out
    file.write_bytes(b"no pack")
    assert "no evidence pack" in detector("verify-evidence", str(file)).err
