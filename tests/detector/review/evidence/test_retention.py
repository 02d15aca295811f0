"""What is kept of closed cases, and how long; on both databases."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from detector.listings.sweeps.retention import forget_pictures
from detector.review import audit
from detector.review.actor import SYSTEM, Actor
from detector.review.evidence.retention import KEEP_AUDIT, retire
from detector.store.audit_tables import ActorRow, AuditRow
from detector.store.blobs import UNUSED_S
from detector.store.case_tables import CaseListingRow
from detector.store.listing_tables import (
    FlagRow,
    ListingRow,
    PictureRow,
    WatchedPictureRow,
)
from detector.store.store import Store
from detector.store.takedown_tables import LegalHoldRow
from tests.detector.listings.flags.flag_world import digest_of
from tests.detector.review.actions.acting import action_of, say, send, sent
from tests.detector.review.decisions.deciding import NOTHING, settle
from tests.detector.review.review_world import ANN, LEA, MARKET, Cases

PICTURE = "picture of l1"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def keep(store: Store, name: str = PICTURE) -> str:
    """Keep a picture's bytes as evidence, put there some time ago."""
    digest = store.blobs.put(name.encode())
    assert digest == digest_of(name)
    before = time.time() - UNUSED_S - 1
    os.utime(Path(store.blobs.place(digest)), (before, before))
    with store.database.write() as session:
        session.get_one(PictureRow, digest).is_kept = True
    return digest


def dismissed(cases: Cases, name: str = "l1", **given: Any) -> str:
    case_id = cases.open(name, title="Bag of leather", **given)
    settle(cases, case_id, NOTHING)
    send(cases, case_id)
    return case_id


def hold(store: Store, subject: str, subject_id: str) -> None:
    with store.database.write() as session:
        session.add(
            LegalHoldRow(
                id="hold",
                subject=subject,
                subject_id=subject_id,
                reason="A court asked.",
                created_by="user:lex",
            )
        )


def is_kept(store: Store, digest: str) -> bool:
    with store.database.read() as session:
        marked = session.get_one(PictureRow, digest).is_kept
    assert marked == (store.blobs.size(digest) is not None)
    return marked


def snapshot(store: Store, case_id: str) -> Any:
    with store.database.read() as session:
        query = select(CaseListingRow).where(CaseListingRow.case_id == case_id)
        return session.scalars(query).one().snapshot


def test_a_dismissed_picture_is_kept_for_ninety_days(cases, store):
    case_id = dismissed(cases)
    digest = keep(store)
    assert retire(store, cases.later(days=89)).cases == 0
    assert is_kept(store, digest)
    done = retire(store, cases.later(days=2))
    assert (done.cases, done.pictures) == (1, 1)
    assert not is_kept(store, digest)
    left = snapshot(store, case_id)
    assert left["title"] is None
    assert left["images"][0]["sha256"] == digest
    assert cases.case(case_id).retired_at == cases.now
    assert retire(store, cases.later(days=1)).cases == 0


def test_evidence_of_a_restriction_outlasts_the_appeal_window_by_a_year(cases, store):
    case_id = sent(cases, "l1")
    digest = keep(store, "same")
    say(cases, action_of(cases, case_id))
    cases.step(case_id, "appeal_window_over")
    assert cases.case(case_id).closure == "window_expired"
    assert retire(store, cases.later(days=364)).cases == 0
    assert is_kept(store, digest)
    # The window's clock was set to end later than the case did.
    retire(store, cases.later(days=400))
    assert not is_kept(store, digest)
    assert cases.case(case_id).retired_at == cases.now


def test_what_another_case_still_rests_on_stays_until_that_is_over(cases, store):
    open_id = cases.open("l2", picture="shared", seller_id="other")
    dismissed(cases, picture="shared")
    digest = keep(store, "shared")
    done = retire(store, cases.later(days=91))
    assert (done.cases, done.pictures) == (1, 0)
    assert is_kept(store, digest)
    settle(cases, open_id, NOTHING)
    assert retire(store, cases.later(days=91)).pictures == 1
    assert not is_kept(store, digest)


def test_a_picture_that_is_watched_stays(cases, store):
    dismissed(cases)
    digest, brand_id = keep(store), cases.brand().brand_id
    watch = WatchedPictureRow(
        picture_sha256=digest,
        brand_id=brand_id,
        reason="again and again",
        created_by="user:lea",
    )
    with store.database.write() as session:
        session.add(watch)
    assert retire(store, cases.later(days=91)).pictures == 0
    assert is_kept(store, digest)


def test_a_case_that_was_opened_again_is_kept_again(cases, store):
    case_id = dismissed(cases)
    keep(store)
    retire(store, cases.later(days=91))
    cases.later(hours=1)
    cases.step(case_id, "reopen", LEA, note="A new report.")
    digest = keep(store)
    settle(cases, case_id, NOTHING, LEA)
    assert retire(store, cases.later(days=89)).cases == 0
    assert is_kept(store, digest)
    assert retire(store, cases.later(days=2)).cases == 1


def test_nothing_of_what_is_on_hold_goes(cases, store):
    case_id = dismissed(cases)
    digest = keep(store)
    brand_id = cases.brand().brand_id
    listing_id = f"lst_{MARKET}_l1"
    cases.later(days=500)
    for subject, subject_id in (
        ("case", case_id),
        ("listing", listing_id),
        ("seller", f"{MARKET}/seller"),
        ("brand", brand_id),
    ):
        hold(store, subject, subject_id)
        assert retire(store, cases.now).cases == 0
        with store.database.write() as session:
            session.delete(session.get_one(LegalHoldRow, "hold"))
    hold(store, "seller", f"{MARKET}/another")
    assert retire(store, cases.now).cases == 1
    assert not is_kept(store, digest)


def end_listing(store: Store, digest: str) -> None:
    """Let the listing have ended long ago, and its flag been withdrawn."""
    with store.database.write() as session:
        session.execute(
            update(ListingRow).values(
                state="deleted", deleted_at=LONG_AGO, received_at=LONG_AGO
            )
        )
        session.execute(update(FlagRow).values(state="withdrawn", updated_at=LONG_AGO))
        session.get_one(PictureRow, digest).last_listed_at = LONG_AGO


def test_a_picture_of_an_open_case_is_not_forgotten_with_its_listing(cases, store):
    case_id = cases.open("l1")
    digest = keep(store)
    end_listing(store, digest)
    assert forget_pictures(store, keep_days=30) == 0
    settle(cases, case_id, NOTHING)
    assert forget_pictures(store, keep_days=30) == 0
    retire(store, cases.later(days=91))
    assert forget_pictures(store, keep_days=30) == 1
    with store.database.read() as session:
        assert session.get(PictureRow, digest) is None


def test_a_picture_on_hold_is_not_forgotten_with_its_listing(cases, store):
    dismissed(cases)
    digest = keep(store)
    end_listing(store, digest)
    retire(store, cases.later(days=91))
    hold(store, "seller", f"{MARKET}/seller")
    assert forget_pictures(store, keep_days=30) == 0
    with store.database.write() as session:
        session.get_one(LegalHoldRow, "hold").lifted_at = cases.now
    assert forget_pictures(store, keep_days=30) == 1


def record(store: Store, actor: Actor, at: datetime) -> int:
    with store.database.write() as session:
        row = audit.record(
            session, actor, "looked", at=at, subject="test", subject_id="x"
        )
        return row.seq


def test_names_leave_the_record_after_two_years_and_entries_after_five(store):
    now = datetime(2026, 11, 1, tzinfo=UTC)
    old = record(store, ANN, now - KEEP_AUDIT - timedelta(days=1))
    kept = record(store, ANN, now - timedelta(days=3 * 366))
    new = record(store, ANN, now)
    done = retire(store, now)
    assert (done.actors, done.entries) == (2, 1)
    with store.database.read() as session:
        rows = session.scalars(select(AuditRow).order_by(AuditRow.seq)).all()
        assert [row.seq for row in rows] == [kept, new]
        assert all(audit.seal(row) == row.sha256 for row in rows)
        assert rows[1].previous_sha256 == rows[0].sha256
        names = {row.year: row.name for row in session.scalars(select(ActorRow))}
    assert old not in {row.seq for row in rows}
    assert names[2026] == "Ann"
    assert set(names.values()) == {"Ann", None}
    assert retire(store, now) == type(done)(0, 0, 0, 0)


def test_the_newest_entry_stays_whatever_its_age_since_the_next_follows_it(store):
    long_ago = datetime(2015, 1, 1, tzinfo=UTC)
    for _ in range(3):
        last = record(store, SYSTEM, long_ago)
    assert retire(store, datetime(2026, 1, 1, tzinfo=UTC)).entries == 2
    with store.database.read() as session:
        assert session.scalars(select(AuditRow.seq)).all() == [last]
