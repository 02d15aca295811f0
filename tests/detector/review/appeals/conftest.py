import pytest

from tests.detector.review.review_world import Cases


@pytest.fixture
def cases(database):
    """Databases of both kinds, in which restrictions need no second opinion."""
    cases = Cases(database)
    cases.set_policy(second_review_share=0, second_review_tiers=[])
    return cases
