"""Erasure: of what is erased nothing is left in the data directory; others keep all."""

from contextlib import closing
from dataclasses import replace
from hashlib import sha256

import pytest
from sqlalchemy import select

from detector.errors import Conflict, InvalidInput, Refused, Unknown
from detector.review.decisions.comments import add_comment
from detector.review.erasure.erase import (
    approve_erasure,
    find_erasure,
    list_erasures,
    propose_erasure,
    reject_erasure,
)
from detector.review.evidence.archive import read_archive
from detector.review.evidence.pack import pack_case
from detector.review.questions.answer import AnswerKind, answer_question
from detector.review.questions.ask import ask_brand
from detector.review.queue.scope import Scope
from detector.store.audit_tables import AuditRow
from detector.store.case_tables import CaseRow
from detector.store.listing_tables import ListingRow, PictureRow
from detector.store.scan_tables import ScanImageRow, ScanRow
from detector.store.store import open_store
from detector.store.takedown_tables import ErasureRow, LegalHoldRow, TombstoneRow
from detector.store.work_tables import GivenAnswerRow
from tests.detector.listings.pictures.conftest import SIZE, again
from tests.detector.review.actions.acting import actions, say, send
from tests.detector.review.decisions.deciding import counterfeit, settle, speak_for
from tests.detector.review.erasure.searching import found_in, needles_of
from tests.detector.review.review_world import ANN, LEA, LEX, MKT
from tests.detector.review.scanned import Scanned, decode, open_market
from tests.drawing import draw_scene, save

SELLER = "grubby-hands-77"
BAG, HAT = "bag of the unforgettable kind", "hat of the unforgettable kind"


@pytest.fixture
def pictures(scanned):
    """A seller's copy of a reference, and a picture of nothing in the catalogue."""
    return offer_pictures(scanned)


def offer_pictures(scanned: Scanned) -> list[bytes]:
    """Let a seller list both, and somebody else a copy of another reference."""
    market = scanned.market
    own = [
        again(market.photo(0), scale=0.7, quality=71),
        save(draw_scene(*SIZE, seed=91), "PNG"),
    ]
    market.offer(BAG, *own, seller_id=SELLER)
    market.offer(HAT, own[0], seller_id=SELLER)
    market.offer("scarf", again(market.photo(1)), seller_id="other")
    scanned.scan()
    return own


def ask(scanned: Scanned, kind: str, id: str) -> str:
    with scanned.cases.database.write() as session:
        row = propose_erasure(
            session,
            kind=kind,
            subject_id=id,
            reason="The seller asked.",
            actor=LEX,
            at=scanned.cases.now,
        )
        return row.id


def erase(scanned: Scanned, kind: str, id: str) -> ErasureRow:
    """Ask for an erasure, and let somebody else approve it."""
    return approve_erasure(
        scanned.market.store, ask(scanned, kind, id), actor=LEA, at=scanned.cases.now
    )


def live(scanned: Scanned, case_id: str) -> None:
    """Let a case live to its end: the brand is asked, the listing restricted."""
    cases = scanned.cases
    brand, shop = cases.brand("Acme"), replace(MKT, marketplace="shop")
    token = cases.claim(case_id)
    with cases.database.write() as session:
        question = ask_brand(
            session,
            case_id,
            actor=ANN,
            at=cases.now,
            lease_token=token,
            template="is_it_yours",
        ).id
    with cases.database.write() as session:
        answer_question(
            session,
            question,
            AnswerKind.CANNOT_TELL,
            actor=brand,
            at=cases.now,
            explanation=f"{SELLER} is new to us.",
            signed=("good_faith", "accuracy"),
        )
    speak_for(cases, case_id)
    settle(cases, case_id, counterfeit(cases, "Acme"))
    send(cases, case_id)
    for action in actions(cases, case_id):
        say(cases, action, actor=shop, external_id=f"{SELLER}-1")
    cases.step(case_id, "appeal_window_over")
    assert cases.case(case_id).state == "closed"


def listing_of(scanned: Scanned, name: str) -> str:
    with scanned.cases.database.read() as session:
        query = select(ListingRow.id).where(ListingRow.external_id == name)
        return session.scalars(query).one()


def test_nothing_of_an_erased_seller_is_left_in_the_data_directory(
    store, scanned, pictures
):
    cases = scanned.cases
    case_id = scanned.case_of(listing_of(scanned, BAG))
    with store.database.write() as session:
        add_comment(session, case_id, f"{SELLER} again!", actor=ANN, at=cases.now)
        session.add(ScanRow(id="files", finished_at=cases.now))
        session.flush()
        digest = sha256(pictures[0]).hexdigest()
        file = f"{SELLER}.jpg"
        session.add(
            ScanImageRow(scan_id="files", position=0, image=file, sha256=digest)
        )
        session.add(
            GivenAnswerRow(
                id="given",
                status=200,
                headers={},
                body=f'{{"seller": "{SELLER}"}}'.encode(),
                locked_until=cases.now,
            )
        )
    live(scanned, case_id)
    # New listings push what was there out of place; a file keeps what it was.
    scanned.market.offer(BAG, pictures[0], seller_id=SELLER, version=2)
    scanned.scan()
    needles = needles_of(store, pictures, [SELLER, BAG, HAT])
    # The other picture's bytes were deleted once it was scanned: no row has them any
    # more, though pages of SQLite that are free still do.
    missing = needles.keys() - found_in(store, needles)
    assert missing == (set() if store.database.is_sqlite else {"file of 1"})
    erased = erase(scanned, "seller", f"shop/{SELLER}")
    assert erased.state == "done"
    assert found_in(store, needles) == set()
    counts = erased.report["erased"]
    assert isinstance(counts, dict)
    assert (counts["listings"], counts["cases"], counts["pictures"]) == (2, 1, 2)
    assert counts["answers"] == 1
    assert counts["events"] >= 3
    digests = {sha256(data).hexdigest() for data in pictures}
    with store.database.read() as session:
        assert set(session.scalars(select(TombstoneRow.sha256))) == digests
        assert session.scalars(select(PictureRow.sha256)).all() == [
            sha256(again(scanned.market.photo(1))).hexdigest()
        ]
    assert erased.subject_id is None


def test_what_is_erased_is_gone_from_a_bucket_too(bucket, tmp_path):
    with closing(open_store(tmp_path / "data", blobs=bucket.url)) as store:
        scanned = open_market(store, tmp_path / "photos")
        digests = {sha256(data).hexdigest() for data in offer_pictures(scanned)}
        kept = {name.rpartition("/")[2] for name in bucket.objects()} & digests
        assert kept
        assert erase(scanned, "seller", f"shop/{SELLER}").state == "done"
        left = {name.rpartition("/")[2] for name in bucket.objects()}
        assert left
        assert not left & digests


def test_what_others_have_stays_as_it_was(store, scanned, pictures):
    other = listing_of(scanned, "scarf")
    case_id = scanned.case_of(other)
    scanned.market.offer("mug", pictures[0], seller_id="third")
    scanned.scan()
    before = pack_case(store, case_id, scope=Scope(), decode=decode).data
    erased = erase(scanned, "seller", f"shop/{SELLER}")
    assert pack_case(store, case_id, scope=Scope(), decode=decode).data == before
    counts = erased.report["erased"]
    assert isinstance(counts, dict)
    assert (counts["pictures"], counts["pictures_that_others_show"]) == (1, 1)
    mug = scanned.case_of(listing_of(scanned, "mug"))
    pack = pack_case(store, mug, scope=Scope(), decode=decode).data
    assert f"listing/{sha256(pictures[0]).hexdigest()}" in read_archive(pack).files


def test_the_record_goes_on_without_a_gap_and_names_nobody(store, scanned, pictures):
    case_id = scanned.case_of(listing_of(scanned, BAG))
    erase(scanned, "seller", f"shop/{SELLER}")
    with store.database.read() as session:
        case = session.get_one(CaseRow, case_id)
        assert (case.state, case.closure, case.seller_id) == ("closed", "moot", None)
        events = session.scalars(
            select(AuditRow.event).where(AuditRow.subject == "erasure")
        ).all()
    assert list(events) == ["erasure_proposed", "erasure_done"]


def test_one_listing_can_be_erased_without_its_seller(store, scanned, pictures):
    needles = needles_of(store, pictures[1:], [BAG])
    erased = erase(scanned, "listing", listing_of(scanned, BAG))
    assert erased.state == "done"
    assert found_in(store, needles) == set()
    hat = listing_of(scanned, HAT)
    with store.database.read() as session:
        assert session.get_one(ListingRow, hat).seller_id == SELLER
        case = session.get_one(CaseRow, scanned.case_of(hat))
        assert (case.state, case.listing_id) == ("open", hat)
        assert case.images


def test_an_erased_listing_can_be_sent_again(scanned, pictures):
    id = listing_of(scanned, BAG)
    erase(scanned, "listing", id)
    assert scanned.market.offer(BAG, pictures[1], seller_id=SELLER) == id
    scanned.scan()
    assert listing_of(scanned, BAG) == id
    assert scanned.market.listing(id).state == "scanned"


def test_a_legal_hold_and_a_decision_that_goes_on_stop_it(store, scanned, pictures):
    id = listing_of(scanned, BAG)
    case_id = scanned.case_of(id)
    with store.database.write() as session:
        hold = LegalHoldRow(
            id="hold",
            subject="listing",
            subject_id=id,
            reason="A court asked.",
            created_by="user:lex",
        )
        session.add(hold)
    erasure = ask(scanned, "seller", f"shop/{SELLER}")
    now = scanned.cases.now
    blocked = approve_erasure(store, erasure, actor=LEA, at=now)
    assert blocked.state == "blocked"
    assert "legal hold" in str(blocked.report)
    assert scanned.market.listing(id).seller_id == SELLER
    with store.database.write() as session:
        session.get_one(LegalHoldRow, "hold").lifted_at = now
        session.get_one(CaseRow, case_id).state = "actioned"
    blocked = approve_erasure(store, erasure, actor=LEA, at=now)
    assert "was decided, and has not ended" in str(blocked.report)
    with store.database.write() as session:
        session.get_one(CaseRow, case_id).state = "open"
    assert approve_erasure(store, erasure, actor=LEA, at=now).state == "done"


def test_it_takes_two_people_and_is_done_once(store, scanned, pictures):
    id, now = f"shop/{SELLER}", scanned.cases.now
    erasure = ask(scanned, "seller", id)
    with pytest.raises(Refused, match="two people"):
        approve_erasure(store, erasure, actor=LEX, at=now)
    with pytest.raises(Conflict, match="waits for approval"):
        ask(scanned, "seller", id)
    with store.database.write() as session:
        reject_erasure(session, erasure, actor=LEA, at=now)
    with pytest.raises(Refused, match="rejected"):
        approve_erasure(store, erasure, actor=LEA, at=now)
    assert erase(scanned, "seller", id).state == "done"
    with pytest.raises(Unknown, match="Nothing is kept"):
        ask(scanned, "seller", id)
    with store.database.read() as session:
        rows, _ = list_erasures(session, state="done", cursor=None, limit=9)
        assert [row.subject_id for row in rows] == [None]
        with pytest.raises(Unknown):
            find_erasure(session, "ers_none")


@pytest.mark.parametrize("id", ["shop", "shop/", "/sam"])
def test_a_seller_is_named_with_its_marketplace(scanned, id):
    with pytest.raises(InvalidInput, match="names no seller"):
        ask(scanned, "seller", id)
