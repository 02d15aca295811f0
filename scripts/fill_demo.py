"""Let the demo's marketplace trade, and its people work on a few cases.

    python -m scripts.fill_demo demo

Starts the service on the demo's data and does over HTTP what people and programs do:
brands upload tables of their products, rights and an authorized seller; a marketplace
sends listings that show the drawn pictures; reviewers ask brands, decide, and the
marketplace acknowledges; a seller appeals, a brand gives notice. Most cases are left in
the queue. People come in by link: `detector serve --links`.
"""

import argparse
import json
import secrets
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from detector.access.keys import create_key
from detector.access.roles import Role
from detector.store.store import open_store
from scripts.demo.goods_for_sale import (
    AUTHORIZED_SELLER,
    MARKETPLACE,
    catalogue_zip,
    listing_events,
    read_pictures,
)
from scripts.load_service import Server, serving

NUM_PICTURES = 132
"""Of the drawn listing pictures: enough for a queue, and soon scanned."""
AT_ONCE = 20
POLL_S = 0.5
PATIENCE_S = 600.0
PEOPLE = {
    "Ann": Role.REVIEWER,
    "Bob": Role.REVIEWER,
    "Lea": Role.LEAD,
    "Pia": Role.APPEALS,
    "Max": Role.LEGAL,
    "Eva": Role.AUDITOR,
    "Adam": Role.ADMIN,
}
SIGNED = ["good_faith", "accuracy"]


@dataclass(slots=True)
class Demo:
    """The running service of the demo, and who uses it.

    Attributes:
        server: with an admin's key.
        brands: their ids by name.
        rights: a trademark's id by brand.
        tokens: of people's sessions by name, and the marketplace's key.
    """

    server: Server
    brands: dict[str, str]
    rights: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        who: str | None = None,
    ) -> Any:
        """Send a request as somebody; return the answer's JSON."""
        server = replace(self.server, key=self.tokens[who]) if who else self.server
        sent = None if body is None else json.dumps(body).encode()
        answer = server.call(method, path, sent, content_type="application/json")
        return json.loads(answer) if answer else None

    def hire(self, name: str, role: Role, **ties: str) -> None:
        """Add a person, and let them in."""
        email = f"{name.lower()}@demo.example"
        password = secrets.token_urlsafe(16)
        person = {"email": email, "name": name, "role": role, "password": password}
        self.call("POST", "/v1/users", {**person, **ties})
        begun = self.call("POST", "/sessions", {"email": email, "password": password})
        self.tokens[name] = begun["token"]


def main() -> int:
    """Fill the demo in the given folder, unless it was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="what scripts.run_demo imported")
    folder = parser.parse_args().folder
    store = open_store(folder / "data")
    key, _ = create_key(store.database, Role.ADMIN, name="demo")
    store.close()
    with serving(folder / "data") as server:
        demo = Demo(replace(server, key=key), {})
        found = demo.call("GET", "/v1/brands?limit=200")["items"]
        demo.brands = {brand["name"]: brand["id"] for brand in found}
        if demo.call("GET", "/v1/cases?limit=1")["items"]:
            print("The demo is filled already.")
            return 0
        if demo.call("GET", "/v1/users")["items"]:
            print(f"It was cut short before: delete {folder / 'data'}, then make demo.")
            return 1
        open_offices(demo, folder)
        send_listings(demo, folder)
        work_on_cases(demo)
        cases = demo.call("GET", "/v1/cases?limit=200")["items"]
        num_open = sum(case["state"] == "open" for case in cases)
        print(f"{len(cases)} cases, {num_open} of which wait for a reviewer.")
    return 0


def open_offices(demo: Demo, folder: Path) -> None:
    """Let brands and the marketplace set themselves up, and hire people."""
    for name, role in PEOPLE.items():
        demo.hire(name, role)
    for n, (brand, id) in enumerate(sorted(demo.brands.items())):
        if n == 0:
            demo.hire("Bea", Role.BRAND_ADMIN, brand_id=id)
        upload_catalogue(demo, id, catalogue_zip(folder, brand))
        at = f"/v1/brands/{id}"
        right = {
            "right_id": f"EUTM-{n + 1}",
            "type": "trademark",
            "office": "EM",
            "registration_no": f"{18_000_001 + n:09}",
            "mark_text": brand.upper(),
            "status": "registered",
            "expires_on": "2034-05-31",
        }
        demo.rights[id] = demo.call("POST", f"{at}/rights", right)["id"]
        seller = {
            "marketplace": MARKETPLACE,
            "seller_id": AUTHORIZED_SELLER,
            "relation": "reseller",
        }
        demo.call("POST", f"{at}/authorized-sellers", seller)
    made = demo.call(
        "POST",
        "/v1/keys",
        {"role": Role.MARKETPLACE, "marketplace": MARKETPLACE, "name": "the market"},
    )
    demo.tokens["market"] = made["key"]
    demo.hire("Mia", Role.MARKETPLACE, marketplace=MARKETPLACE)


def upload_catalogue(demo: Demo, brand_id: str, packed: bytes) -> None:
    """Upload a brand's table and photos, and wait until they are in."""
    boundary = uuid.uuid4().hex
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; '
        'filename="catalogue.zip"\r\nContent-Type: application/zip\r\n\r\n'
    )
    body = head.encode() + packed + f"\r\n--{boundary}--\r\n".encode()
    path = f"/v1/brands/{brand_id}/imports"
    kind = f"multipart/form-data; boundary={boundary}"
    begun = json.loads(demo.server.call("POST", path, body, content_type=kind))
    at = f"{path}/{begun['id']}"
    wait_until(lambda: demo.call("GET", at)["state"] not in ("queued", "running"))


def send_listings(demo: Demo, folder: Path) -> None:
    """Send listings as the marketplace, and wait until all are scanned."""
    pictures = read_pictures(folder)[:NUM_PICTURES]
    events = list(listing_events(pictures, now=datetime.now(UTC)))
    for start in range(0, len(events), AT_ONCE):
        given = {"listings": events[start : start + AT_ONCE]}
        taken = demo.call("POST", "/v1/listings", given, who="market")
        if taken["counts"]["accepted"] != len(given["listings"]):
            raise RuntimeError(f"not all listings were accepted: {taken}")
    print(f"{len(events)} listings with {len(pictures)} pictures are being scanned …")

    def is_scanned() -> bool:
        waiting = demo.call("GET", "/v1/listings?state=queued&limit=1")["items"]
        jobs = demo.call("GET", "/v1/jobs?limit=200")["items"]
        return not waiting and not [job for job in jobs if job["kind"] != "webhook"]

    wait_until(is_scanned)


def work_on_cases(demo: Demo) -> None:
    """Let reviewers, a brand, the marketplace and a seller do something each."""
    ours = demo.brands[min(demo.brands)]
    cases = demo.call("GET", "/v1/cases?state=open&limit=200")["items"]
    alike = [case for case in cases if case["relation"] == "lookalike"]
    declared = [case for case in cases if "replica" in (case["title"] or "")]
    asked = [
        case
        for case in cases
        if case["brand"]["id"] == ours and case not in alike + declared
    ]
    for case in alike[:8]:
        at = f"/v1/cases/{case['case_id']}"
        given = {**claimed(demo, at, "Ann"), "reason_code": "different_product"}
        demo.call("POST", f"{at}/dismiss", given, who="Ann")
    for case in declared[:3]:
        restrict(demo, case, "self_declared_replica")
    for case in asked[:3]:
        at = f"/v1/cases/{case['case_id']}"
        question = {**claimed(demo, at, "Ann"), "template": "is_it_genuine"}
        demo.call("POST", f"{at}/questions", question, who="Ann")
    answer_questions(demo)
    restrict(demo, asked[0], "counterfeit_mark")
    wait_until(lambda: len(waiting_actions(demo)) >= len(declared[:3]) + 1)
    for action in waiting_actions(demo):
        path = f"/v1/actions/{action['action_id']}/acknowledgements"
        demo.call("POST", path, {"outcome": "applied"}, who="market")
    appeal = {
        "kind": "seller_complaint",
        "grounds": "genuine_second_hand",
        "explanation": "I bought it in the brand's own shop and have the receipt.",
        "documents": [{"kind": "invoice", "reference": "receipt.pdf"}],
        "signed": ["truth"],
    }
    at = f"/v1/cases/{asked[0]['case_id']}"
    demo.call("POST", f"{at}/appeals", appeal, who="market")


def answer_questions(demo: Demo) -> None:
    """Answer all questions but the last, as the brand."""
    questions = demo.call("GET", "/v1/brand-questions?state=open", who="Bea")["items"]
    for question in questions[:-1]:
        answer = {
            "answer": "counterfeit",
            "explanation": "The clasp and the lettering on the label are not ours.",
            "signed": SIGNED,
        }
        path = f"/v1/brand-questions/{question['question_id']}/answer"
        demo.call("POST", path, answer, who="Bea")


def restrict(demo: Demo, case: Mapping[str, Any], reason_code: str) -> None:
    """Restrict a listing; somebody else gives the second opinion on new brands."""
    at = f"/v1/cases/{case['case_id']}"
    opinion = {
        "reason_code": reason_code,
        "right_id": demo.rights[case["brand"]["id"]],
    }
    first = {**claimed(demo, at, "Ann"), **opinion}
    demo.call("POST", f"{at}/restrict", first, who="Ann")
    second = {**claimed(demo, at, "Bob"), **opinion, "kind": "restrict"}
    demo.call("POST", f"{at}/second-opinion", second, who="Bob")


def waiting_actions(demo: Demo) -> list[Any]:
    """List what the marketplace is to do."""
    found: list[Any] = demo.call("GET", "/v1/actions?waiting=true", who="market")[
        "items"
    ]
    return found


def claimed(demo: Demo, at: str, who: str) -> dict[str, object]:
    """Claim a case; return what goes with its holder's writes."""
    version = demo.call("GET", at, who=who)["version"]
    case = demo.call("POST", f"{at}/claim", {"version": version}, who=who)
    return {"lease_token": case["lease"]["token"], "version": case["version"]}


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait; fail after a long while."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError("The service has not done it in time.")
        time.sleep(POLL_S)


if __name__ == "__main__":
    sys.exit(main())
