import pytest

from tests.detector.api.reviewers import serving_office


@pytest.fixture(scope="package")
def office(tmp_path_factory):
    with serving_office(tmp_path_factory.mktemp("office") / "data") as office:
        yield office
