import json

import pytest
from PIL import Image

from detector.images import read_image_file
from tests.drawing import save


@pytest.fixture
def truth(photos, tmp_path):
    folder = tmp_path / "queries"
    folder.mkdir()
    genuine = Image.fromarray(read_image_file(photos / "0" / "000.png").pixels)
    (folder / "cut.jpg").write_bytes(save(genuine.crop((9, 9, 350, 250)), "JPEG"))
    other = Image.fromarray(read_image_file(photos / "2" / "002.png").pixels)
    (folder / "small.png").write_bytes(save(other.resize((200, 150)), "PNG"))
    (folder / "plain.png").write_bytes(save(Image.new("RGB", (90, 90)), "PNG"))
    (folder / "bad.png").write_bytes(b"bad")
    (tmp_path / "truth.csv").write_text(
        "query,reference,family\n"
        "cut.jpg,0/000.png,crop\n"
        "small.png,2/002.png,size\n"
        "plain.png,,none\n"
        "bad.png,1/001.png,crop\n"
    )
    return (
        *("--references", photos),
        *("--queries", folder),
        *("--truth", tmp_path / "truth.csv"),
    )


def test_the_figures_are_those_of_the_truth(detector, truth, data_dir):
    done = detector("evaluate", *truth, "--json")
    assert done.code == 0
    figures = json.loads(done.out)
    assert figures["accuracy_at_1"] == pytest.approx(2 / 3)
    assert figures["uap"] == pytest.approx(2 / 3)
    assert figures["recall_at_p90"] == pytest.approx(2 / 3)
    assert 0 < figures["threshold_at_p90"] <= 1
    assert figures["accuracy_by_family"] == {"crop": 0.5, "size": 1.0}
    assert figures["precision_of_match"] == 1.0
    assert figures["recall_at"] == {"1": pytest.approx(2 / 3)} | {
        k: pytest.approx(2 / 3) for k in figures["recall_at"]
    }
    assert figures["num_queries"] == 4
    assert figures["num_without_reference"] == 1
    assert figures["num_errors"] == 1
    assert "bad.png" in done.err
    assert not data_dir.exists()


def test_the_figures_are_printed_for_people(detector, truth):
    done = detector("evaluate", *truth)
    for text in ("uap", "recall_at_p90", "accuracy_at_1, crop", "0.5000"):
        assert text in done.out


def test_rows_that_name_missing_files_are_refused_by_number(detector, truth, tmp_path):
    (tmp_path / "truth.csv").write_text("query,reference\ncut.jpg,0/nil.png\n")
    done = detector("evaluate", *truth)
    assert done.code == 2
    assert "row 2" in done.err


def test_the_embedding_alone_is_measured_further_down_the_list(detector, truth):
    done = detector("evaluate", *truth, "--signal", "embedding", "--json")
    assert done.code == 0
    figures = json.loads(done.out)
    assert figures["accuracy_at_1"] == pytest.approx(2 / 3)
    recalls = list(figures["recall_at"].values())
    assert recalls == sorted(recalls)
    assert recalls[-1] == pytest.approx(2 / 3)
    assert figures["threshold_at_p90"] is not None


def test_an_unknown_signal_is_refused(detector, truth):
    done = detector("evaluate", *truth, "--signal", "hunch")
    assert done.code == 2
    assert "similarity" in done.err


@pytest.mark.parametrize("voting", ["on", "off"])
def test_copies_are_found_with_and_without_votes(detector, truth, monkeypatch, voting):
    monkeypatch.setenv("DETECTOR_VOTING", voting)
    done = detector("evaluate", *truth, "--json")
    assert json.loads(done.out)["accuracy_at_1"] == pytest.approx(2 / 3)
