from datetime import timedelta

import pytest

from detector.api.rights_schemas import NewSeller, SellerAnswer
from detector.catalogue.validity import today
from tests.detector.api.brand_clients import (
    CSV,
    BrandClients,
    send_json,
    serving_two_brands,
)
from tests.live_service import Answer, require_problem


@pytest.fixture(scope="module")
def clients(tmp_path_factory):
    with serving_two_brands(tmp_path_factory.mktemp("sellers") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def path(clients):
    return f"/v1/brands/{clients.acme_id}/authorized-sellers"


def in_days(number: int) -> str:
    return (today() + timedelta(days=number)).isoformat()


def seller(seller_id: str, **fields: object) -> dict[str, object]:
    return {
        "marketplace": "ebay",
        "seller_id": seller_id,
        "relation": "reseller",
        **fields,
    }


def create(
    clients: BrandClients, path: str, seller_id: str, **fields: object
) -> Answer:
    answer = send_json(clients.acme, "POST", path, seller(seller_id, **fields))
    assert answer.status == 201, answer.body
    return answer


def test_a_seller_is_authorized_disabled_enabled_expired_and_removed(clients, path):
    example = NewSeller.model_json_schema()["examples"][0]
    given = {**example, "valid_from": in_days(-9), "valid_to": in_days(30)}
    created = send_json(clients.acme, "POST", path, given)
    assert created.status == 201
    place = created.headers["location"]
    assert given.items() <= created.json.items()
    assert created.json["expires_in_days"] == 30
    assert clients.auditor.send("GET", place).json == created.json
    changes: list[tuple[dict[str, object], str]] = [
        ({"state": "disabled"}, "disabled"),
        ({"state": "active"}, "active"),
        ({"valid_to": in_days(-1)}, "expired"),
        ({"valid_to": in_days(0)}, "active"),
        ({"valid_from": in_days(1), "valid_to": None}, "not_yet_valid"),
        ({"relation": None, "valid_from": None}, "active"),
    ]
    for change, effective in changes:
        changed = send_json(clients.acme, "PATCH", place, change)
        assert changed.status == 200, changed.body
        assert changed.json["effective_state"] == effective
    assert changed.json["expires_in_days"] is None
    assert changed.json["product_scope"] == example["product_scope"]
    assert clients.acme.send("DELETE", place).status == 204
    require_problem(clients.acme.send("GET", place), 404, "unknown_id")


def test_a_second_entry_for_a_seller_is_a_conflict(clients, path):
    first = create(clients, path, "twice")
    again = send_json(clients.acme, "POST", path, seller("twice"))
    assert (
        first.headers["location"] in require_problem(again, 409, "conflict")["remedy"]
    )
    other = send_json(clients.acme, "POST", path, seller("twice", marketplace="amazon"))
    assert other.status == 201


def test_a_scope_may_name_a_thousand_products(clients, path):
    scope = [f"P-{number:04}" for number in range(1_000)]
    created = create(clients, path, "wide", product_scope=scope)
    assert created.json["product_scope"] == scope
    file = clients.acme.send("GET", f"{path}/file").body
    back = clients.acme.send("PUT", f"{path}/file", file, CSV).json
    assert (back["added"], back["changed"]) == (0, 0)
    assert {problem["severity"] for problem in back["problems"]} == {"warning"}


def test_those_to_be_renewed_are_listed(clients, path):
    for days in (-1, 0, 30, 31):
        create(clients, path, f"ends-{days}", valid_to=in_days(days), countries=["DE"])

    def names(query: str) -> set[str]:
        answer = clients.acme.send("GET", f"{path}?{query}")
        assert answer.status == 200, answer.body
        return {item["seller_id"] for item in answer.json["items"]}

    assert names("expiring_within_days=30") == {"ends-0", "ends-30"}
    assert names("effective_state=expired") == {"ends--1"}
    assert names("marketplace=nowhere") == set()
    page = clients.acme.send("GET", f"{path}?limit=1")
    assert page.headers["link"].endswith('rel="next"')


def test_a_file_goes_in_and_comes_out_again(clients):
    path = f"/v1/brands/{clients.zeta_id}/authorized-sellers/file"
    file = (
        b"brand_id;marketplace;seller_id;relation;countries\n"
        b"Zeta;ebay;@zeta;own store;DE|AT\nAcme;ebay;x;reseller;\n;ebay;y;reseller;UK\n"
    )
    dry = clients.zeta.send("PUT", f"{path}?dry_run=true", file, CSV)
    first = clients.zeta.send("PUT", path, file, CSV)
    assert dry.json == first.json
    assert first.json["added"] == 1
    codes = [(p["row"], p["code"]) for p in first.json["problems"]]
    assert codes == [(3, "other_brand"), (4, "bad_country")]
    again = clients.zeta.send("PUT", path, file, CSV).json
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 1)
    sent = clients.auditor.send("GET", path)
    assert "authorised_sellers.csv" in sent.headers["content-disposition"]
    assert "ebay,'@zeta,own_store,,DE|AT" in sent.body.decode()
    back = clients.zeta.send("PUT", path, sent.body, CSV).json
    assert (back["unchanged"], back["num_problems"]) == (1, 0)


def test_another_brand_sees_nothing(clients, path):
    place = create(clients, path, "secret").headers["location"]
    for method in ("GET", "PATCH", "DELETE"):
        body = {"state": "disabled"}
        answer = send_json(clients.zeta, method, place, body)
        require_problem(answer, 404, "unknown_brand")
        moved = place.replace(clients.acme_id, clients.zeta_id)
        require_problem(send_json(clients.zeta, method, moved, body), 404, "unknown_id")
    for method, end in [("GET", ""), ("GET", "/file"), ("PUT", "/file")]:
        answer = clients.zeta.send(method, path + end, b"x", CSV)
        require_problem(answer, 404, "unknown_brand")
    listed = clients.zeta.send("GET", path.replace(clients.acme_id, clients.zeta_id))
    assert "secret" not in listed.body.decode()


def test_whoever_only_reads_changes_nothing(clients, path):
    place = create(clients, path, "kept").headers["location"]
    for method, at in [("POST", path), ("PATCH", place), ("DELETE", place)]:
        answer = send_json(clients.auditor, method, at, {"state": "disabled"})
        require_problem(answer, 403, "forbidden")
    put = clients.auditor.send("PUT", f"{path}/file", b"x", CSV)
    require_problem(put, 403, "forbidden")
    require_problem(clients.marketplace.send("GET", path), 403, "forbidden")
    assert clients.auditor.send("GET", place).json["state"] == "active"


@pytest.mark.parametrize(
    "fields",
    [
        {"marketplace": ""},
        {"seller_id": "a\x01"},
        {"seller_id": "x" * 201},
        {"relation": None},
        {"relation": "friend"},
        {"product_scope": ["a|b"]},
        {"product_scope": [""]},
        {"product_scope": ["x" * 51]},
        {"product_scope": ["a"] * 1_001},
        {"product_scope": [f"{n:050}" for n in range(200)]},
        {"countries": ["EU"]},
        {"countries": ["de"]},
        {"valid_from": "tomorrow"},
        {"valid_from": "0000-01-01"},
        {"valid_from": "2026-06-02", "valid_to": "2026-06-01"},
        {"evidence_ref": "a\u2028b"},
        {"state": "expired"},
    ],
)
def test_an_entry_that_does_not_fit_is_refused(clients, path, fields):
    answer = send_json(clients.acme, "POST", path, seller("odd") | fields)
    assert answer.json["code"] in {"invalid_request", "invalid_input"}
    require_problem(answer, 422, answer.json["code"])


def test_the_example_of_an_answer_fits():
    (example,) = SellerAnswer.model_json_schema()["examples"]
    assert example.keys() == SellerAnswer.model_fields.keys()
    assert SellerAnswer.model_validate(example)
