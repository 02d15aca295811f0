from detector.review.queue.case_counts import count_cases
from detector.review.queue.case_list import CaseFilter, list_cases
from detector.review.queue.scope import Scope
from detector.store.case_tables import CaseRow
from tests.detector.review.review_world import Cases

Counts = dict[tuple[str, str | None], int]


def counted(cases: Cases, scope: Scope, brand_id: str | None = None) -> Counts:
    with cases.database.read() as session:
        found = count_cases(session, scope=scope, brand_id=brand_id)
    return {(each.state, each.closure): each.count for each in found}


def test_cases_are_counted_as_whoever_looks_is_told(cases):
    for name in ("l1", "l2", "l3"):
        cases.open(name)
    claimed, gone = cases.open("l4"), cases.open("l5")
    other = cases.open("l6", brand="zeta")
    cases.claim(claimed)
    cases.step(gone, "gone")
    everything = counted(cases, Scope())
    assert everything == {
        ("open", None): 4,
        ("claimed", None): 1,
        ("closed", "moot"): 1,
    }
    outside = counted(cases, Scope(marketplace="market"))
    assert outside == {("open", None): 5, ("closed", "moot"): 1}
    assert counted(cases, Scope(brand_id=cases.world.brand_id("acme"))) == {}
    brand_id = cases.case(other).brand_id
    assert counted(cases, Scope(), brand_id) == {("open", None): 1}


def test_what_changed_last_can_come_first(cases):
    ids = [cases.open(f"l{n}") for n in range(3)]
    with cases.database.write() as session:
        for days, case_id in enumerate((ids[2], ids[0], ids[1])):
            cases.later(days=days)
            session.get_one(CaseRow, case_id).updated_at = cases.now
    wanted, cursor = CaseFilter(newest_change_first=True), None
    found: list[str] = []
    with cases.database.read() as session:
        for _ in range(2):
            views, cursor = list_cases(
                session, wanted, scope=Scope(), cursor=cursor, limit=2
            )
            found += [view.row.id for view in views]
    assert (found, cursor) == ([ids[1], ids[0], ids[2]], None)
