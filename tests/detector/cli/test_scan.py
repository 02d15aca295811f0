import csv
import io
import json
import sqlite3
from contextlib import closing

import pytest
from PIL import Image

from detector.images import read_image_file
from tests.drawing import save


@pytest.fixture
def listings(photos, tmp_path):
    """A copy of 1/001.png cut and mirrored, an innocent picture, two broken files."""
    folder = tmp_path / "listings"
    folder.mkdir()
    genuine = Image.fromarray(read_image_file(photos / "1" / "001.png").pixels)
    cut = genuine.crop((20, 10, 340, 250))
    (folder / "cut.jpg").write_bytes(save(cut, "JPEG", quality=85))
    mirrored = genuine.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    (folder / "mirrored.png").write_bytes(save(mirrored, "PNG"))
    plain = Image.linear_gradient("L").resize((300, 200)).convert("RGB")
    (folder / "plain.png").write_bytes(save(plain, "PNG"))
    (folder / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "=text.png").write_text("text")
    return folder


@pytest.fixture
def filled(detector, photos):
    assert detector("catalogue", "import", photos, "--brand", "Acme").code == 0
    return detector


def test_a_scan_finds_copies_and_reports_what_it_cannot_read(filled, listings):
    done = filled("scan", listings, "--format", "jsonl")
    assert done.code == 0
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert [line["image"] for line in lines] == [
        str(listings / name)
        for name in ("=text.png", "bad.png", "cut.jpg", "mirrored.png", "plain.png")
    ]
    by_name = {line["image"].rpartition("/")[2]: line for line in lines}
    for name in ("cut.jpg", "mirrored.png"):
        best = by_name[name]["matches"][0]
        assert by_name[name]["verdict"] == "match"
        assert (best["external_id"], best["brand"]) == ("1/001.png", "Acme")
        assert best["mirrored"] == (name == "mirrored.png")
        assert by_name[name]["error"] is None
    assert by_name["plain.png"]["verdict"] == "no_match"
    for name in ("=text.png", "bad.png"):
        assert by_name[name]["verdict"] is None
        assert by_name[name]["error"]


def test_more_files_than_are_scanned_together_come_in_order(filled, listings):
    names = [f"{number:02d}.png" for number in range(21)]
    kinds = ("mirrored.png", "plain.png", "bad.png")
    for number, name in enumerate(names):
        source = listings / kinds[number % 3]
        (listings / name).write_bytes(source.read_bytes())
    done = filled("scan", *(listings / name for name in names), "--format", "jsonl")
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert [line["image"] for line in lines] == [str(listings / n) for n in names]
    assert [line["verdict"] for line in lines] == ["match", "no_match", None] * 7


def test_files_come_in_the_order_given_and_hidden_ones_if_named(filled, listings):
    hidden = listings / ".hidden.png"
    hidden.write_bytes((listings / "plain.png").read_bytes())
    given = [listings / "plain.png", listings / "cut.jpg", hidden]
    done = filled("scan", *given, "--format", "jsonl")
    images = [json.loads(line)["image"] for line in done.out.splitlines()]
    assert images == [str(path) for path in given]
    everything = filled("scan", listings, "--format", "jsonl").out
    assert ".hidden" not in everything


def test_the_table_shows_what_was_flagged_and_counts_the_rest(filled, listings):
    done = filled("scan", listings)
    assert done.code == 0
    assert "cut.jpg" in done.out
    assert "1/001.png" in done.out
    assert "plain.png" not in done.out
    assert "5 pictures: 2 match, 0 to review, 1 no match, 2 unreadable" in done.out


def test_rows_of_csv_hold_no_formulas(filled, listings, monkeypatch):
    monkeypatch.chdir(listings)
    done = filled("scan", "=text.png", "cut.jpg", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert rows[0]["image"] == "'=text.png"
    assert rows[1]["external_id"] == "1/001.png"


def test_a_report_is_one_file_with_pictures(filled, listings, tmp_path):
    out = tmp_path / "report.html"
    out.write_text("older")
    done = filled("scan", listings, "--format", "html", "--out", out)
    assert done.code == 0
    assert done.out == ""
    html = out.read_text()
    assert html.count("<article") == 2
    assert html.count("data:image/webp;base64,") >= 6
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == ["report.html"]


def test_a_scan_is_kept_unless_told_otherwise(filled, listings, data_dir):
    filled("scan", listings / "cut.jpg", "--no-save", "--format", "jsonl")
    filled("scan", listings, "--format", "jsonl")
    with closing(sqlite3.connect(data_dir / "detector.db")) as database:
        scans = database.execute("SELECT finished_at FROM scan").fetchall()
        images = database.execute("SELECT image, verdict FROM scan_image").fetchall()
        basis = database.execute(
            "SELECT basis.policy FROM scan_match JOIN basis ON basis.id = basis_id"
        ).fetchall()
    assert len(scans) == 1
    assert scans[0][0] is not None
    assert len(images) == 5
    assert {row[1] for row in images} == {"match", "no_match", None}
    assert basis
    assert "match_threshold" in json.loads(basis[0][0])


def test_limit_bounds_the_matches_of_a_picture(filled, listings):
    done = filled("scan", listings / "cut.jpg", "--limit", "1", "--format", "jsonl")
    assert len(json.loads(done.out)["matches"]) == 1


def test_nothing_readable_is_a_failure_and_nothing_there_is_misuse(filled, listings):
    done = filled("scan", listings / "bad.png", "--format", "jsonl")
    assert done.code == 1
    assert json.loads(done.out)["error"]
    assert filled("scan", listings / "missing.png").code == 2
    assert filled("scan", listings, "--limit", "0").code == 2
    assert filled("scan", listings, "--out", listings / "no" / "such.html").code == 2
    assert filled("scan", listings, "--out", listings).code == 2


def test_an_empty_catalogue_matches_nothing_and_says_so(detector, listings):
    done = detector("scan", listings / "cut.jpg", "--format", "jsonl")
    assert done.code == 0
    assert json.loads(done.out)["verdict"] == "no_match"
    assert "catalogue is empty" in done.err


def test_a_reference_imported_since_is_found(filled, listings, photos):
    (photos / "new.png").write_bytes((listings / "plain.png").read_bytes())
    Image.radial_gradient("L").convert("RGB").save(photos / "other.png")
    filled("catalogue", "import", photos, "--brand", "Acme")
    done = filled("scan", listings / "cut.jpg", "--format", "jsonl")
    assert json.loads(done.out)["matches"][0]["external_id"] == "1/001.png"
    assert json.loads(filled("index", "info", "--json").out)["num_references"] == 8


def test_a_damaged_index_is_told_and_made_anew(filled, listings, data_dir):
    for manifest in data_dir.glob("index/*/*/manifest.json"):
        manifest.write_text("{}")
    done = filled("scan", listings / "cut.jpg", "--format", "jsonl")
    assert json.loads(done.out)["verdict"] == "match"
    assert done.err.count("manifest.json") == 2
    again = filled("scan", listings / "cut.jpg", "--format", "jsonl")
    assert "manifest.json" not in again.err
    assert again.out == done.out
