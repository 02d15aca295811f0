"""A case's pictures over HTTP: shown small, and with the reference over them."""

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import update

from detector.matching.geometry import project
from detector.store.listing_tables import PictureRow
from detector.store.scan_tables import ScanMatchRow
from tests.detector.api.reviewers import Office
from tests.detector.console.review.seeded import serving_queue
from tests.live_service import Answer, require_problem


@pytest.fixture(scope="module")
def office(tmp_path_factory) -> Iterator[Office]:
    """Cases of listings that were really scanned, and whose pictures are kept."""
    with serving_queue(tmp_path_factory.mktemp("scanned") / "data", 9) as office:
        yield office


def clearest(office: Office, who: str = "ann") -> tuple[Any, str, Any]:
    """Find the case, its pictures' path and the picture that is most of a copy."""
    return max(
        (
            (case, path, picture)
            for case in office.read(who, "/cases")["items"]
            for path in [f"/cases/{case['case_id']}/pictures"]
            for picture in office.read(who, path)["items"]
        ),
        key=lambda found: max(
            (m["similarity"] for m in found[2]["matches"] if m["is_placed"]), default=0
        ),
    )


def drawn(answer: Answer, kind: str) -> Image.Image:
    assert answer.status == 200, answer.body
    assert answer.headers["content-type"] == f"image/{kind.lower()}"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, max-age=86400"
    assert answer.headers["vary"] == "Authorization, Cookie"
    picture = Image.open(io.BytesIO(answer.body))
    assert picture.format == kind
    return picture


def test_a_picture_is_shown_as_wide_as_asked(office):
    case, path, picture = clearest(office)
    best = picture["matches"][0]["reference_id"]
    reference = f"/brands/{case['brand']['id']}/references/{best}/image"
    for place in (f"{path}/{picture['sha256']}", reference):
        small = drawn(office.send("ann", "GET", f"{place}?width=96"), "JPEG")
        assert max(small.size) == 96
        for width in (63, 2049):
            refused = office.send("ann", "GET", f"{place}?width={width}")
            require_problem(refused, 422, "invalid_request")
    whole = drawn(office.send("ann", "GET", f"{path}/{picture['sha256']}"), "JPEG")
    assert whole.size == (picture["width"], picture["height"])


def test_a_reference_lies_where_the_picture_shows_it(office):
    _, path, picture = clearest(office)
    place = f"{path}/{picture['sha256']}"
    match = picture["matches"][0]
    assert match["is_placed"]
    corners = np.array(match["reference_region"])
    landed = project(np.array(match["homography"]), corners)
    assert np.abs(landed - match["query_region"]).max() < 1.5
    laid = drawn(office.send("ann", "GET", f"{place}/overlay"), "PNG")
    shown = drawn(office.send("ann", "GET", place), "JPEG")
    assert laid.size == shown.size
    over, under = np.asarray(laid).astype(int), np.asarray(shown).astype(int)
    opaque = over[..., 3] == 255
    assert opaque.mean() == pytest.approx(match["query_overlap"], abs=0.05)
    assert np.abs(over[..., :3] - under)[opaque].mean() < 8, "it is the same photo"


def test_what_differs_is_drawn_where_the_reference_lies(office):
    _, path, picture = clearest(office)
    overlay = f"{path}/{picture['sha256']}/overlay"
    best = picture["matches"][0]["reference_id"]
    aligned = office.send("ann", "GET", f"{overlay}?reference_id={best}")
    query = f"{overlay}?reference_id={best}&view=difference"
    differing = np.asarray(drawn(office.send("ann", "GET", query), "PNG")).astype(int)
    opaque = np.asarray(drawn(aligned, "PNG"))[..., 3] == 255
    assert (differing[..., 3] == 255)[opaque].mean() > 0.98, "all but the rim"
    grey = np.ptp(differing[..., :3], axis=2)[opaque] < 12
    assert grey.mean() > 0.9, "hardly anything differs"
    unknown = office.send("ann", "GET", f"{overlay}?reference_id=ref_none")
    require_problem(unknown, 404, "unknown_id")


def test_a_picture_that_is_no_longer_kept_is_said_to_be_gone(office):
    _, path, picture = clearest(office)
    with office.cases.database.write() as session:
        session.get_one(PictureRow, picture["sha256"]).is_kept = False
    try:
        assert not office.read("ann", path)["items"][0]["is_kept"]
        for end in ("", "/overlay"):
            place = f"{path}/{picture['sha256']}{end}"
            gone = require_problem(office.send("ann", "GET", place), 404, "unknown_id")
            assert "no longer kept" in gone["detail"]
            assert "retention" in gone["remedy"]
    finally:
        with office.cases.database.write() as session:
            session.get_one(PictureRow, picture["sha256"]).is_kept = True


def test_a_case_of_nobodys_business_shows_no_picture(office):
    case_id = office.cases.open("mine")
    (picture, *_) = office.read("ann", f"/cases/{case_id}/pictures")["items"]
    path = f"/cases/{case_id}/pictures"
    one = f"{path}/{picture['sha256']}"
    for who in ("acme", "zeta", "bazaar"):
        for place in (path, one, f"{one}/overlay"):
            require_problem(office.send(who, "GET", place), 404, "unknown_id")
    assert office.send("market", "GET", path).status == 200


def liken(office: Office, reference_id: str, similarity: float) -> None:
    """Say that whatever resembles a reference does so that much."""
    change = update(ScanMatchRow).where(ScanMatchRow.reference_id == reference_id)
    with office.cases.database.write() as session:
        session.execute(change.values(similarity=similarity))


def test_a_marketplace_sees_no_reference_but_those_that_tell(office):
    _, path, picture = clearest(office, "market")
    assert [picture] == office.read("ann", path)["items"]
    match = picture["matches"][0]
    overlay = f"{path}/{picture['sha256']}/overlay"
    assert office.send("market", "GET", overlay).status == 200
    liken(office, match["reference_id"], 0.05)
    try:
        assert office.read("market", path)["items"][0]["matches"] == []
        require_problem(office.send("market", "GET", overlay), 404, "unknown_id")
        assert len(office.read("ann", path)["items"][0]["matches"]) == 1
        assert office.send("ann", "GET", overlay).status == 200
    finally:
        liken(office, match["reference_id"], match["similarity"])


def test_pictures_of_other_cases_are_none_of_this_one(office):
    case_id = office.cases.open("one")
    other_id = office.cases.open("another")
    (other, *_) = office.read("ann", f"/cases/{other_id}/pictures")["items"]
    path = f"/cases/{case_id}/pictures/{other['sha256']}"
    for place in (path, f"{path}/overlay"):
        require_problem(office.send("ann", "GET", place), 404, "unknown_id")
