import pytest
from sqlalchemy import select

from detector.errors import Conflict, Unknown
from detector.review.learning.known_fake import KnownFake, add_known_fake
from detector.store.audit_tables import AuditRow
from detector.store.case_tables import CaseRow
from detector.store.store import open_store
from detector.store.tables import ReferenceRow
from tests.catalogues import grid_extractor
from tests.detector.listings.pictures.conftest import again
from tests.detector.review.decisions.deciding import (
    NOTHING,
    counterfeit,
    settle,
    speak_for,
)
from tests.detector.review.review_world import LEA
from tests.detector.review.scanned import Scanned, open_market


@pytest.fixture
def scanned(place, tmp_path):
    """A marketplace whose listings are really scanned, on databases of both kinds."""
    store = open_store(tmp_path / "data", place if isinstance(place, str) else None)
    yield open_market(store, tmp_path / "photos")
    store.close()


def open_case(scanned: Scanned, relation: str = "same_product") -> str:
    """Open a case about a picture that is no copy of the brand's, if not said so."""
    market = scanned.market
    listing = market.offer("bag", again(market.photo(0), scale=0.7))
    scanned.scan()
    case_id = scanned.case_of(listing)
    with scanned.cases.database.write() as session:
        case = session.get_one(CaseRow, case_id)
        case.images = [{**image, "relation": relation} for image in case.images]
    speak_for(scanned.cases, case_id)
    return case_id


def restrict(scanned: Scanned, case_id: str) -> None:
    settle(scanned.cases, case_id, counterfeit(scanned.cases, "Acme"))


def add(scanned: Scanned, case_id: str, position: int = 0) -> KnownFake:
    return add_known_fake(
        scanned.market.store,
        grid_extractor(),
        case_id,
        position=position,
        actor=LEA,
        at=scanned.cases.now,
    )


def test_a_confirmed_picture_becomes_a_reference_and_is_on_record(scanned):
    case_id = open_case(scanned)
    restrict(scanned, case_id)
    fake = add(scanned, case_id)
    assert add(scanned, case_id) == fake
    with scanned.cases.database.read() as session:
        row = session.get_one(ReferenceRow, fake.reference_id)
        assert (row.role, row.image_sha256) == ("known_fake", fake.picture_sha256)
        events = session.scalars(
            select(AuditRow.event).where(AuditRow.subject_id == fake.reference_id)
        )
        assert list(events) == ["add_known_fake", "add_known_fake"]


def test_the_brands_own_photo_says_nothing_of_the_goods(scanned):
    case_id = open_case(scanned, "edited_photo")
    restrict(scanned, case_id)
    with pytest.raises(Conflict, match="shows nothing of the goods"):
        add(scanned, case_id)


def test_only_what_was_confirmed_can_become_one(scanned):
    case_id = open_case(scanned)
    with pytest.raises(Conflict, match="Nobody has found"):
        add(scanned, case_id)
    settle(scanned.cases, case_id, NOTHING)
    with pytest.raises(Conflict, match="Nobody has found"):
        add(scanned, case_id)
    with pytest.raises(Unknown, match="no case"):
        add(scanned, "case_none")


def test_a_picture_that_is_not_there_is_said_so(scanned):
    case_id = open_case(scanned)
    restrict(scanned, case_id)
    with pytest.raises(Unknown, match="no picture at position 7"):
        add(scanned, case_id, position=7)
