import json

import pytest
from PIL import Image

from detector.images import read_image_file
from tests.drawing import draw_scene, save


@pytest.fixture
def pair(tmp_path):
    genuine = draw_scene(360, 270, seed=3)
    (tmp_path / "b.png").write_bytes(save(genuine, "PNG"))
    (tmp_path / "a.jpg").write_bytes(save(genuine.crop((0, 0, 300, 250)), "JPEG"))
    return tmp_path / "a.jpg", tmp_path / "b.png"


def test_a_copy_is_described_and_drawn(detector, pair, tmp_path, data_dir):
    done = detector("compare", *pair, "--out", tmp_path / "e.png", "--json")
    assert done.code == 0
    match = json.loads(done.out)["match"]
    assert match["num_inliers"] > 10
    assert match["relation"] in {"same_photo", "edited_photo"}
    assert 0.6 < match["reference_overlap"] < 0.95
    assert read_image_file(tmp_path / "e.png").width > 300
    text = detector("compare", *pair).out
    assert f"num_inliers: {match['num_inliers']}" in text
    assert not data_dir.exists()


def test_pictures_with_nothing_in_common_are_no_failure(detector, tmp_path):
    for name, image in (
        ("a.png", Image.new("RGB", (200, 200), "white")),
        ("b.png", draw_scene(360, 270, seed=8)),
    ):
        (tmp_path / name).write_bytes(save(image, "PNG"))
    files = tmp_path / "a.png", tmp_path / "b.png"
    done = detector("compare", *files, "--out", tmp_path / "e.png")
    assert done.code == 0
    assert "Nothing in common" in done.out
    assert not (tmp_path / "e.png").exists()
    assert json.loads(detector("compare", *files, "--json").out)["match"] is None


def test_what_cannot_be_read_or_written_is_named(detector, pair, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"bad")
    assert detector("compare", pair[0], tmp_path / "bad.png").code == 1
    assert detector("compare", pair[0], tmp_path / "missing.png").code == 2
    done = detector("compare", *pair, "--out", tmp_path / "no" / "e.png")
    assert done.code == 2
    assert "e.png cannot be written" in done.err
