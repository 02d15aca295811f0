import sys
from subprocess import run

import numpy as np
import pytest

from detector.errors import Conflict, Unknown
from detector.matching.likelihood import Isotonic, Sigmoid, read_curve
from detector.review.learning.calibrate import (
    apply_calibration,
    list_calibrations,
    propose_calibrations,
)
from detector.review.learning.examples import Example, read_examples
from detector.review.learning.fit import (
    Method,
    assess,
    find_shortage,
    fit,
    measure_quality,
    parameters_of,
)
from detector.store.case_tables import DecisionRow
from detector.store.standing_tables import CalibrationRow
from tests.detector.review.review_world import LEA, Cases


def make_examples(num: int = 2_000, seed: int = 0) -> list[Example]:
    """Examples whose true likelihood is a sigmoid: 0.5 at 0.7, slope 12."""
    rng = np.random.default_rng(seed)
    similarity = rng.uniform(0.4, 1.0, num)
    truth = rng.uniform(size=num) < 1 / (1 + np.exp(-12 * (similarity - 0.7)))
    pairs = zip(similarity, truth, strict=True)
    return [Example("acme", float(x), bool(y)) for x, y in pairs]


@pytest.mark.parametrize("method", Method)
def test_a_fit_finds_the_true_likelihood(method):
    curve = fit(make_examples(), method)
    for similarity, true in [(0.55, 0.142), (0.7, 0.5), (0.85, 0.858)]:
        assert curve(similarity) == pytest.approx(true, abs=0.1)


@pytest.mark.parametrize("method", Method)
def test_quality_is_measured_on_what_was_not_fitted(method):
    quality = assess(make_examples(), method)
    assert quality.is_better_than_nothing
    assert quality.ece < 0.04
    assert quality.num == sum(each.num for each in quality.table) == 2_000


def test_brier_score_and_ece_are_those_of_their_definitions():
    said = np.array([0.05, 0.05, 0.95, 0.95])
    truth = np.array([0.0, 1.0, 1.0, 1.0])
    quality = measure_quality(said, truth)
    assert quality.brier == pytest.approx((0.05**2 + 0.95**2 + 2 * 0.05**2) / 4)
    assert quality.ece == pytest.approx((0.45 + 0.05) / 2)
    assert quality.base_brier == pytest.approx(0.1875)
    assert [(each.num, each.came_true) for each in quality.table] == [(2, 0.5), (2, 1)]


@pytest.mark.parametrize(
    "curve", [Sigmoid(12.0, -8.0), Isotonic([0.2, 0.6], [0.1, 0.9])]
)
def test_a_stored_curve_is_the_same(curve):
    method = "sigmoid" if isinstance(curve, Sigmoid) else "isotonic"
    read = read_curve(method, parameters_of(curve))
    assert [read(x) for x in (0.0, 0.4, 1.0)] == [curve(x) for x in (0.0, 0.4, 1.0)]
    assert 0 <= read(-1e9) <= read(0.4) <= read(1e9) <= 1


def test_an_even_number_of_noise_is_no_better_than_nothing():
    rng = np.random.default_rng(1)
    noise = [
        Example("acme", float(x), bool(y))
        for x, y in zip(rng.uniform(size=300), rng.uniform(size=300) < 0.5, strict=True)
    ]
    assert not assess(noise, Method.ISOTONIC).is_better_than_nothing


@pytest.mark.parametrize(
    ("confirmed", "dismissed", "suffices"),
    [(40, 10, True), (41, 9, False), (10, 40, True), (30, 19, False)],
)
def test_too_few_examples_are_not_fitted(confirmed, dismissed, suffices):
    examples = [Example("acme", 0.9, True)] * confirmed
    examples += [Example("acme", 0.5, False)] * dismissed
    assert (find_shortage(examples) is None) is suffices


def decide(
    cases: Cases, case_id: str, kind: str, state: str = "effective", **given: str
) -> None:
    reason = "counterfeit_mark" if kind == "restrict" else "different_product"
    with cases.database.write() as session:
        session.add(
            DecisionRow(
                id=f"dec_{case_id}_{state}",
                case_id=case_id,
                kind=kind,
                state=state,
                reason_code=given.get("reason_code", reason),
                restriction=None,
                decided_by="user:ann",
                role="reviewer",
                decided_at=cases.later(seconds=1),
            )
        )


def decide_many(cases: Cases, brand: str = "acme", num: int = 50) -> None:
    """Decide cases, confirming those that are very similar."""
    for number in range(num):
        similarity = 0.55 + 0.4 * (number % 10) / 10
        case_id = cases.open(
            f"{brand}{number}", brand=brand, similarity=round(similarity, 3)
        )
        decide(cases, case_id, "restrict" if similarity > 0.72 else "no_action")


def propose(cases: Cases, brand: str | None = None) -> list[CalibrationRow]:
    brand_id = None if brand is None else cases.world.brand_id(brand)
    with cases.database.write() as session:
        rows = propose_calibrations(
            session, Method.SIGMOID, actor=LEA, at=cases.now, brand_id=brand_id
        )
        ids = [row.id for row in rows]
    with cases.database.read() as session:
        return [session.get_one(CalibrationRow, id) for id in ids]


def apply(cases: Cases, calibration_id: str) -> None:
    with cases.database.write() as session:
        apply_calibration(session, calibration_id, actor=LEA, at=cases.now)


def states(cases: Cases) -> dict[str, str]:
    with cases.database.read() as session:
        rows, _ = list_calibrations(session, state=None, cursor=None, limit=50)
        return {row.id: row.state for row in rows}


def test_what_was_overturned_is_an_example_of_the_opposite(cases):
    decide(cases, cases.open("l1"), "restrict")
    decide(cases, cases.open("l2", similarity=0.8), "restrict", "overturned")
    decide(cases, cases.open("l3"), "no_action")
    decide(cases, cases.open("l4"), "restrict", "undone")
    decide(cases, cases.open("l5"), "no_action", reason_code="insufficient_evidence")
    cases.open("l6")
    with cases.database.read() as session:
        found = [(e.similarity, e.is_confirmed) for e in read_examples(session)]
    assert found == [(0.9, True), (0.8, False), (0.9, False)]


def test_a_calibration_is_proposed_applied_and_shown(cases):
    decide_many(cases)
    decide_many(cases, "bolt", num=2)
    common, own = propose(cases)
    assert (common.brand_id, common.state) == (None, "proposed")
    assert own.brand_id == cases.world.brand_id("acme")
    changes = own.report["changes"]
    assert isinstance(changes, dict)
    # Those between 0.72 and 0.8 were below the threshold of a match.
    assert (changes["num_flags"], changes["num_become_unlikely"]) == (50, 0)
    assert changes["num_become_likely"] == len(changes["flags"]) > 0
    assert cases.case(cases.open("before")).images[0]["likelihood"] is None

    apply(cases, own.id)
    found = cases.case(cases.open("after", similarity=0.9)).images[0]["likelihood"]
    assert isinstance(found, float)
    assert found > 0.5
    other = cases.open("other", brand="bolt", similarity=0.9)
    assert cases.case(other).images[0]["likelihood"] is None

    apply(cases, common.id)
    other = cases.open("another", brand="bolt", similarity=0.9)
    assert cases.case(other).images[0]["likelihood"] is not None

    (newer,) = propose(cases, "acme")
    apply(cases, newer.id)
    assert states(cases) == {
        own.id: "replaced",
        common.id: "applied",
        newer.id: "applied",
    }
    with pytest.raises(Conflict, match="is replaced"):
        apply(cases, own.id)
    with pytest.raises(Unknown, match="no calibration 'cal_none'"):
        apply(cases, "cal_none")


def test_too_few_cases_are_refused_and_say_how_many_it_takes(cases):
    decide(cases, cases.open("l1"), "restrict")
    for brand in (None, "acme"):
        with pytest.raises(Conflict, match=r"1 confirmed and 0 dismissed .* 50"):
            propose(cases, brand)


def test_neither_the_service_nor_the_command_line_loads_the_fitting_library():
    code = (
        "import sys, detector.api.app, detector.cli.app, "
        "detector.review.learning.calibrate; print('sklearn' in sys.modules)"
    )
    done = run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
