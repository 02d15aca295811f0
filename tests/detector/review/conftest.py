import pytest

from tests.detector.review.review_world import Cases


@pytest.fixture
def cases(database):
    """Databases of both kinds, with nothing in them yet."""
    return Cases(database)
