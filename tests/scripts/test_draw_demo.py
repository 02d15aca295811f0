"""The drawn demo: the same bytes again, a truth that holds, a folder it may fill."""

import csv
import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from detector.errors import InvalidInput
from scripts.demo.listings import FAMILIES, plan_listings
from scripts.demo.photos import (
    KINDS,
    Photo,
    catalogue_photos,
    cutout,
    designs,
    sibling,
)
from scripts.draw_demo import Drawn, draw_demo, main

NUM_PRODUCTS = 6
SIZE_PX = 240


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def small_demo(tmp_path_factory) -> tuple[Path, Drawn]:
    out = tmp_path_factory.mktemp("demo") / "small"
    drawn = draw_demo(out, num_products=NUM_PRODUCTS, per_family=1, num_workers=2)
    return out, drawn


def test_the_same_seed_draws_the_same_bytes_whatever_the_workers(
    small_demo, tmp_path: Path
):
    out, _ = small_demo
    draw_demo(
        tmp_path / "again", num_products=NUM_PRODUCTS, per_family=1, num_workers=1
    )
    assert hashes(tmp_path / "again") == hashes(out)


def test_another_seed_draws_another_catalogue(small_demo, tmp_path: Path):
    out, _ = small_demo
    draw_demo(tmp_path, seed=8, num_products=1, per_family=0, num_workers=1)
    old, new = (set(hashes(f / "catalogue").values()) for f in (out, tmp_path))
    assert new
    assert not old & new


def test_the_whole_demo_is_as_large_as_promised():
    photos = catalogue_photos(designs(7))
    by_kind: dict[str, set[int]] = {}
    for photo in photos:
        by_kind.setdefault(photo.design.kind, set()).add(photo.design.seed)
    assert set(by_kind) == set(KINDS)
    assert sum(len(seeds) for seeds in by_kind.values()) >= 80
    assert min(len(seeds) for seeds in by_kind.values()) >= 12
    assert len({photo.design.brand.name for photo in photos}) == 6
    assert len({photo.path for photo in photos}) == len(photos) >= 160
    families = Counter(plan.family for plan in plan_listings(photos, 12, 7))
    assert sum(families.values()) >= 240
    assert min(families.values()) >= 10
    assert families["unlisted"] + families["household"] >= 70
    assert families["colourway"] >= 24
    assert families["other_photo"] >= 20


def test_the_truth_names_files_that_exist_and_every_family(small_demo):
    out, drawn = small_demo
    truth = rows(out / "truth.csv")
    listings = {path.name for path in (out / "listings").iterdir()}
    assert {row["query"] for row in truth} == listings
    assert len(listings) == sum(drawn.listings_by_family.values())
    for row in truth:
        if row["reference"]:
            assert (out / "catalogue" / row["reference"]).is_file()
        innocent = row["family"] in ("unlisted", "household", "colourway")
        assert innocent == (row["reference"] == "")
    assert {row["family"] for row in truth} == set(FAMILIES)


def test_no_pair_is_told_twice_and_a_query_has_one_family(small_demo):
    truth = rows(small_demo[0] / "truth.csv")
    pairs = [(row["query"], row["reference"]) for row in truth]
    assert len(set(pairs)) == len(pairs)
    families: dict[str, set[str]] = {}
    for row in truth:
        families.setdefault(row["query"], set()).add(row["family"])
    assert all(len(names) == 1 for names in families.values())


def test_colorway_table_names_the_photo_that_each_sibling_resembles(small_demo):
    out, _ = small_demo
    siblings = {
        row["query"] for row in rows(out / "truth.csv") if row["family"] == "colourway"
    }
    table = rows(out / "colourways.csv")
    assert {row["query"] for row in table} == siblings
    for row in table:
        assert (out / "catalogue" / row["nearest_reference"]).is_file()


def test_every_picture_opens_at_a_size_worth_looking_at(small_demo):
    out, _ = small_demo
    for path in (out / "catalogue").rglob("*.jpg"):
        with Image.open(path) as image:
            image.load()
            assert 600 <= min(image.size) <= max(image.size) <= 900
    for path in (out / "listings").iterdir():
        with Image.open(path) as image:
            image.load()
            assert max(image.size) >= 200


def test_broken_files_are_broken_and_in_no_table(small_demo):
    out, _ = small_demo
    broken = list((out / "broken").iterdir())
    assert len(broken) == 2
    for path in broken:
        with (
            pytest.raises(OSError, match=r"(?i)truncated|cannot identify|broken"),
            Image.open(path) as image,
        ):
            image.load()
        assert path.name not in (out / "truth.csv").read_text()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "watches"])
def test_a_sibling_differs_in_color_but_not_in_shape(kind: str):
    design = next(d for d in designs(7) if d.kind == kind)
    photo = Photo(design, 0, KINDS[kind][1][0])
    other = sibling(photo)
    assert other.colorway not in (0, 1)
    original, recolored = (
        np.asarray(cutout(p, SIZE_PX)).astype(int) for p in (photo, other)
    )
    assert np.array_equal(original[..., 3], recolored[..., 3])
    inside = original[..., 3] > 128
    difference = np.abs(original - recolored)[..., :3].mean(axis=2)[inside]
    assert difference.mean() > 12


def test_no_two_products_look_alike_in_small():
    shown: dict[str, list[np.ndarray]] = {}
    for design in designs(7)[:24]:
        photo = Photo(design, 0, KINDS[design.kind][1][0])
        pixels = np.asarray(cutout(photo, 120).convert("RGB")).astype(int)
        for earlier in shown.setdefault(design.kind, []):
            assert np.abs(pixels - earlier).mean() > 4
        shown[design.kind].append(pixels)


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path: Path, capsys):
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(InvalidInput, match="--out"):
        draw_demo(tmp_path, num_products=1, per_family=0, num_workers=1)
    assert main(["--out", str(tmp_path)]) == 2
    assert "did not draw" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_seed_below_zero_is_misuse(tmp_path: Path, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--out", str(tmp_path / "demo"), "--seed", "-1"])
    assert stop.value.code == 2
    assert "--seed" in capsys.readouterr().err
    assert not (tmp_path / "demo").exists()


def test_drawing_again_replaces_its_own_files_and_keeps_a_report(tmp_path: Path):
    draw_demo(tmp_path, num_products=1, per_family=0, num_workers=1)
    (tmp_path / "report.html").write_text("kept")
    stale = tmp_path / "listings" / "stale.jpg"
    stale.write_bytes(b"old")
    draw_demo(tmp_path, num_products=1, per_family=0, num_workers=1)
    assert not stale.exists()
    assert (tmp_path / "report.html").read_text() == "kept"
