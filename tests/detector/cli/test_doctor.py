import json

import pytest

from models.compact import SHIPPED
from tests.outcome import Outcome


def checks(outcome: Outcome) -> dict[str, dict[str, str]]:
    return {check["name"]: check for check in json.loads(outcome.out)}


@pytest.fixture
def filled(detector, photos):
    detector("catalogue", "import", photos, "--brand", "Acme")
    return detector


def test_a_fresh_machine_is_right_and_nothing_is_made(detector, data_dir):
    done = detector("doctor")
    assert done.code == 0
    assert "FAULT" not in done.out
    assert "DETECTOR_THREADS: 2 (set)" in done.out
    assert not data_dir.exists()


def test_a_filled_catalogue_is_right(filled):
    done = filled("doctor", "--json")
    assert done.code == 0
    found = checks(done)
    assert {check["state"] for check in found.values()} == {"ok"}
    assert "6 references" in found["database"]["found"]
    assert "compact" in found["copy model"]["found"]


def test_a_misspelt_setting_is_a_fault(detector, monkeypatch):
    monkeypatch.setenv("DETECTOR_MODELL", "compact")
    done = detector("doctor", "--json")
    assert done.code == 1
    assert "DETECTOR_MODELL" in checks(done)["settings"]["found"]
    assert "DETECTOR_MODEL," in checks(done)["settings"]["remedy"]


def test_missing_weights_are_a_fault_and_the_rest_is_looked_at(filled, monkeypatch):
    monkeypatch.setenv("DETECTOR_MODEL", "compact:/missing.safetensors")
    done = filled("doctor", "--json")
    assert done.code == 1
    assert "/missing.safetensors" in checks(done)["models"]["found"]
    assert checks(done)["pictures"]["state"] == "ok"


def test_lost_pictures_are_a_fault_and_the_remedy_mends_them(filled, photos, data_dir):
    blobs = [p for p in data_dir.glob("blobs/??/??/*") if p.is_file()]
    blobs[0].unlink()
    blobs[1].write_bytes(b"cut")
    done = filled("doctor", "--json")
    assert done.code == 1
    assert checks(done)["pictures"]["found"].startswith("2 files")
    blobs[1].unlink()
    filled("catalogue", "import", photos, "--brand", "Acme")
    assert filled("doctor").code == 0


def test_a_damaged_index_is_a_fault_and_the_remedy_mends_it(filled, data_dir):
    (array,) = data_dir.glob("index/*/local/*/codes.npy")
    array.write_bytes(array.read_bytes()[:-1])
    done = filled("doctor", "--json")
    assert done.code == 1
    assert checks(done)["index"]["remedy"] == "detector index rebuild"
    assert filled("index", "rebuild").code == 0
    assert filled("doctor").code == 0


def test_a_damaged_database_is_a_fault(filled, data_dir):
    path = data_dir / "detector.db"
    for journal in data_dir.glob("detector.db-*"):
        journal.unlink()
    path.write_bytes(b"not a database at all" * 500)
    done = filled("doctor", "--json")
    assert done.code == 1
    assert "is damaged" in checks(done)["database"]["found"]


def test_a_folder_open_to_others_is_a_warning_only(filled, data_dir):
    data_dir.chmod(0o755)
    done = filled("doctor", "--json")
    assert done.code == 0
    assert checks(done)["data directory"]["state"] == "warning"
    assert "chmod 700" in checks(done)["data directory"]["remedy"]


def test_another_model_is_a_warning_until_the_index_is_rebuilt(
    filled, monkeypatch, tmp_path
):
    copy = tmp_path / "other.safetensors"
    copy.write_bytes(SHIPPED.read_bytes())
    monkeypatch.setenv("DETECTOR_MODEL", f"compact:{copy}")
    done = filled("doctor", "--json")
    assert done.code == 0
    assert checks(done)["features"]["state"] == "warning"
    assert filled("index", "rebuild").code == 0
    assert checks(filled("doctor", "--json"))["index"]["state"] == "ok"


def test_a_server_of_the_index_that_is_down_is_named(filled, monkeypatch):
    monkeypatch.setenv("DETECTOR_INDEX_URL", "http://user:secret@127.0.0.1:1")
    done = filled("doctor", "--json")
    assert done.code == 1
    index = checks(done)["index"]
    assert "Milvus at http://127.0.0.1:1 cannot be used" in index["found"]
    assert "DETECTOR_INDEX_URL" in index["remedy"]
    assert "secret" not in done.out + done.err


def test_a_bucket_that_works_is_right_and_left_as_it_was(filled, bucket, monkeypatch):
    monkeypatch.setenv("DETECTOR_BLOB_URL", bucket.url)
    found = checks(filled("doctor", "--json"))
    assert bucket.url in found["blobs"]["found"]
    assert found["blobs"]["state"] == "ok"
    assert bucket.objects() == []
    assert found["pictures"]["found"].startswith("6 files")  # they lie in the folder


def test_a_bucket_that_is_not_there_is_a_fault(detector, bucket, monkeypatch):
    monkeypatch.setenv("DETECTOR_BLOB_URL", f"s3://{bucket.name}-2")
    done = detector("doctor", "--json")
    assert done.code == 1
    assert checks(done)["blobs"]["found"] == f"The bucket {bucket.name}-2 is not there."
    monkeypatch.setenv("DETECTOR_BLOB_URL", "ftp://pictures")
    assert (
        "DETECTOR_BLOB_URL" in checks(detector("doctor", "--json"))["blobs"]["remedy"]
    )
