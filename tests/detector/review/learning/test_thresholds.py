from detector.review.learning.examples import Example
from detector.review.learning.thresholds import (
    MAX_POINTS,
    NUM_BINS,
    Point,
    count_bins,
    report_scores,
    trace_curve,
)
from detector.store.case_tables import DecisionRow
from tests.detector.review.review_world import Cases


def examples(*pairs: tuple[float, bool]) -> list[Example]:
    return [Example("acme", similarity, is_hit) for similarity, is_hit in pairs]


def test_the_curve_counts_ties_together():
    found = trace_curve(examples((0.9, True), (0.8, True), (0.8, False), (0.5, False)))
    assert found == [Point(0.9, 1.0, 0.5), Point(0.8, 2 / 3, 1.0), Point(0.5, 0.5, 1.0)]


def test_nothing_confirmed_draws_no_curve():
    assert trace_curve(examples((0.9, False))) == []
    assert trace_curve([]) == []


def test_a_long_curve_is_thinned_out_and_keeps_its_ends():
    many = examples(*((n / 1_000, n % 3 == 0) for n in range(1_000)))
    found = trace_curve(many)
    assert len(found) == MAX_POINTS
    assert (found[0].threshold, found[-1].threshold) == (0.999, 0.0)


def test_every_case_is_in_one_range():
    bins = count_bins(examples((0.0, True), (0.05, False), (1.0, True), (0.999, True)))
    assert len(bins) == NUM_BINS
    assert sum(each.num_confirmed for each in bins) == 3
    assert (bins[0].num_confirmed, bins[1].num_dismissed) == (1, 1)
    assert bins[-1].num_confirmed == 2


def decide(cases: Cases, name: str, similarity: float, kind: str, brand: str) -> str:
    case_id = cases.open(name, similarity=similarity, brand=brand)
    with cases.database.write() as session:
        session.add(
            DecisionRow(
                id=f"dec_{case_id}",
                case_id=case_id,
                kind=kind,
                state="effective",
                reason_code="counterfeit_mark",
                restriction=None,
                decided_by="user:ann",
                role="reviewer",
                decided_at=cases.now,
            )
        )
    return case_id


def test_a_preview_counts_what_would_not_have_been_opened(cases):
    lost = decide(cases, "lost", 0.6, "restrict", "acme")
    spared = decide(cases, "spared", 0.5, "no_action", "acme")
    decide(cases, "kept", 0.9, "restrict", "acme")
    decide(cases, "other", 0.5, "restrict", "zeta")
    brand_id = cases.world.brand_id("acme")
    with cases.database.read() as session:
        report = report_scores(session, brand_id=brand_id, threshold=0.7)
        every = report_scores(session)
    preview = report.preview
    assert preview is not None
    assert (preview.num_lost, preview.num_spared) == (1, 1)
    # The decisions were written down by hand: their cases are open all the same.
    assert preview.num_open == 2
    assert [each.case_id for each in preview.changed] == [lost, spared]
    assert (report.num_confirmed, report.num_dismissed) == (2, 1)
    assert (every.num_confirmed, every.preview) == (3, None)
