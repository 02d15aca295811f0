"""Gives notices, and lets their cases be opened; each call is a transaction."""

from typing import Any

from sqlalchemy import select

from detector.review.actor import Actor
from detector.review.notices.give import give_notice
from detector.review.notices.notice import GivenNotice, NoticeItem
from detector.review.notices.notice_job import give_case
from detector.review.notices.withdraw import withdraw_notice
from detector.store.event_tables import EventRow
from detector.store.takedown_tables import NoticeItemRow, NoticeRow
from tests.detector.review.review_world import MARKET, Cases

SIGNED = ("good_faith", "accuracy")


def make_notice(cases: Cases, *names: str, **given: Any) -> GivenNotice:
    return GivenNotice(
        **{
            "marketplace": MARKET,
            "reason_code": "counterfeit_mark",
            "explanation": "A test buy showed that the label is not ours.",
            "items": [NoticeItem(name) for name in names],
            "notifier": {"name": "Ada", "email": "ada@acme.example"},
            "right_id": cases.add_right(),
            "signed": SIGNED,
            **given,
        }
    )


def give(cases: Cases, given: GivenNotice, actor: Actor | None = None) -> NoticeRow:
    """Give notice, and let its cases be opened."""
    actor = actor or cases.brand()
    assert actor.brand_id is not None
    with cases.database.write() as session:
        notice_id = give_notice(
            session, given, actor=actor, brand_id=actor.brand_id, at=cases.now
        ).id
    open_cases(cases, notice_id)
    return notice(cases, notice_id)


def open_cases(cases: Cases, notice_id: str) -> None:
    """Do what the job does."""
    for position in range(len(items(cases, notice_id))):
        with cases.database.write() as session:
            give_case(session, notice_id, position, at=cases.now)


def notice(cases: Cases, notice_id: str) -> NoticeRow:
    with cases.database.read() as session:
        return session.get_one(NoticeRow, notice_id)


def items(cases: Cases, notice_id: str) -> list[NoticeItemRow]:
    with cases.database.read() as session:
        query = select(NoticeItemRow).where(NoticeItemRow.notice_id == notice_id)
        return list(session.scalars(query.order_by(NoticeItemRow.position)))


def event(cases: Cases, type: str) -> Any:
    with cases.database.read() as session:
        return session.scalars(select(EventRow).where(EventRow.type == type)).one().data


def listing(cases: Cases, name: str) -> str:
    """Let a listing come in that nothing is found of; return its id."""
    return cases.world.put_listing(name, [f"picture of {name}"])


def withdraw(cases: Cases, notice_id: str, *listing_ids: str) -> None:
    """Take a notice back, or what it says of some listings."""
    brand = cases.brand()
    with cases.database.write() as session:
        withdraw_notice(
            session, notice_id, actor=brand, at=cases.now, listing_ids=listing_ids
        )
