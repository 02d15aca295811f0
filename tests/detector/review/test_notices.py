import io
from dataclasses import replace

import pytest
from sqlalchemy import select

from detector.errors import Conflict, InvalidInput, Unknown
from detector.review.notices.give import complete_notice
from detector.review.notices.notice import NoticeItem
from detector.review.notices.notice_file import give_in_parts, read_items
from detector.review.notices.notice_job import link_known_listings
from detector.review.notices.notice_list import NoticeFilter, find_notice, list_notices
from detector.review.notices.withdraw import withdraw_notice
from detector.store.work_tables import JobRow
from tests.detector.review.noticing import (
    SIGNED,
    event,
    give,
    items,
    listing,
    make_notice,
    notice,
    open_cases,
)


def test_a_notice_is_received_and_each_listing_has_a_case(cases):
    listing(cases, "l1")
    flagged = cases.open("l2")
    row = give(cases, make_notice(cases, "l1", "l2", "l3"))
    assert (row.state, row.missing) == ("received", [])
    first, second, third = items(cases, row.id)
    assert cases.case(first.case_id).source == "notice"
    assert second.case_id == flagged
    assert (third.case_id, third.state) == (None, "unknown_listing")
    assert event(cases, "notice.received")["num_items"] == 3


def test_a_listing_that_comes_later_is_linked(cases):
    row = give(cases, make_notice(cases, "l1"))
    assert link_known_listings(cases.database) == 0
    listing(cases, "l1")
    assert link_known_listings(cases.database) == 1
    with cases.database.read() as session:
        jobs = session.scalars(select(JobRow).where(JobRow.kind == "notice_cases"))
        assert {job.payload["notice_id"] for job in jobs} == {row.id}
    open_cases(cases, row.id)
    (item,) = items(cases, row.id)
    assert cases.case(item.case_id).state == "open"
    assert link_known_listings(cases.database) == 0


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"explanation": "Fake."}, "/explanation"),
        ({"notifier": {"name": "Ada"}}, "/notifier/email"),
        ({"signed": ("accuracy",)}, "/signed"),
        ({"right_id": None}, "/right_id"),
        ({"right_id": "right_of_nobody"}, "/right_id"),
        ({"territories": ["US"]}, "/right_id"),
        ({"reason_code": "copied_brand_image"}, "/right_id"),
    ],
)
def test_what_is_missing_is_told_and_can_be_sent(cases, change, pointer):
    listing(cases, "l1")
    whole = make_notice(cases, "l1")
    row = give(cases, replace(whole, **change))
    assert row.state == "incomplete"
    assert [each["pointer"] for each in row.missing] == [pointer]
    assert all(each["remedy"] for each in row.missing)
    assert items(cases, row.id)[0].case_id is None
    assert event(cases, "notice.incomplete")["missing"] == row.missing
    brand = cases.brand()
    with cases.database.write() as session:
        complete_notice(session, row.id, whole, actor=brand, at=cases.now)
    open_cases(cases, row.id)
    assert notice(cases, row.id).state == "received"
    assert items(cases, row.id)[0].case_id is not None
    with pytest.raises(Conflict), cases.database.write() as session:
        complete_notice(session, row.id, whole, actor=brand, at=cases.now)


def test_a_right_of_another_brand_is_no_right(cases):
    other = cases.add_right("other")
    row = give(cases, make_notice(cases, "l1", right_id=other))
    assert [each["pointer"] for each in row.missing] == ["/right_id"]
    assert row.right_id is None


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"reason_code": "different_product"}, "no reason for restrict"),
        ({"items": []}, "1 to 300 listings"),
        ({"items": [NoticeItem(str(n)) for n in range(301)]}, "not 301"),
        ({"items": [NoticeItem("a"), NoticeItem("a")]}, "more than once: a"),
    ],
)
def test_what_is_no_notice_is_refused(cases, change, fault):
    given = replace(make_notice(cases, "l1"), **change)
    with pytest.raises(InvalidInput, match=fault):
        give(cases, given)


def test_a_notice_is_given_once_under_one_name(cases):
    given = make_notice(cases, "l1", external_id="2026-1")
    row = give(cases, given)
    with pytest.raises(Conflict, match=row.id):
        give(cases, given)
    cases.world.brand_id("other")
    give(cases, replace(given, right_id=None), cases.brand("other"))


def test_a_notice_corroborates_until_it_is_withdrawn(cases):
    case_id = cases.open("l1")
    row = give(cases, make_notice(cases, "l1"))
    brand = cases.brand()
    with cases.database.write() as session:
        withdraw_notice(session, row.id, actor=brand, at=cases.now)
    assert notice(cases, row.id).state == "withdrawn"
    # The flag still speaks for the case.
    assert cases.case(case_id).state == "open"
    with pytest.raises(Conflict), cases.database.write() as session:
        withdraw_notice(session, row.id, actor=brand, at=cases.now)


def test_a_case_that_rests_on_nothing_else_ends_with_its_notice(cases):
    listing(cases, "l1")
    listing(cases, "l2")
    row = give(cases, make_notice(cases, "l1", "l2"))
    first, second = items(cases, row.id)
    brand = cases.brand()
    with cases.database.write() as session:
        withdraw_notice(session, row.id, actor=brand, at=cases.now, listing_ids=["l1"])
    assert cases.case(first.case_id).closure == "withdrawn"
    assert cases.case(second.case_id).state == "open"
    assert notice(cases, row.id).state == "received"
    assert event(cases, "notice.withdrawn")["withdrawn"] == ["l1"]
    with pytest.raises(InvalidInput), cases.database.write() as session:
        withdraw_notice(session, row.id, actor=brand, at=cases.now, listing_ids=["x"])


def test_the_outcome_of_each_listing_is_told_once_all_have_one(cases):
    listing(cases, "l1")
    case_ids = [cases.open("l2")]
    row = give(cases, make_notice(cases, "l1", "l2"))
    for item in items(cases, row.id):
        cases.step(str(item.case_id), "gone")
    assert case_ids
    assert [item.state for item in items(cases, row.id)] == ["rejected", "rejected"]
    assert notice(cases, row.id).state == "rejected"
    told = event(cases, "notice.decided")
    assert [each["reason_code"] for each in told["items"]] == ["listing_gone"] * 2
    assert "ann" not in str(told).lower()


def test_nobody_sees_another_brands_notice(cases):
    row = give(cases, make_notice(cases, "l1"))
    other = cases.brand("other")
    with cases.database.read() as session, pytest.raises(Unknown):
        find_notice(session, row.id, brand_id=other.brand_id)
    with cases.database.read() as session, pytest.raises(Unknown):
        find_notice(session, row.id, marketplace="another")
    with cases.database.write() as session, pytest.raises(Unknown):
        withdraw_notice(session, row.id, actor=other, at=cases.now)
    with cases.database.read() as session:
        wanted = NoticeFilter(brand_id=other.brand_id)
        assert list_notices(session, wanted, cursor=None, limit=5) == ([], None)


def test_a_notice_of_copied_works_says_what_17_usc_512_asks_for(cases):
    cases.set_policy(regime="US-DMCA", territory="US")
    given = make_notice(
        cases,
        "l1",
        reason_code="copied_brand_image",
        right_id=cases.add_right(type="copyright", office="US"),
    )
    row = give(cases, given)
    assert {each["pointer"] for each in row.missing} == {
        "/signed",
        "/contact/address",
        "/contact/phone",
        "/contact/signature",
    }
    contact = {"address": "1 Main St", "phone": "1", "signature": "/s/ Ada"}
    whole = replace(given, contact=contact, signed=(*SIGNED, "perjury"))
    assert give(cases, whole).missing == []


def test_a_file_names_listings_and_good_rows_are_kept():
    data = "﻿listing_id;url\na;https://x.example/a\n;https://x.example/c\na;\nb;javascript:x\n"
    found, problems = read_items(io.BytesIO(data.encode()))
    assert [(item.listing_id, item.url) for item in found] == [
        ("a", "https://x.example/a"),
        ("b", None),
    ]
    assert [(problem.row, problem.code) for problem in problems] == [
        (3, "required"),
        (5, "bad_url"),
    ]


def test_of_more_listings_than_one_notice_names_several_are_given(cases):
    given, brand = make_notice(cases, *map(str, range(301))), cases.brand()
    assert brand.brand_id is not None
    with cases.database.write() as session:
        first, second = give_in_parts(
            session, given, actor=brand, brand_id=brand.brand_id, at=cases.now
        )
    assert len(items(cases, first)) == 300
    assert [item.external_id for item in items(cases, second)] == ["300"]
