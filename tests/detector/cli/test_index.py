import json

import pytest


@pytest.fixture
def filled(detector, photos):
    detector("catalogue", "import", photos, "--brand", "Acme")
    return detector


def test_info_says_what_each_part_holds(filled):
    status = json.loads(filled("index", "info", "--json").out)
    assert {s["name"]: s["num_references"] for s in status["snapshots"]} == {
        "copy": 6,
        "local": 6,
    }
    assert {s["watermark"] for s in status["snapshots"]} == {6}
    assert "compact" in filled("index", "info").out


def test_info_of_nothing_is_no_failure(detector):
    done = detector("index", "info")
    assert done.code == 0
    assert "No index is stored yet" in done.out


def test_verify_fails_on_damage_and_rebuild_mends_it(filled, data_dir):
    assert filled("index", "verify").code == 0
    (array,) = data_dir.glob("index/*/copy-*/*/vectors.npy")
    array.write_bytes(array.read_bytes()[:-1])
    done = filled("index", "verify")
    assert done.code == 1
    assert "vectors.npy" in done.out
    assert "index rebuild" in done.err
    assert json.loads(filled("index", "verify", "--json").out)["faults"]
    rebuilt = filled("index", "rebuild", "--json")
    assert json.loads(rebuilt.out) == {
        "watermark": 6,
        "references": {"local": 6, "copy": 6},
    }
    assert filled("index", "verify").code == 0


def test_an_index_moves_to_milvus_and_back(filled, data_dir, tmp_path, monkeypatch):
    place = str(tmp_path / "vectors.db")
    moved = filled("index", "move", "--to", place, "--json")
    assert json.loads(moved.out) == {
        "references": {"local": 6, "copy": 6},
        "agreement": 1.0,
        "faults": [],
    }
    monkeypatch.setenv("DETECTOR_INDEX_URL", place)
    status = json.loads(filled("index", "info", "--json").out)
    assert ["copy", 6, None] in [
        [s["name"], s["num_references"], s["num_bytes"]] for s in status["snapshots"]
    ]
    assert filled("index", "verify").code == 0
    assert "are the same" in filled("index", "move", "--to", "files").out


def test_an_index_moves_nowhere_unknown(filled):
    done = filled("index", "move", "--to", "redis://127.0.0.1")
    assert done.code == 2
    assert "expected http://host:19530" in done.err
