import json
from pathlib import Path

import pytest

from detector.catalogue.brands import brand_id, ensure_brand
from detector.catalogue.health.check import estimate_cost
from detector.catalogue.health.edits import EDITS
from detector.catalogue.health.page import render_html
from detector.catalogue.health.report import HealthReport
from detector.catalogue.references import brand_pictures, reference_id
from detector.errors import InvalidInput, UnknownBrand
from detector.listings.engine import open_engine
from detector.store.store import open_store
from detector.store.tables import ReferenceRow
from tests.catalogues import draw_folder, grid_extractor, run_import
from tests.detector.catalogue.health.conftest import SECRET, check


def found(report: HealthReport) -> set[tuple[str, str]]:
    return {(each.code.value, each.reference.external_id) for each in report.findings}


def test_each_planted_fault_is_found_and_no_good_picture_is_flagged(checked):
    assert found(checked.report) == {
        ("too_small", "odd/stamp.png"),
        ("plain_surface", "odd/blank.png"),
        ("small_product", "odd/far.png"),
        ("collision", "watches.png"),
    }
    assert checked.report.num_references == checked.report.num_searchable == 11
    for finding in checked.report.findings:
        assert finding.remedy
        assert "{" not in finding.statement
        is_measured = finding.code != "collision"
        assert (finding.value is not None) == is_measured
        assert (finding.threshold is not None) == is_measured


def test_duplicates_are_grouped_by_file_and_by_picture(checked):
    groups = {
        (group.code.value, tuple(r.external_id for r in group.references))
        for group in checked.report.duplicates
    }
    assert groups == {
        ("duplicate", ("again/shoes.png", "shoes.png")),
        ("near_duplicate", ("again/boxes.jpg", "boxes.png")),
    }
    assert {group.is_across_products for group in checked.report.duplicates} == {None}


def test_nothing_of_the_other_brand_is_told(checked):
    report = checked.report
    other = brand_id(SECRET)
    with checked.store.database.read() as session:
        theirs = brand_pictures(session, other)
    secrets = {SECRET, other, *theirs.values()}
    secrets |= {reference_id(other, name) for name in theirs}
    texts = (repr(report), json.dumps(report.to_json()), render_html(report))
    for text in texts:
        assert not [secret for secret in secrets if secret.lower() in text.lower()]
    (collision,) = [each for each in report.findings if each.code == "collision"]
    assert collision.value is collision.threshold is None


def test_the_other_brand_learns_of_its_own_side_only(checked):
    report = checked.check(brand_id=brand_id(SECRET), sample=0)
    assert found(report) == {("collision", f"{SECRET}-a.jpg")}
    assert report.duplicates == ()
    assert report.self_test is None
    assert "acme" not in repr(report).lower()
    assert checked.brand_id not in json.dumps(report.to_json())


def test_the_self_test_finds_edited_copies(checked):
    test = checked.report.self_test
    assert [family.family for family in test.families] == list(EDITS)
    assert test.num_references == 2
    assert test.total.num_tested == 2 * len(EDITS)
    assert test.total.match + test.total.review >= 0.75 * test.total.num_tested
    by_name = {family.family: family for family in test.families}
    assert by_name["recompress"].missed == 0
    for name in ("match", "review", "missed", "wrong"):
        counts = [getattr(family, name) for family in test.families]
        assert sum(counts) == getattr(test.total, name)
    num_not_found = sum(len(missed.not_found) for missed in test.most_missed)
    assert num_not_found == test.total.missed + test.total.wrong


def test_the_same_catalogue_and_seed_give_the_same_report(checked):
    again = checked.check(sample=2, seed=1, threads=1)
    assert again == checked.report
    assert again.to_json() == json.loads(json.dumps(again.to_json()))


def test_progress_is_told_up_to_the_total(checked):
    steps = []
    checked.check(sample=0, on_progress=lambda *step: steps.append(step))
    (total,) = {total for _, total in steps}
    assert [done for done, _ in steps] == list(range(1, total + 1))


@pytest.mark.parametrize("num_steps", [0, 5, 15, 21])
def test_a_check_that_is_stopped_says_so_and_keeps_what_it_has(checked, num_steps):
    done = []
    report = checked.check(
        sample=2,
        on_progress=lambda *step: done.append(step),
        should_stop=lambda: len(done) >= num_steps,
    )
    assert not report.is_complete
    assert report.self_test is None
    assert len(done) in (num_steps, num_steps + 1)
    assert found(report) <= found(checked.report)
    assert "stopped before its end" in render_html(report)


def test_what_cannot_be_used_is_refused(checked):
    for options in ({"sample": -1}, {"seed": -1}, {"threads": 0}):
        with pytest.raises(InvalidInput, match="cannot be used"):
            checked.check(**options)
    with pytest.raises(UnknownBrand):
        checked.check(brand_id="brand_missing")
    with pytest.raises(UnknownBrand):
        estimate_cost(checked.store, brand_id="brand_missing", sample=1, threads=1)


def test_the_cost_is_told_before_the_check(checked):
    cost = estimate_cost(checked.store, brand_id=checked.brand_id, sample=3, threads=2)
    assert cost.num_references == 11
    assert cost.num_edits == 3 * len(EDITS)
    twice = estimate_cost(checked.store, brand_id=checked.brand_id, sample=6, threads=2)
    assert twice.seconds > cost.seconds > 0


def test_a_picture_that_cannot_be_read_is_told_and_stops_nothing(tmp_path):
    store = open_store(tmp_path / "data")
    run_import(store, draw_folder(tmp_path / "photos", 4, size=(160, 120)))
    extractor = grid_extractor()
    engine = open_engine(store, extractor, threads=1, on_note=lambda text: None)
    with store.database.read() as session:
        pictures = brand_pictures(session, brand_id("Acme"))
    lost, cut = pictures["0/000.png"], pictures["1/001.png"]
    Path(store.blobs.place(lost)).unlink()
    whole = Path(store.blobs.place(cut)).read_bytes()
    Path(store.blobs.place(cut)).write_bytes(whole[: len(whole) // 2])
    report = check(engine, brand_id=brand_id("Acme"), sample=4)
    unreadable = {name for code, name in found(report) if code == "unreadable"}
    assert unreadable == {"0/000.png", "1/001.png"}
    assert report.is_complete
    assert report.self_test is not None
    assert report.self_test.total.failed == 2 * len(EDITS)
    assert report.self_test.total.num_tested == 2 * len(EDITS)
    store.close()


def test_what_the_brand_has_just_disabled_is_nobody_elses(tmp_path):
    store = open_store(tmp_path / "data")
    folder = draw_folder(tmp_path / "photos", 2)
    (folder / "again.png").write_bytes((folder / "0" / "000.png").read_bytes())
    run_import(store, folder)
    extractor = grid_extractor()
    engine = open_engine(store, extractor, threads=1, on_note=lambda text: None)
    own = brand_id("Acme")
    with store.database.write() as session:
        row = session.get(ReferenceRow, reference_id(own, "again.png"))
        assert row is not None
        row.state = "disabled"
    report = check(engine, brand_id=own, sample=0)
    assert report.num_references == 2
    assert report.counts()["collision"] == report.counts()["duplicate"] == 0
    store.close()


def test_what_the_brand_adds_during_the_check_is_nobody_elses(tmp_path):
    store = open_store(tmp_path / "data")
    folder = draw_folder(tmp_path / "photos", 2)
    run_import(store, folder)
    extractor = grid_extractor()
    engine = open_engine(store, extractor, threads=1, on_note=lambda text: None)

    def add_one(done: int, total: int) -> None:
        if done == 1:
            first = (folder / "0" / "000.png").read_bytes()
            (folder / "again.png").write_bytes(first)
            run_import(store, folder)
            engine.index.refresh()

    own = brand_id("Acme")
    report = check(engine, brand_id=own, sample=0, on_progress=add_one)
    assert len(engine.index) == 3
    assert report.num_references == 2
    assert report.counts()["collision"] == 0
    store.close()


def test_a_brand_without_pictures_gets_an_empty_report(tmp_path):
    store = open_store(tmp_path / "data")
    with store.database.write() as session:
        name = ensure_brand(session, "Nobody")
    engine = open_engine(store, grid_extractor(), threads=1, on_note=lambda text: None)
    report = check(engine, brand_id=name)
    assert report.is_complete
    assert not any(report.counts().values())
    assert report.self_test is None
    assert "none of the pictures can be searched" in render_html(report)
    store.close()
