import pytest

from detector.store.store import open_store
from tests.catalogues import draw_folder


@pytest.fixture
def folder(tmp_path):
    return draw_folder(tmp_path / "photos", 5)


@pytest.fixture
def store(tmp_path):
    opened = open_store(tmp_path / "data")
    yield opened
    opened.close()
