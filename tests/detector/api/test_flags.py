"""Flags over HTTP: who sees which, and what of them."""

import io
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image

from detector.api.flag_schemas import FlagAnswer
from detector.listings.flags.signals import CAVEAT, SIGNALS
from detector.store.event_tables import EventRow
from detector.store.listing_tables import PictureRow
from tests.detector.api.flagged_shops import ACME, ZETA, Shops, serving_shops
from tests.live_service import Client, require_problem

FLAGS = "/v1/flags"


@pytest.fixture(scope="module")
def shops(tmp_path_factory):
    with serving_shops(tmp_path_factory.mktemp("shops")) as running:
        yield running


def flags_of(client: Client, query: str = "") -> list[dict[str, Any]]:
    answer = client.send("GET", FLAGS + query)
    assert answer.status == 200, answer.body
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def flag_of(shops: Shops, listing: str, brand_id: str = ACME) -> dict[str, Any]:
    (found,) = (
        flag
        for flag in flags_of(shops["admin"])
        if flag["listing"]["listing_id"] == listing and flag["brand"]["id"] == brand_id
    )
    return found


def evidence_path(flag: dict[str, Any], query: str) -> str:
    return f"{FLAGS}/{flag['flag_id']}/evidence{query}"


def keep(shops: Shops, picture: str, *, is_kept: bool) -> None:
    with shops.store.database.write() as session:
        session.get_one(PictureRow, shops.sha256(picture)).is_kept = is_kept


def test_a_flag_is_what_its_event_told(shops):
    flag = flag_of(shops, "both")
    shown = shops["shop"].send("GET", f"{FLAGS}/{flag['flag_id']}").json
    assert shown == flag
    assert (flag["state"], flag["verdict"]) == ("open", "match")
    assert [image["position"] for image in flag["images"]] == [0]
    assert flag["listing"]["marketplace_id"] == "shop"
    assert list(flag["signals"]) == list(SIGNALS)
    assert flag["reason"].endswith(CAVEAT)
    with shops.store.database.read() as session:
        told = [
            row.data
            for row in session.query(EventRow)
            if row.data.get("flag_id") == flag["flag_id"]
        ]
    times = {"created_at", "updated_at"}
    assert told == [{name: flag[name] for name in flag.keys() - times}]


@pytest.mark.parametrize(
    ("query", "listings"),
    [
        ("", {"secret", "both", "allowed", "gone"}),
        ("?state=open", {"secret", "both"}),
        ("?state=suppressed", {"allowed"}),
        ("?state=withdrawn", {"gone"}),
        ("?verdict=review", set()),
        (f"?brand_id={ZETA}", {"both"}),
        ("?marketplace_id=bazaar", {"secret"}),
        ("?marketplace_id=nowhere", set()),
        ("?updated_since=2999-01-01T00:00:00Z", set()),
    ],
)
def test_a_list_of_flags_can_be_narrowed(shops, query, listings):
    found = flags_of(shops["auditor"], query)
    assert {flag["listing"]["listing_id"] for flag in found} == listings


def test_changes_come_in_the_order_they_happened(shops):
    found = flags_of(shops["admin"], "?updated_since=2026-01-01T00:00:00Z")
    times = [flag["updated_at"] for flag in found]
    assert times == sorted(times)
    assert len(found) == 5
    assert found[-1]["listing"]["listing_id"] == "gone"
    since = quote(found[-1]["updated_at"])
    assert flags_of(shops["admin"], f"?updated_since={since}") == found[-1:]
    path, seen = f"{FLAGS}?updated_since=2026-01-01T00:00:00Z&limit=2", []
    while path:
        answer = shops["admin"].send("GET", path)
        seen += answer.json["items"]
        link = answer.headers.get("link", "")
        path = link.partition("<")[2].partition(">")[0]
    assert seen == found


def test_why_a_flag_is_suppressed_is_told_but_not_where_the_contract_lies(shops):
    flag = flag_of(shops, "allowed")
    assert flag["is_sample"] is False
    assert flag["authorization"]["relation"] == "own_store"
    assert flag["signals"]["authorised"]["value"] is True
    assert "contract-7" not in json.dumps(flag)


def test_a_marketplace_sees_its_own_only(shops):
    secret = flag_of(shops, "secret")
    own = {flag["listing"]["listing_id"] for flag in flags_of(shops["shop"])}
    assert own == {"both", "allowed", "gone"}
    assert flags_of(shops["shop"], "?marketplace_id=bazaar") == []
    path = f"{FLAGS}/{secret['flag_id']}"
    theirs = shops["shop"].send("GET", path)
    nobodys = shops["shop"].send("GET", f"{FLAGS}/flag_none")
    problem = require_problem(theirs, 404, "unknown_id")
    other = require_problem(nobodys, 404, "unknown_id")
    assert problem["detail"].replace(secret["flag_id"], "flag_none") == other["detail"]
    assert shops["bazaar"].send("GET", path).status == 200
    evidence = evidence_path(secret, "?position=0")
    require_problem(shops["shop"].send("GET", evidence), 404, "unknown_id")
    text = json.dumps(flags_of(shops["shop"]))
    assert not [word for word in ("secret", "hidden", "bazaar") if word in text]


def test_the_victim_elsewhere_is_not_named_but_counted(shops):
    seen = flag_of(shops, "both")["signals"]["first_seen"]
    assert seen["value"]["is_this_listing"] is False
    assert seen["value"]["is_this_seller"] is False
    assert seen["value"]["before_reference"] is False
    assert seen["direction"] == "neutral"
    claim = flag_of(shops, "both")["signals"]["claimed_first_seen"]
    assert claim["value"] == {
        "at": "2026-06-01T00:00:00Z",
        "is_this_marketplace": False,
    }
    assert flag_of(shops, "both")["signals"]["cluster_size"]["value"] == 2


@pytest.mark.parametrize("name", ["brand", "nameless"])
def test_others_see_no_flags(shops, name):
    flag = flag_of(shops, "both")
    for path in (
        FLAGS,
        f"{FLAGS}/{flag['flag_id']}",
        evidence_path(flag, "?position=0"),
    ):
        require_problem(shops[name].send("GET", path), 403, "forbidden")


def test_evidence_is_a_picture(shops):
    flag = flag_of(shops, "both")
    answer = shops["shop"].send("GET", evidence_path(flag, "?position=0"))
    assert (answer.status, answer.headers["content-type"]) == (200, "image/png")
    drawn = np.asarray(Image.open(io.BytesIO(answer.body)).convert("RGB"))
    assert drawn.shape[0] > 300
    assert drawn.std() > 20
    named = f"?position=0&reference_id={flag['images'][0]['reference_id']}"
    again = shops["shop"].send("GET", evidence_path(flag, named))
    assert again.body == answer.body


def test_evidence_shows_no_reference_of_another_brand(shops):
    theirs = flag_of(shops, "both", ZETA)["images"][0]
    flag = flag_of(shops, "both")
    query = f"?position=0&reference_id={theirs['reference_id']}"
    require_problem(
        shops["admin"].send("GET", evidence_path(flag, query)), 404, "unknown_id"
    )
    query = f"?position={theirs['position']}"
    answer = shops["admin"].send("GET", evidence_path(flag, query))
    assert (
        "no picture at position" in require_problem(answer, 404, "unknown_id")["detail"]
    )


def test_evidence_of_a_picture_that_is_not_kept_says_what_to_do(shops):
    flag = flag_of(shops, "allowed")
    path = evidence_path(flag, "?position=0")
    assert shops["shop"].send("GET", path).status == 200
    keep(shops, "hat", is_kept=False)
    problem = require_problem(shops["shop"].send("GET", path), 404, "unknown_id")
    keep(shops, "hat", is_kept=True)
    assert "no longer kept" in problem["detail"]
    assert "Send a new version of the listing" in problem["remedy"]


def test_evidence_whose_file_is_gone_is_answered_like_that_of_none(shops):
    flag = flag_of(shops, "both", ZETA)
    path = evidence_path(flag, f"?position={flag['images'][0]['position']}")
    assert shops["shop"].send("GET", path).status == 200
    file = Path(shops.store.blobs.place(flag["images"][0]["sha256"]))
    moved = file.rename(file.with_suffix(".gone"))
    require_problem(shops["shop"].send("GET", path), 404, "unknown_id")
    moved.rename(file)


@pytest.mark.parametrize(
    "query", ["", "?position=-1", "?position=x", "?position=0&a=1"]
)
def test_evidence_needs_a_position(shops, query):
    path = evidence_path(flag_of(shops, "both"), query)
    require_problem(shops["admin"].send("GET", path), 422, "invalid_request")


def test_the_example_is_a_flag():
    (example,) = FlagAnswer.model_json_schema()["examples"]
    assert FlagAnswer.model_validate(example).model_dump(mode="json") == example
