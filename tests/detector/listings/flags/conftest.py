import pytest

from tests.detector.listings.flags.flag_world import World


@pytest.fixture
def world(database):
    """Databases of both kinds, empty."""
    return World(database)
