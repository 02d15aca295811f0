import pytest

from detector.store.store import open_store
from tests.detector.review.review_world import Cases


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
