"""A case's pictures over HTTP: shown small, and with the reference over them."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.detector.api.reviewers import serving_office
from tests.live_service import require_problem


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with serving_office(tmp_path_factory.mktemp("office") / "data") as office:
        yield office


def test_a_case_of_nobodys_business_shows_no_picture(office):
    case_id = office.cases.open("mine")
    (picture, *_) = office.read("ann", f"/cases/{case_id}/pictures")["items"]
    path = f"/cases/{case_id}/pictures"
    for who in ("acme", "zeta", "bazaar"):
        for place in (path, f"{path}/{picture['sha256']}"):
            require_problem(office.send(who, "GET", place), 404, "unknown_id")
    assert office.send("market", "GET", path).status == 200


def test_pictures_of_other_cases_are_none_of_this_one(office):
    case_id = office.cases.open("one")
    other_id = office.cases.open("another")
    (other, *_) = office.read("ann", f"/cases/{other_id}/pictures")["items"]
    path = f"/cases/{case_id}/pictures/{other['sha256']}"
    for place in (path, f"{path}/overlay"):
        require_problem(office.send("ann", "GET", place), 404, "unknown_id")
