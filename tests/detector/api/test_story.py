"""From a brand's file to a listing that is back: the whole story, by HTTP alone.

A brand uploads its catalogue, its rights and its authorized sellers; a marketplace
posts listings; a match becomes a case; a reviewer asks the brand; it answers; the
listing is restricted after a second opinion; the marketplace is told by webhook, and
acknowledges; the seller is told why and objects; somebody else overturns; the
restriction is lifted; and everybody's record counts it.
"""

import base64
import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from pydantic import SecretStr

from detector.access.keys import create_key
from detector.access.roles import Role
from detector.settings import Settings
from detector.store.store import open_store
from tests.detector.api.people import PASSWORD, ask, log_in, made, with_key
from tests.detector.api.story import Story, copy_of, draw, wait_until
from tests.detector.api.tenants import send_files, wait_for
from tests.service_process import service_process
from tests.webhook_receiver import receiving

MARKET = "market.example"
FEED = """id\ttitle\tdescription\tlink\timage_link\tprice\tbrand
bag-1\tTote bag\tA bag\thttps://acme.example/bag\tphotos/bag.png\t200.00 EUR\tAcme
hat-1\tHat\tA hat\thttps://acme.example/hat\tphotos/hat.png\t80.00 EUR\tAcme
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def story(request, tmp_path) -> Iterator[Story]:
    url = None
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").create_database()
    with receiving() as receiver:
        settings = Settings(
            data_dir=tmp_path / "data",
            database_url=None if url is None else SecretStr(url),
            threads=2,
            webhook_hosts=receiver.hosts,
        )
        with closing(open_store(settings.data_dir, **settings.places)) as store:
            key, _ = create_key(store.database, Role.ADMIN)
        with service_process(settings, key) as admin:
            yield Story({"admin": admin}, receiver, draw())


def test_the_whole_story(story):
    hire_people(story)
    upload_what_the_brand_has(story)
    post_listings(story)
    ask_the_brand(story)
    restrict(story)
    acknowledge(story)
    object_and_overturn(story)
    look_at_the_records(story)


def hire_people(story: Story) -> None:
    admin = story.clients["admin"]
    story.ids["brand"] = made(admin, "/v1/brands", {"name": "Acme"})["id"]
    people = {
        "ann": "reviewer",
        "bob": "reviewer",
        "app": "appeals",
        "ada": "brand_admin",
    }
    for name, role in people.items():
        given = {"email": f"{name}@x.example", "name": name.title(), "role": role}
        if role == "brand_admin":
            given["brand_id"] = story.ids["brand"]
        made(admin, "/v1/users", {**given, "password": PASSWORD})
        story.clients[name] = log_in(admin, given["email"])
    story.clients["market"] = with_key(
        admin, role="marketplace", marketplace=MARKET, name="Market"
    )
    hook = made(story.clients["market"], "/v1/webhooks", {"url": story.receiver.url})
    story.receiver.secret = hook["secret"]
    changed = ask(
        admin,
        "PUT",
        f"/v1/case-policies/{MARKET}",
        {"version": 0, "given": {"undo_s": 1, "random_share": 0}},
    )
    assert changed.status == 200, changed.body


def upload_what_the_brand_has(story: Story) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("feed.tsv", FEED)
        for name in ("bag", "hat"):
            archive.writestr(f"photos/{name}.png", story.pictures[name])
    at = f"/v1/brands/{story.ids['brand']}"
    ada = story.clients["ada"]
    started = send_files(
        ada, f"{at}/imports", [("file", "acme.zip", packed.getvalue())]
    )
    assert started.status == 202, started.body
    done = wait_for(ada, f"{at}/imports/{started.json['id']}")
    assert (done["state"], done["counts"]["references_added"]) == ("done", 2), done
    right = made(
        ada,
        f"{at}/rights",
        {
            "right_id": "EUTM-1",
            "type": "trademark",
            "office": "EM",
            "registration_no": "000000001",
            "status": "registered",
            "expires_on": "2035-01-01",
        },
    )
    story.ids["right"] = right["id"]
    made(
        ada,
        f"{at}/authorized-sellers",
        {"marketplace": MARKET, "seller_id": "outlet", "relation": "reseller"},
    )


def post_listings(story: Story) -> None:
    def event(name: str, seller: str, picture: bytes, title: str) -> dict[str, Any]:
        return {
            "type": "listing.created",
            "occurred_at": "2026-11-01T12:00:00Z",
            "listing_id": name,
            "version": 1,
            "title": title,
            "url": f"https://{MARKET}/{name}",
            "country": "DE",
            "images": [{"data": base64.b64encode(picture).decode()}],
            "seller": {"id": seller},
        }

    copied = copy_of(story.pictures["bag"])
    answer = story.send(
        "market",
        "/listings",
        listings=[
            event("4711", "sam", copied, "Tote bag"),
            event("4712", "outlet", copy_of(story.pictures["hat"]), "Acme hat"),
            event("4713", "sue", story.pictures["other"], "A lamp"),
        ],
    )
    assert answer["counts"]["accepted"] == 3, answer
    opened = story.told("case.opened")
    assert opened["listing"]["listing_id"] == "4711"
    assert len(story.receiver.of("match.created")) == 1
    story.ids["case"] = opened["case_id"]
    case = story.case()
    # Three outputs, never one; and nothing says that it is counterfeit.
    assert case["similarity"] > 0.5
    assert case["likelihood"] is None
    assert case["decision"] is None
    assert case["state"] == "open"
    assert case["signals"]["brand_confirmed"]["value"] is None


def ask_the_brand(story: Story) -> None:
    case_id = story.ids["case"]
    held = story.send("ann", "/cases/claim-next")["case"]
    assert held["case_id"] == case_id
    token = {"lease_token": held["lease"]["token"], "version": held["version"]}
    assert story.send("bob", "/cases/claim-next")["case"] is None
    # Likeness alone restricts nothing.
    code = story.refused(
        "ann",
        f"/cases/{case_id}/restrict",
        **token,
        reason_code="counterfeit_mark",
        right_id=story.ids["right"],
    )
    assert code == "refused"
    story.send("ann", f"/cases/{case_id}/questions", **token, template="is_it_genuine")
    (question,) = story.read("ada", "/brand-questions?state=open")["items"]
    assert question["listing"]["listing_id"] == "4711"
    assert "ann" not in json.dumps(question).lower().replace("authenticity", "")
    evidence = story.clients["ada"].send(
        "GET", f"/v1/brand-questions/{question['question_id']}/evidence?position=0"
    )
    assert evidence.headers["content-type"] == "image/png"
    answer_path = f"/brand-questions/{question['question_id']}/answer"
    story.send(
        "ada",
        answer_path,
        answer="counterfeit",
        explanation="We make no tote in that colour.",
        signed=["good_faith", "accuracy"],
    )
    case = story.case()
    assert case["state"] == "open"
    assert case["signals"]["brand_confirmed"]["value"] == "counterfeit"
    notice = story.send(
        "ada",
        "/notices",
        marketplace_id=MARKET,
        reason_code="counterfeit_mark",
        right_id=story.ids["right"],
        explanation="We make no tote in that colour, and have sold none to Sam.",
        items=[{"listing_id": "4711"}],
        notifier={"name": "Ada Acme", "email": "ada@x.example"},
        signed=["good_faith", "accuracy"],
    )
    assert (notice["state"], notice["missing"]) == ("received", [])
    story.ids["notice"] = notice["notice_id"]
    wait_until(lambda: story.notice()["case_id"] == case_id)


def restrict(story: Story) -> None:
    case_id = story.ids["case"]
    opinion = {"reason_code": "counterfeit_mark", "right_id": story.ids["right"]}
    story.send("ann", f"/cases/{case_id}/restrict", **story.claim("ann"), **opinion)
    # The brand is new: somebody else looks, without knowing what Ann thinks.
    seen = story.case("bob")
    assert seen["state"] == "awaiting_second"
    assert seen["decision"] is None
    assert not story.receiver.of("action.requested")
    story.send(
        "bob",
        f"/cases/{case_id}/second-opinion",
        **story.claim("bob"),
        kind="restrict",
        **opinion,
    )
    assert story.case()["state"] == "action_pending"


def acknowledge(story: Story) -> None:
    told = story.told("action.requested")
    action, text = told["action"], told["statement"]["text"]
    assert action["listing"]["listing_id"] == "4711"
    assert "{" not in text
    for secret in ("Ann", "Bob", "Ada"):
        assert secret not in text
    story.ids["action"] = action["action_id"]
    path = f"/actions/{action['action_id']}/acknowledgements"
    assert story.refused("ann", path, outcome="applied") in ("forbidden", "wrong_role")
    for _ in range(2):  # the second time changes nothing
        story.send("market", path, outcome="applied", external_id="m-1")
    assert story.case()["state"] == "actioned"
    (statement,) = story.read("market", "/statements")["items"]
    assert statement["state"] == "delivered"


def object_and_overturn(story: Story) -> None:
    case_id = story.ids["case"]
    appeal = story.send(
        "market",
        f"/cases/{case_id}/appeals",
        kind="seller_complaint",
        grounds="genuine_second_hand",
        explanation="I bought the bag in the brand's own store; here is the receipt.",
        documents=[{"kind": "invoice", "reference": "receipt.pdf"}],
        signed=["truth"],
    )
    assert appeal["state"] == "received"
    at = f"/appeals/{appeal['appeal_id']}"
    assert story.refused("ann", f"{at}/take") == "forbidden"
    taken = story.send("app", f"{at}/take")
    story.send(
        "app",
        f"{at}/decision",
        outcome="overturned",
        answer="The receipt shows that the bag is genuine.",
        lease_token=taken["lease_token"],
    )
    decided = story.told("appeal.decided")
    assert decided["outcome"] == "overturned"
    assert decided["answer"].startswith("The receipt")
    lift = story.told("action.lift_requested")["action"]
    assert lift["lifts_id"] == story.ids["action"]
    story.send(
        "market", f"/actions/{lift['action_id']}/acknowledgements", outcome="applied"
    )
    case = story.case()
    assert (case["state"], case["closure"]) == ("closed", "reinstated")
    assert story.told("case.closed")["closure"] == "reinstated"


def look_at_the_records(story: Story) -> None:
    standing = story.read("ada", f"/brands/{story.ids['brand']}/standing")
    assert standing["tier"] == "new"
    total = standing["figures"]["total"]
    assert (total["accepted"], total["countered"]) == (1, 1)
    assert total["accuracy"]["rate"] == 0
    assert story.notice()["state"] == "accepted"
    report = story.read("admin", "/metrics-report")["metrics"]
    figures = {each["name"]: (each["value"], each["num"]) for each in report}
    assert figures["precision"] == (1, 1)
    assert figures["post_appeal_precision"] == (0, 1)
    assert figures["reversal_rate"] == (1, 1)
    entries = story.read("admin", f"/audit?case_id={story.ids['case']}&limit=200")
    events = [entry["event"] for entry in entries["items"]]
    for event in ("open", "ask_brand", "answer", "restrict", "second_agrees"):
        assert events.count(event) == 1, events
    assert [e for e in events if e in ("applied", "appeal", "overturn", "lifted")] == [
        "applied",
        "appeal",
        "overturn",
        "lifted",
    ]
    assert all(each.is_genuine for each in story.receiver.received)
    ids = [each.id for each in story.receiver.received]
    assert len(set(ids)) == len(ids)
