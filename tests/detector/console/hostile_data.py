"""Strings with ill intent, put into everything that the API takes words for."""

import base64
import csv
import io
import time
import zipfile
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from tests.detector.api.people import PASSWORD, ask
from tests.detector.api.reviewers import MARKET, Office
from tests.detector.api.story import copy_of
from tests.detector.api.tenants import send_files, wait_for
from tests.live_service import picture

PAYLOADS = (
    "<script>hostile()</script>",
    "<img src=x onerror=hostile()>",
    "\"><hostile x='",
    "' onfocus='hostile()' autofocus x='",
    '" onmouseover="hostile()" x="',
    "</title></textarea></script></style><hostile>",
    "<!--<hostile>-->",
    "javascript:hostile()",
    "{{ 7919*7907 }}{% hostile %}${hostile}",
    "=HYPERLINK(hostile)",
    "&lt;hostile&gt;&#60;hostile&#62;",
    "a \u202e\u2066hostile\u2069 b",
)
COMPUTED = str(7919 * 7907)
COMBINED = (
    "\"'><hostile x=1></title></textarea></script><img src=x onerror=hostile()>"
    "{{ 7919*7907 }} a\u202eb"
)
FIELDS = (
    "brand",
    "product",
    "file",
    "cell",
    "mark",
    "seller",
    "outlet",
    "title",
    "comment",
    "note",
    "question",
    "answer",
    "notice",
    "appeal",
    "document",
    "person",
)
"""Words by which one knows a payload again on a page, wherever it was put in."""
PATIENCE_S = 60
NO_BIDI = {ord(mark): None for mark in "\u202e\u2066\u2069"}
"""Ids of listings cannot have them."""


def fill(office: Office) -> dict[str, str]:
    """Put the strings in, through the API; return a few ids."""
    brand_id = office.cases.world.brand_id("acme")
    at = f"/v1/brands/{brand_id}"
    _upload(office, at)
    right: str = ""
    for i, payload in enumerate(PAYLOADS):
        _post(office, "adm", "/v1/brands", {"name": f"{payload}brand"})
        person = {"name": f"{payload}person", "role": "reviewer", "password": PASSWORD}
        _post(
            office,
            "adm",
            "/v1/users",
            {**person, "email": f"hostile{i}@people.example"},
        )
        _post(office, "acme", "/v1/keys", {"name": payload, "role": "brand_agent"})
        made = _post(
            office,
            "acme",
            f"{at}/rights",
            {
                "right_id": f"{i}",
                "type": "trademark",
                "office": "EM",
                "registration_no": f"{i:09}",
                "status": "registered",
                "mark_text": f"{payload}mark",
                "expires_on": "2035-01-01",
            },
        )
        right = made.get("id", right)
        _post(
            office,
            "acme",
            f"{at}/authorized-sellers",
            {
                "marketplace": MARKET,
                "seller_id": f"{payload}outlet",
                "relation": "reseller",
                "evidence_ref": payload,
            },
        )
    hook = {"url": "https://hooks.example/x", "description": f"{COMBINED}"[:200]}
    _post(office, "adm", "/v1/webhooks", hook)
    cases = _list(office)
    ids = {"brand_id": brand_id, "right": right, "case_id": cases[0]["case_id"]}
    for case, payload in zip(cases, PAYLOADS, strict=False):
        path = f"/v1/cases/{case['case_id']}/comments"
        _post(office, "ann", path, {"text": f"{payload}comment"})
    _ask_and_tell(office, cases[1]["case_id"], right)
    _appeal(office, cases[0]["case_id"], right)
    return ids


def _post(office: Office, who: str, path: str, body: Mapping[str, Any]) -> Any:
    """Send something; what the API does not take, such as bidi in names, is left."""
    answer = ask(office.clients[who], "POST", path, body)
    assert answer.status in (200, 201, 422), (path, answer.body)
    return answer.json


def _upload(office: Office, at: str) -> None:
    """Import a table whose cells, members and name are hostile."""
    rows = io.StringIO()
    table = csv.writer(rows)
    table.writerow(["id", "title", "description", "image_link", "price", "gtin"])
    for i, payload in enumerate(PAYLOADS):
        title = f"{payload}product"
        table.writerow([f"p{i}", title, payload, f"{i}.png", "5 EUR", ""])
        table.writerow(
            [f"bad{i}{payload}"[:40], title, "", "0.png", f"{payload}cell", payload]
        )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", rows.getvalue())
        for i in range(len(PAYLOADS)):
            archive.writestr(f"{i}.png", picture(i))
    acme = office.clients["acme"]
    name = "<img src=x onerror=hostile()>file.zip"
    started = send_files(acme, f"{at}/imports", [("file", name, packed.getvalue())])
    assert started.status == 202, started.body
    done = wait_for(acme, f"{at}/imports/{started.json['id']}")
    assert done["state"] == "done", done
    assert done["counts"]["references_added"] >= len(PAYLOADS), done
    for i, payload in enumerate(PAYLOADS):
        name = f"{payload}file.png".replace('"', "%22").replace("/", "|")
        answer = send_files(
            acme, f"{at}/references", [("image", name, picture(99 + i))]
        )
        assert len(answer.json["taken"]) == 1, answer.body
    checked = ask(acme, "POST", f"{at}/health", {"sample": 1})
    wait_for(acme, f"{at}/health/{checked.json['id']}")


def _list(office: Office) -> Any:
    """List goods that show the brand's pictures, and wait for their cases."""
    events = [
        {
            "type": "listing.created",
            "occurred_at": "2026-11-01T12:00:00Z",
            "listing_id": f"{i}{payload}".translate(NO_BIDI),
            "version": 1,
            "title": f"{payload}title",
            "description": payload,
            "brand_claimed": payload,
            "url": f"https://market.example/?{quote(payload)}",
            "country": "DE",
            "price": "5",
            "currency": "EUR",
            "images": [{"data": base64.b64encode(copy_of(picture(i))).decode()}],
            "seller": {"id": f"{payload}seller".translate(NO_BIDI)},
        }
        for i, payload in enumerate(PAYLOADS)
    ]
    answer = ask(office.clients[MARKET], "POST", "/v1/listings", {"listings": events})
    assert answer.json["counts"]["accepted"] == len(PAYLOADS), answer.json
    deadline = time.monotonic() + PATIENCE_S
    while len(cases := office.read("ann", "/cases?limit=100")["items"]) < len(PAYLOADS):
        assert time.monotonic() < deadline, len(cases)
        time.sleep(0.1)
    return cases


def _ask_and_tell(office: Office, case_id: str, right: str) -> None:
    """Ask the brand; it answers, and gives notice."""
    token = office.claim("ann", case_id)
    office.do(
        "ann", case_id, "questions", lease_token=token, text=f"{COMBINED}question"
    )
    (question,) = office.read("acme", "/brand-questions")["items"]
    signed = ["good_faith", "accuracy"]
    _post(
        office,
        "acme",
        f"/v1/brand-questions/{question['question_id']}/answer",
        {"answer": "counterfeit", "explanation": f"{COMBINED}answer", "signed": signed},
    )
    _post(
        office,
        "acme",
        "/v1/notices",
        {
            "marketplace_id": MARKET,
            "reason_code": "counterfeit_mark",
            "right_id": right,
            "explanation": f"{COMBINED}notice",
            "external_id": COMBINED,
            "items": [{"listing_id": COMBINED}],
            "notifier": {"name": COMBINED, "email": "a@acme.example"},
            "message_to_seller": COMBINED,
            "signed": signed,
        },
    )


def _appeal(office: Office, case_id: str, right: str) -> None:
    """Restrict a listing, and let its seller object."""
    given = {"second_review_share": 0, "second_review_tiers": [], "undo_s": 0}
    changed = ask(
        office.clients["adm"],
        "PUT",
        f"/v1/case-policies/{MARKET}",
        {"version": 0, "given": {**given, "policy_url": "javascript:hostile()"}},
    )
    assert changed.status == 200, changed.body
    token = office.claim("ann", case_id)
    office.do("ann", case_id, "questions", lease_token=token, template="is_it_genuine")
    (question,) = office.read("acme", "/brand-questions?state=open")["items"]
    _post(
        office,
        "acme",
        f"/v1/brand-questions/{question['question_id']}/answer",
        {"answer": "counterfeit", "signed": ["good_faith", "accuracy"]},
    )
    token = office.claim("ann", case_id)
    office.do(
        "ann",
        case_id,
        "restrict",
        lease_token=token,
        reason_code="counterfeit_mark",
        right_id=right,
        note=f"{COMBINED}note",
    )
    deadline = time.monotonic() + PATIENCE_S
    while office.read("ann", f"/cases/{case_id}")["state"] != "actioned":
        assert time.monotonic() < deadline
        for action in office.read(MARKET, "/actions")["items"]:
            path = f"/v1/actions/{action['action_id']}/acknowledgements"
            told = {"outcome": "applied", "external_id": COMBINED}
            ask(office.clients[MARKET], "POST", path, told)
        time.sleep(0.1)
    _post(
        office,
        MARKET,
        f"/v1/cases/{case_id}/appeals",
        {
            "kind": "seller_complaint",
            "grounds": "other",
            "explanation": f"{COMBINED}appeal",
            "external_id": COMBINED,
            "documents": [{"kind": "invoice", "reference": f"{COMBINED}document"}],
            "signed": ["truth"],
            "contact": {"name": COMBINED, "address": COMBINED},
        },
    )
