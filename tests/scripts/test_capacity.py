"""The capacity page follows from what was measured."""

from dataclasses import replace

import pytest

from scripts.capacity import (
    MEASURED,
    PAGE,
    Assumptions,
    pictures_a_day,
    with_tables,
    work_out,
)

ASSUMED = Assumptions()


def test_the_page_has_the_tables_of_today():
    page = PAGE.read_text("utf-8")
    assert page == with_tables(page)


def test_a_page_without_a_place_for_tables_is_refused():
    with pytest.raises(ValueError, match="expected"):
        with_tables("# Capacity\n")


def test_what_a_machine_takes_a_day_keeps_it_as_busy_as_assumed():
    costs = replace(MEASURED, stored_per_s=1e9)
    pictures = pictures_a_day(4, 1_000_000, costs, ASSUMED)
    need = work_out(1_000_000, int(pictures), costs, ASSUMED)
    assert need.machines == 4
    assert need.cores == pytest.approx(4 * ASSUMED.cores, rel=1e-6)


def test_no_more_is_taken_than_installations_can_store():
    costs = replace(MEASURED, stored_per_s=1.0)
    assert pictures_a_day(4, 1_000_000, costs, ASSUMED) == 4 * 86_400
    assert work_out(1_000_000, 10 * 86_400, costs, ASSUMED).installations == 10


@pytest.mark.parametrize("field", ["decode_and_embed_ms", "verify_ms", "store_share"])
def test_whatever_a_picture_costs_more_costs_cores(field):
    dearer = replace(MEASURED, **{field: 2 * getattr(MEASURED, field)})
    before, after = (
        work_out(10_000_000, 10_000_000, costs, ASSUMED) for costs in (MEASURED, dearer)
    )
    assert after.cores > before.cores
    assert after.database_gb == before.database_gb


def test_a_larger_catalogue_takes_memory_in_proportion_and_search_by_its_root():
    small, large = MEASURED.scan_ms(10_000_000), MEASURED.scan_ms(40_000_000)
    bare = replace(MEASURED, search_ms={1: 0.0})
    rest = bare.scan_ms(10_000_000)
    assert (large - rest) == pytest.approx(2 * (small - rest))
    index = [
        MEASURED.memory_bytes(n) - MEASURED.process_bytes
        for n in (10_000_000, 40_000_000)
    ]
    assert index[1] == pytest.approx(4 * index[0])
