from datetime import UTC, date, datetime

import pytest

from detector.errors import InvalidInput
from detector.review.clocks.calendar import end_of, is_working_day
from detector.review.clocks.regimes import REGIMES, Span, read_regime


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("regime", "span", "start", "end"),
    [
        # Monday; the day itself is not counted; midnight in New York is 4 or 5 UTC.
        ("US-DMCA", (10, "working_days"), "2026-06-01T15:00+00:00", "2026-06-16T04:00"),
        # Over Thanksgiving (November 26) and two weekends.
        ("US-DMCA", (10, "working_days"), "2026-11-20T15:00+00:00", "2026-12-08T05:00"),
        # Already the next day in Shanghai: the clock begins there.
        ("CN-ECL", (15, "days"), "2026-06-01T17:00+00:00", "2026-06-17T16:00"),
        # The last day is October 1, the first of the National Day holidays.
        ("CN-ECL", (15, "days"), "2026-09-16T02:00+00:00", "2026-10-08T16:00"),
        (
            "NOTIFY-FIRST",
            (3, "working_days"),
            "2026-06-05T02:00+00:00",
            "2026-06-10T16:00",
        ),
        # Six months from August 31 is the last day of February, a Sunday in 2027.
        ("EU-DSA", (6, "months"), "2026-08-31T10:00+00:00", "2027-03-01T23:00"),
        # Summer time begins in between: midnight is at 22:00 UTC then.
        ("EU-DSA", (6, "months"), "2026-01-15T10:00+00:00", "2026-07-15T22:00"),
        ("US-TM", (90, "days"), "2026-01-15T10:00+00:00", "2026-04-16T04:00"),
        ("EU-DSA", (48, "hours"), "2026-03-28T10:00+00:00", "2026-03-30T10:00"),
    ],
)
def test_a_period_ends_with_its_last_day_where_it_counts(regime, span, start, end):
    found = end_of(Span(*span), at(start), read_regime(regime))
    assert found == at(f"{end}+00:00")
    assert found.tzinfo is UTC


def test_countries_work_on_different_days():
    assert not is_working_day(date(2026, 7, 21), "BE")  # national day
    assert is_working_day(date(2026, 7, 21), "US")
    assert not is_working_day(date(2026, 7, 3), "US")  # July 4 is a Saturday
    assert not is_working_day(date(2026, 6, 6), "CN")


def test_every_profile_can_be_counted():
    for regime in REGIMES.values():
        for span in (regime.response, regime.appeal_window, regime.claimant):
            assert end_of(span, at("2026-06-01T10:00+00:00"), regime)
        assert regime.appeal_window.amount > 0
        assert regime.forwards == (regime.claimant.amount > 0), regime.name
        assert regime.notifies_first == (regime.response.amount > 0), regime.name


def test_a_regime_that_there_is_not_is_refused():
    with pytest.raises(InvalidInput, match="Choose one of CN-ECL"):
        read_regime("FR-LCEN")
