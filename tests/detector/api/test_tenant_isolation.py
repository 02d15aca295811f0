"""A brand learns nothing of another one: not even that it is there."""

import base64
import json
from collections.abc import Iterator

import pytest

from detector.access.roles import Role
from tests.detector.api.people import PASSWORD, ask
from tests.detector.api.route_line import Line
from tests.detector.api.route_table import LINES, REFERENCES
from tests.detector.api.tenants import (
    Tenant,
    Tenants,
    catalogue_of,
    send_files,
    serving_tenants,
    wait_for,
)
from tests.live_service import Answer, Client, form, picture, require_problem

NOBODY = {
    "brand_id": "brand_" + "0" * 24,
    "product_id": "prod_" + "0" * 24,
    "reference_id": "ref_" + "0" * 24,
    "import_id": "imp_" + "0" * 32,
    "check_id": "chk_" + "0" * 32,
    "right_id": "right_" + "0" * 24,
    "entry_id": "seller_" + "0" * 24,
    "user_id": "usr_" + "0" * 24,
    "webhook_id": "wep_" + "0" * 32,
    "delivery_id": "dlv_" + "0" * 32,
    "prefix": "0" * 8,
}
"""Ids like those of the things of a brand, of none that is there."""
OF_A_BRAND = [r for r, line in LINES.items() if "{brand_id}" in line.path]
OF_A_THING = [
    route
    for route, line in LINES.items()
    if any(f"{{{name}}}" in line.path for name in NOBODY.keys() - {"brand_id"})
]
LISTS = ("brands", "keys", "users", "roles", "jobs", "webhooks", "events")
CHANGING = {"date", "x-request-id", "ratelimit", "content-length"}


@pytest.fixture(scope="module")
def tenants(tmp_path_factory):
    with serving_tenants(tmp_path_factory.mktemp("service") / "data") as tenants:
        yield tenants


@pytest.fixture(params=["brand_admin", "brand_agent", "user"])
def caller(request, tenants):
    """A client of the first brand."""
    if request.param == "user":
        return tenants.user
    return tenants.clients[Role(request.param)]


def without(answer: Answer, *said: str) -> tuple[int, dict[str, str], str]:
    """Leave out of an answer what the request said, and what is new each time."""
    headers = {n: v for n, v in answer.headers.items() if n not in CHANGING}
    text = answer.body.decode()
    if answer.headers.get("content-type") == "application/problem+json":
        text = json.dumps({**answer.json, "request_id": ""})
    for each in said:
        text = text.replace(each, "…")
    return answer.status, headers, text


@pytest.mark.parametrize("route", OF_A_BRAND)
def test_another_brand_is_answered_like_none(tenants, caller, route):
    line, zeta = LINES[route], tenants.zeta
    theirs = line.send(caller, zeta.ids)
    nobodys = line.send(caller, {**zeta.ids, "brand_id": NOBODY["brand_id"]})
    if theirs.status != 403:  # the role may not do that to its own brand either
        require_problem(theirs, 404, "unknown_brand")
    assert without(theirs, *zeta.ids.values()) == without(
        nobodys, *zeta.ids.values(), *NOBODY.values()
    )


@pytest.mark.parametrize("route", OF_A_THING)
def test_a_thing_of_another_brand_is_answered_like_none(tenants, caller, route):
    """Also under a brand that one may see; and an admin finds nothing there either."""
    line, own, zeta = LINES[route], tenants.acme.brand_id, tenants.zeta
    callers = [caller, tenants.admin] if "{brand_id}" in line.path else [caller]
    for each in callers:
        theirs = line.send(each, {**zeta.ids, "brand_id": own})
        nobodys = line.send(each, {**NOBODY, "brand_id": own})
        assert theirs.status in {403, 404}
        assert without(theirs, *zeta.ids.values()) == without(nobodys, *NOBODY.values())


def attempts(tenants: Tenants) -> Iterator[tuple[Line, dict[str, str]]]:
    """List requests that try to reach the other brand, or stumble on it."""
    acme, zeta = tenants.acme.ids, tenants.zeta.ids
    for line in LINES.values():
        if line.method != "HEAD" and line.path != "/v1/session":
            yield line, dict(zeta)
            yield line, {**zeta, "brand_id": acme["brand_id"]}
            yield line, dict(acme)


def bodies(zeta: Tenant) -> Iterator[tuple[str, str, dict[str, object]]]:
    """List requests whose bodies name things of the other brand."""
    brand = zeta.brand_id
    yield "POST", "/v1/brands", {"name": f"{zeta.word} GmbH"}
    yield "POST", "/v1/keys", {"role": "brand_agent", "brand_id": brand}
    grant = {"role": "brand_agent", "brand_id": brand, "password": PASSWORD}
    yield "POST", "/v1/users", {"email": "eve@eve.example", **grant}


def forged_cursors(zeta: Tenant) -> Iterator[str]:
    dated = ["2026-01-01T00:00:00+00:00", zeta.brand_id]
    made_up: list[object] = [[zeta.brand_id], dated, 1, {}]
    for given in made_up:
        text = json.dumps(given).encode()
        yield base64.urlsafe_b64encode(text).decode().rstrip("=")


def test_no_answer_to_a_brand_holds_a_word_of_another_one(tenants, caller):
    zeta, own = tenants.zeta, f"/v1/brands/{tenants.acme.brand_id}"
    before = catalogue_of(tenants.admin, zeta.brand_id)
    answers: list[tuple[str, Answer]] = []
    for line, ids in attempts(tenants):
        answers.append((" ".join(ids.values()), line.send(caller, ids)))
    for method, path, body in bodies(zeta):
        answers.append((json.dumps(body), ask(caller, method, path, body)))
    lists = [f"/v1/{name}" for name in LISTS]
    parts = ["products", "references", "imports", "health", "rights"]
    for path in [*lists, *(f"{own}/{part}" for part in parts)]:
        answers.append(("", caller.send("GET", f"{path}?limit=200")))
        for cursor in forged_cursors(zeta):
            answers.append(("", caller.send("GET", f"{path}?cursor={cursor}")))
    for name in zeta.canaries & {*zeta.ids.values(), zeta.word.lower()}:
        answers.append(
            (name, caller.send("GET", f"{own}/references?product_id={name}"))
        )
    table = b"id,brand,title,image_link\n1,Acmeword GmbH,A,x.png\n2,Other,B,y.png\n"
    started = send_files(caller, f"{own}/imports", [("file", "a.csv", table)])
    answers.append(("", started))
    wait_for(caller, started.headers["location"])
    for end in ("", "/problems", "/problems.csv"):
        answers.append(("", caller.send("GET", started.headers["location"] + end)))
    checked = ask(caller, "POST", f"{own}/health", {"sample": 2})
    wait_for(caller, checked.headers["location"])
    for end in ("", "/page"):
        answers.append(("", caller.send("GET", checked.headers["location"] + end)))
    assert len(answers) > 200
    for said, answer in answers:
        text = answer.body.decode(errors="replace") + json.dumps(dict(answer.headers))
        for canary in zeta.canaries:
            if canary not in said and canary.lower() not in said.lower():
                assert canary not in text, (said, answer.status, text[:2_000])
    assert catalogue_of(tenants.admin, zeta.brand_id) == before


def test_a_collision_is_told_without_whose_picture_it_is(tenants):
    caller, zeta = tenants.clients[Role.BRAND_AGENT], tenants.zeta
    own = f"/v1/brands/{tenants.acme.brand_id}"
    copied = form([("image", picture(2))])[0]
    headers = {"Content-Type": "multipart/form-data; boundary=XX"}
    path = REFERENCES.format(brand_id=tenants.acme.brand_id)
    assert caller.send("POST", path, copied, headers).status == 200
    checked = ask(caller, "POST", f"{own}/health", {"sample": 1})
    report = wait_for(caller, checked.headers["location"])["report"]
    text = json.dumps(report)
    assert "collision" in text
    sha256 = next(c for c in zeta.canaries if len(c) == 64)
    assert not [c for c in zeta.canaries - {sha256} if c in text]
    assert "watermark" not in text


def test_a_brand_cannot_match_and_sees_no_count_of_anything_else(tenants, caller):
    client = Client(caller.port, caller.key)
    require_problem(client.match(picture(2)), 403, "forbidden")
    require_problem(client.send("GET", "/v1/service"), 403, "forbidden")
    ready = client.send("GET", "/readyz")
    assert ready.json.keys() == {"status", "models"}
