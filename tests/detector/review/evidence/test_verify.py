"""Whoever touches an evidence pack is found, and what they touched is named."""

import json
from io import BytesIO
from zipfile import ZipFile

import numpy as np
import pytest

from detector.errors import InvalidInput
from detector.matching.scoring import Scoring
from detector.review.evidence.archive import (
    MANIFEST,
    make_manifest,
    read_archive,
    write_archive,
    write_json,
)
from tests.detector.review.evidence.packing import verify


@pytest.fixture
def place(tmp_path):
    """One kind of database: what is checked here is a file that has left it."""
    return tmp_path / "a.db"


def repack(data: bytes, **changed: bytes) -> bytes:
    """Make a pack of other files, with a manifest that fits them."""
    files = {**read_archive(data).files, **changed}
    del files[MANIFEST]
    case_id = json.loads(files["case.json"])["case"]["id"]
    manifest = make_manifest(case_id, files, detector_version="1")
    return write_archive({MANIFEST: manifest, **files})


def test_whichever_byte_is_flipped_is_found_and_its_file_named(pack):
    whole = read_archive(pack.data).files
    with ZipFile(BytesIO(pack.data)) as archive:
        # A name follows 30 bytes of a member's head, its contents follow the name.
        spans = {
            each.filename: each.header_offset + 30 + len(each.filename)
            for each in archive.infolist()
        }
    rng = np.random.default_rng(0)
    places = set(rng.integers(0, len(pack.data), 60).tolist())
    places |= {0, len(pack.data) - 1, *range(len(pack.data) - 40, len(pack.data), 7)}
    places |= {at + d for at in spans.values() for d in (0, -1, -20, 3)}
    for place in places:
        flipped = bytearray(pack.data)
        flipped[place] ^= 0x10
        try:
            faults = verify(bytes(flipped)).faults
        except InvalidInput:
            faults = None
        assert faults != [], place
        for name, start in spans.items():
            if start <= place < start + len(whole[name]):
                assert faults is not None
                assert [fault.file for fault in faults] == [name]


def test_a_step_that_was_rewritten_breaks_its_seal(pack):
    lines = read_archive(pack.data).files["audit.jsonl"].splitlines()
    entry = {**json.loads(lines[2]), "reason_code": "counterfeit_mark"}
    lines[2] = json.dumps(entry, sort_keys=True, ensure_ascii=False).encode()
    faults = verify(repack(pack.data, **{"audit.jsonl": b"\n".join(lines)})).faults
    assert [fault.problem for fault in faults] == ["line 3: its seal is broken"]


def test_a_step_that_was_left_out_leaves_a_gap(pack):
    lines = read_archive(pack.data).files["audit.jsonl"].splitlines()
    without = b"\n".join([lines[0], lines[2]])
    faults = verify(repack(pack.data, **{"audit.jsonl": without})).faults
    assert [fault.problem for fault in faults] == [
        "line 2: it goes on from claimed, not from open"
    ]


@pytest.mark.parametrize("name", ["similarity", "signals"])
def test_a_score_that_does_not_follow_is_found(pack, name):
    scores = json.loads(read_archive(pack.data).files["scores.json"])
    match = scores["matches"][0]
    if name == "similarity":
        match["similarity"] -= 0.1
    else:
        match["signals"] = {n: 0.9 * v for n, v in match["signals"].items()}
        match["similarity"] = Scoring.load().similarity(match["signals"]) - 0.001
    faults = verify(repack(pack.data, **{"scores.json": write_json(scores)})).faults
    assert {fault.file for fault in faults} == {"scores.json"}
    assert "computed from the values on record" in faults[0].problem


def test_another_picture_under_the_same_name_is_found(scanned, pack):
    name = next(n for n in read_archive(pack.data).files if n.startswith("listing/"))
    faults = verify(repack(pack.data, **{name: scanned.market.photo(1)})).faults
    assert faults[0].file == name
    assert faults[0].problem == "it is not the picture of its name"


def test_scores_of_another_version_are_not_computed_again(pack):
    scores = json.loads(read_archive(pack.data).files["scores.json"])
    for basis in scores["bases"].values():
        basis["policy"]["version"] = "0000-00"
    report = verify(repack(pack.data, **{"scores.json": write_json(scores)}))
    assert report.is_good
    assert report.scores[0].computed is None
    assert "scored by 0000-00" in (report.scores[0].note or "")


@pytest.mark.parametrize("value", ["x", None, [], 10**400, float("nan")])
@pytest.mark.parametrize("name", ["signals", "similarity"])
def test_contents_that_nobody_packed_are_a_fault(pack, name, value):
    scores = json.loads(read_archive(pack.data).files["scores.json"])
    scores["matches"][0][name] = value
    report = verify(repack(pack.data, **{"scores.json": json.dumps(scores).encode()}))
    assert not report.is_good


@pytest.mark.parametrize("name", ["audit.jsonl", "scores.json"])
def test_contents_that_are_nested_too_deep_are_a_fault(pack, name):
    assert not verify(repack(pack.data, **{name: b"[" * 200_000})).is_good


def test_members_that_overlap_take_no_more_room_than_the_file():
    inner, outer = BytesIO(), BytesIO()
    with ZipFile(inner, "w") as archive:
        archive.writestr("b", bytes(500))
        (b,), end_of_b = archive.infolist(), inner.tell()
    with ZipFile(outer, "w") as archive:
        archive.writestr("a", inner.getvalue()[:end_of_b])
        b.header_offset = 30 + len("a")
        archive.filelist.append(b)
    opened = read_archive(outer.getvalue())
    assert (list(opened.files), list(opened.faults)) == (["a"], ["b"])


def test_what_is_missing_is_said_in_words_or_not_at_all(pack):
    case = json.loads(read_archive(pack.data).files["case.json"])
    case["missing"] = ["everything"]
    report = verify(repack(pack.data, **{"case.json": write_json(case)}))
    assert (report.is_good, report.missing) == (False, [])


def test_what_is_no_pack_is_said_so():
    for data in (b"", b"PK", b"not a pack at all" * 9, write_archive({})):
        with pytest.raises(InvalidInput, match="no evidence pack"):
            verify(data)
    with pytest.raises(InvalidInput, match="does not know"):
        verify(
            write_archive({MANIFEST: write_json({"format": "x", "format_version": 9})})
        )
