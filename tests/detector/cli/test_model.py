"""Another model is prepared, compared, switched to and dropped, by commands."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.catalogues import draw_folder
from tests.detector.listings.pictures.conftest import again
from tests.outcome import Outcome
from tests.small_models import write_compact_weights

Detector = Callable[..., Outcome]


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Two calibrated models, and one that is not."""
    folder = tmp_path_factory.mktemp("weights")
    return {
        name: write_compact_weights(
            folder / f"{name}.safetensors", seed=seed, is_calibrated=name != "raw"
        )
        for seed, name in enumerate(("old", "new", "raw"))
    }


@pytest.fixture
def old(weights, monkeypatch):
    name = f"compact:{weights['old']}"
    monkeypatch.setenv("DETECTOR_MODEL", name)
    return name


@pytest.fixture
def new(weights):
    return f"compact:{weights['new']}"


@pytest.fixture
def filled(detector, photos, old):
    detector("catalogue", "import", photos, "--brand", "Acme")
    return detector


def states(detector: Detector) -> dict[str, str]:
    found = json.loads(detector("model", "list", "--json").out)
    return {each["name"]: each["state"] for each in found}


def scanned_with(detector: Detector, picture: Path) -> tuple[str, str]:
    """Scan a picture; give the verdict, and the name of the best reference."""
    done = json.loads(detector("scan", picture, "--format", "jsonl").out)
    return done["verdict"], done["matches"][0]["external_id"]


@pytest.mark.parametrize("place", ["files", "lite"])
def test_a_model_is_prepared_switched_to_and_left_again(
    filled, photos, old, new, place, tmp_path, monkeypatch
):
    if place == "lite":
        monkeypatch.setenv("DETECTOR_INDEX_URL", str(tmp_path / "vectors.db"))
    picture = tmp_path / "copy.jpg"
    picture.write_bytes(again((photos / "0" / "000.png").read_bytes()))
    found = scanned_with(filled, picture)
    done = filled("model", "prepare", new, "--json")
    assert json.loads(done.out)["embedded"] == json.loads(done.out)["references"] == 6
    assert states(filled) == {new: "ready"}
    draw_folder(photos / "later", 1, seed=5)
    filled("catalogue", "import", photos, "--brand", "Acme")
    assert filled("model", "switch", new).code == 0
    assert states(filled) == {old: "former", new: "serving"}
    assert scanned_with(filled, picture) == found
    kept = json.loads(filled("index", "info", "--json").out)["snapshots"]
    sizes = {each["model"]: each["num_references"] for each in kept}
    assert (sizes[new], sizes[old]) == (7, 7)
    assert filled("index", "verify").code == 0
    assert filled("doctor").code == 0
    assert filled("model", "rollback").code == 0
    assert states(filled) == {old: "serving", new: "former"}
    assert scanned_with(filled, picture) == found
    done = filled("model", "drop", new)
    assert "7 vectors deleted" in done.out
    assert states(filled) == {old: "serving"}
    kept = json.loads(filled("index", "info", "--json").out)["snapshots"]
    assert new not in {each["model"] for each in kept}
    assert filled("model", "rollback").code == 1


def test_what_cannot_serve_is_refused_and_says_why(filled, old, new, weights):
    raw = f"compact:{weights['raw']}"
    done = filled("model", "prepare", raw)
    assert (done.code, "not calibrated" in done.err) == (2, True)
    assert "calibrate_embedder" in done.err
    assert filled("model", "prepare", raw, "--uncalibrated").code == 0
    assert "serves already" in filled("model", "prepare", old).err
    done = filled("model", "switch", new)
    assert (done.code, "is not prepared" in done.err) == (1, True)
    assert "model prepare" in filled("model", "compare", new).err
    assert "No model served before" in filled("model", "rollback").err
    assert "No model nobody is on record" in filled("model", "drop", "nobody").err
    assert filled("model", "switch", raw).code == 0
    assert "serves" in filled("model", "drop", raw).err


def test_the_settings_of_another_service_do_not_decide(filled, new, monkeypatch):
    assert filled("model", "prepare", new).code == 0
    monkeypatch.setenv("DETECTOR_MODEL", "compact")
    done = filled("model", "switch", new)
    assert (done.code, "Set DETECTOR_MODEL" in done.err) == (1, True)
    monkeypatch.undo()


def test_other_weights_under_a_name_on_record_are_refused(
    filled, tmp_path, old, monkeypatch
):
    path = write_compact_weights(
        tmp_path / "other.safetensors", seed=3, is_calibrated=True
    )
    monkeypatch.chdir(tmp_path)
    assert filled("model", "prepare", "compact:other.safetensors").code == 0
    assert states(filled) == {f"compact:{path}": "ready"}
    assert filled("model", "switch", "compact:other.safetensors").code == 0
    write_compact_weights(path, seed=4, is_calibrated=True)
    for command in (["model", "prepare", f"compact:{path}"], ["index", "verify"]):
        done = filled(*command)
        assert (done.code, "on record are" in done.err) == (1, True)
    assert filled("doctor").code == 1


def test_a_lost_picture_holds_a_switch_up_unless_it_may_be_missing(
    filled, photos, data_dir, new
):
    lost = max(data_dir.glob("blobs/**/*"), key=lambda p: (p.is_file(), str(p)))
    lost.unlink()
    done = filled("model", "prepare", new)
    assert (done.code, lost.name in done.out) == (1, True)
    done = filled("model", "switch", new)
    assert (done.code, "--allow-missing" in done.err) == (1, True)
    assert filled("model", "switch", new, "--allow-missing").code == 0


def test_two_models_are_compared_picture_by_picture(
    filled, photos, old, new, tmp_path, monkeypatch
):
    monkeypatch.setenv("DETECTOR_VOTING", "off")
    listed = tmp_path / "listed"
    listed.mkdir()
    for n in range(3):
        copied = next(photos.rglob(f"{n:03}.png")).read_bytes()
        (listed / f"{n}.jpg").write_bytes(again(copied))
    (listed / "bad.png").write_bytes(b"bad")
    filled("model", "prepare", new)
    found = json.loads(filled("model", "compare", new, listed, "--format", "json").out)
    assert found["models"] == {"before": old, "after": new}
    assert found["summary"]["pictures"] == 3
    assert found["summary"]["errors"] == 1
    first = found["pictures"][0]
    assert first["before"]["reference_id"] == first["after"]["reference_id"]
    assert first["before"]["similarity"] == first["after"]["similarity"] > 0.8
    assert first["before"]["embedding"] != first["after"]["embedding"]
    table = filled("model", "compare", new, listed).out
    assert "3 pictures: 3 alike, 0 newly flagged" in table
    rows = filled("model", "compare", new, listed, "--format", "csv").out
    assert [row["is_alike"] for row in csv.DictReader(io.StringIO(rows))] == [
        "true",
        "true",
        "true",
        "false",
    ]
    none = filled("model", "compare", new)
    assert "0 pictures" in none.out
