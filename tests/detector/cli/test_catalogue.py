import json


def test_an_import_says_what_became_of_each_file(detector, photos):
    (photos / "notes.txt").write_text("buy milk")
    done = detector("catalogue", "import", photos, "--brand", "Acme")
    assert done.code == 0
    assert "6 added" in done.out
    assert "skipped notes.txt: " in done.out
    assert "text file" in done.out
    again = detector("catalogue", "import", photos, "--brand", "ACME", "--json")
    report = json.loads(again.out)
    assert len(report["unchanged"]) == 6
    assert report["added"] == report["replaced"] == report["absent"] == []
    assert [name for name, _ in report["skipped"]] == ["notes.txt"]


def test_a_dry_run_does_not_even_make_the_data_directory(detector, photos, data_dir):
    done = detector("catalogue", "import", photos, "--brand", "Acme", "--dry-run")
    assert done.code == 0
    assert "6 would be added" in done.out
    assert not data_dir.exists()


def test_a_folder_without_a_single_picture_fails(detector, tmp_path):
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "a.txt").write_text("a")
    assert detector("catalogue", "import", tmp_path / "none", "--brand", "a").code == 1


def test_misuse_is_told_apart_from_failure(detector, photos, tmp_path):
    for arguments in (
        (tmp_path / "missing", "--brand", "Acme"),
        (photos / "0" / "000.png", "--brand", "Acme"),
        (photos, "--brand", " "),
        (photos, "--brand", "Acme", "--format", "csv"),
        (photos,),
        (),
    ):
        done = detector("catalogue", "import", *arguments)
        assert done.code == 2, arguments
        assert "Error" in done.err
        assert "Traceback" not in done.err
        assert done.out == ""


def test_a_data_directory_that_cannot_be_used_is_named_with_a_remedy(
    detector, photos, data_dir
):
    data_dir.write_bytes(b"in the way")
    done = detector("catalogue", "import", photos, "--brand", "Acme")
    assert done.code == 1
    assert str(data_dir) in done.err
    assert "DETECTOR_DATA_DIR" in done.err


def test_a_model_that_does_not_exist_is_named(detector, photos, monkeypatch):
    monkeypatch.setenv("DETECTOR_MODEL", "compact:/missing.safetensors")
    done = detector("catalogue", "import", photos, "--brand", "Acme")
    assert done.code == 1
    assert "/missing.safetensors" in done.err
    assert "Traceback" not in done.err
