import pytest

from detector.store.store import open_store
from tests.detector.review.scanned import open_market


@pytest.fixture
def store(place, tmp_path):
    """Data directories with databases of both kinds."""
    opened = open_store(tmp_path / "data", place if isinstance(place, str) else None)
    yield opened
    opened.close()


@pytest.fixture
def scanned(store, tmp_path):
    """A marketplace whose listings are really scanned."""
    return open_market(store, tmp_path / "photos")
