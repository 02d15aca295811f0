import json
from contextlib import closing

import pytest

from detector.store.event_tables import WebhookEndpointRow
from detector.store.store import open_store


@pytest.fixture
def filled(detector, photos):
    detector("catalogue", "import", photos, "--brand", "Acme")
    return detector


def test_a_restored_catalogue_finds_what_the_first_one_did(
    filled, photos, tmp_path, monkeypatch
):
    scanned = filled("scan", photos, "--format", "jsonl", "--no-save")
    done = filled("backup", tmp_path / "a.zip")
    assert (done.code, done.err) == (0, "")
    assert "6 references, 6 pictures" in done.out
    monkeypatch.setenv("DETECTOR_DATA_DIR", str(tmp_path / "other"))
    restored = filled("restore", tmp_path / "a.zip", "--json")
    assert json.loads(restored.out)["records"]["reference"] == 6
    assert filled("index", "rebuild").code == 0
    assert filled("index", "verify").code == 0
    again = filled("scan", photos, "--format", "jsonl", "--no-save")
    assert again.code == 0
    assert again.out == scanned.out


def test_backing_up_twice_into_one_file_needs_force(filled, tmp_path):
    assert filled("backup", tmp_path / "a.zip").code == 0
    done = filled("backup", tmp_path / "a.zip")
    assert done.code == 1
    assert "--force" in done.err
    forced = filled("backup", tmp_path / "a.zip", "--force", "--json")
    assert json.loads(forced.out)["records"]["blobs"] == 6


def test_a_lost_picture_is_told_and_fails_the_command(filled, data_dir, tmp_path):
    lost = sorted(data_dir.glob("blobs/??/??/*"))[0]
    lost.unlink()
    done = filled("backup", tmp_path / "a.zip", "--json")
    assert done.code == 1
    assert lost.name in done.err
    assert json.loads(done.out)["records"]["blobs"] == 5


def test_restoring_over_a_catalogue_is_refused(filled, tmp_path):
    filled("backup", tmp_path / "a.zip")
    done = filled("restore", tmp_path / "a.zip")
    assert done.code == 1
    assert "is not empty" in done.err
    assert "DETECTOR_DATA_DIR" in done.err


def test_a_file_that_is_no_backup_is_misuse(detector, tmp_path):
    (tmp_path / "a.zip").write_bytes(b"no")
    done = detector("restore", tmp_path / "a.zip")
    assert done.code == 2
    assert "no backup" in done.err


def test_a_copy_says_that_its_webhooks_are_disabled(
    filled, data_dir, tmp_path, monkeypatch
):
    with closing(open_store(data_dir)) as store, store.database.write() as session:
        session.add(WebhookEndpointRow(id="wep_1", url="", types=[], secrets=[]))
    filled("backup", tmp_path / "a.zip")
    for name, options, num_disabled in (
        ("tried", (), 1),
        ("moved", ("--keep-webhooks",), 0),
    ):
        monkeypatch.setenv("DETECTOR_DATA_DIR", str(tmp_path / name))
        done = filled("restore", tmp_path / "a.zip", "--json", *options)
        assert json.loads(done.out)["webhooks_disabled"] == num_disabled
        assert ("PATCH /v1/webhooks/{id}" in done.err) == bool(num_disabled)
