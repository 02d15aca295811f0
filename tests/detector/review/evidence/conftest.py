import pytest

from detector.review.evidence.pack import pack_case
from detector.store.store import open_store
from tests.detector.listings.pictures.conftest import again
from tests.detector.review.decisions.deciding import NOTHING, settle
from tests.detector.review.evidence.packing import ALL
from tests.detector.review.review_world import Cases
from tests.detector.review.scanned import decode, open_market


@pytest.fixture
def store(place, tmp_path):
    """Data directories with databases of both kinds."""
    opened = open_store(tmp_path / "data", place if isinstance(place, str) else None)
    yield opened
    opened.close()


@pytest.fixture
def cases(store):
    """Cases in it, in which restrictions need no second opinion."""
    cases = Cases(store.database)
    cases.set_policy(second_review_share=0, second_review_tiers=[])
    return cases


@pytest.fixture
def scanned(store, tmp_path):
    """A marketplace whose listings are really scanned."""
    return open_market(store, tmp_path / "photos")


@pytest.fixture
def case_id(scanned):
    """A case of a copied picture that somebody has dismissed."""
    market = scanned.market
    listing_id = market.offer("bag", again(market.photo(0), scale=0.7))
    scanned.scan()
    found = scanned.case_of(listing_id)
    settle(scanned.cases, found, NOTHING)
    return found


@pytest.fixture
def pack(store, case_id):
    return pack_case(store, case_id, scope=ALL, decode=decode)
