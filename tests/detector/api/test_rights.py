from datetime import date, timedelta

import pytest

from detector.api.rights_schemas import NewRight, RightAnswer
from detector.catalogue.validity import today
from tests.detector.api.brand_clients import (
    CSV,
    BrandClients,
    send_json,
    serving_two_brands,
)
from tests.live_service import Answer, require_problem

LARGE = {**CSV, "Content-Length": "10000001"}
MARK = {"type": "trademark", "office": "EM"}


@pytest.fixture(scope="module")
def clients(tmp_path_factory):
    with serving_two_brands(tmp_path_factory.mktemp("rights") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def path(clients):
    return f"/v1/brands/{clients.acme_id}/rights"


def in_days(number: int) -> str:
    return (today() + timedelta(days=number)).isoformat()


def create(clients: BrandClients, path: str, right_id: str, **fields: object) -> Answer:
    value = {"right_id": right_id, **MARK, **fields}
    answer = send_json(clients.acme, "POST", path, value)
    assert answer.status == 201, answer.body
    return answer


def test_a_right_is_created_shown_changed_and_removed(clients, path):
    example = NewRight.model_json_schema()["examples"][0]
    created = send_json(clients.acme, "POST", path, example)
    assert created.status == 201
    place = created.headers["location"]
    assert place == f"{path}/{created.json['id']}"
    assert example.items() <= created.json.items()
    shown = clients.auditor.send("GET", place)
    assert shown.json == created.json
    days = (date.fromisoformat(example["expires_on"]) - today()).days
    assert shown.json["expires_in_days"] == days

    ended = send_json(clients.acme, "PATCH", place, {"expires_on": in_days(-1)})
    assert ended.json["effective_state"] == "expired"
    assert ended.json["expires_in_days"] == -1
    off = send_json(
        clients.acme, "PATCH", place, {"state": "disabled", "expires_on": None}
    )
    assert off.json["effective_state"] == "disabled"
    assert off.json["expires_in_days"] is None
    on = send_json(clients.acme, "PATCH", place, {"state": "active", "type": None})
    assert on.json["effective_state"] == "active"
    assert on.json["owner"] == example["owner"]

    assert clients.acme.send("DELETE", place).status == 204
    require_problem(clients.acme.send("GET", place), 404, "unknown_id")
    require_problem(clients.acme.send("DELETE", place), 404, "unknown_id")


def test_a_second_right_of_that_name_is_a_conflict(clients, path):
    first = create(clients, path, "twice")
    again = send_json(clients.acme, "POST", path, {"right_id": "twice", **MARK})
    problem = require_problem(again, 409, "conflict")
    assert first.headers["location"] in problem["remedy"]


def test_lists_come_in_pages_and_can_be_narrowed(clients, path):
    for days in (0, 7, 8):
        create(clients, path, f"ends-{days}", expires_on=in_days(days))
    create(clients, path, "over", expires_on=in_days(-1))
    create(clients, path, "early", registered_on=in_days(1))
    create(clients, path, "text", type="copyright", office=None)

    def names(query: str) -> set[str]:
        answer = clients.acme.send("GET", f"{path}?{query}")
        assert answer.status == 200, answer.body
        return {item["right_id"] for item in answer.json["items"]}

    assert names("expiring_within_days=7") == {"ends-0", "ends-7"}
    assert names("effective_state=expired") == {"over"}
    assert names("effective_state=not_yet_valid") == {"early"}
    assert names("type=copyright") == {"text"}
    assert names("updated_since=2099-01-01T00:00:00Z") == set()
    everything = names("limit=200")
    seen, query = set(), f"{path}?limit=2"
    while query:
        answer = clients.acme.send("GET", query)
        seen |= {item["right_id"] for item in answer.json["items"]}
        cursor = answer.json["next_cursor"]
        assert ("link" in answer.headers) == (cursor is not None)
        query = cursor and f"{path}?limit=2&cursor={cursor}"
    assert seen == everything


def test_a_file_goes_in_and_comes_out_again(clients):
    path = f"/v1/brands/{clients.zeta_id}/rights/file"
    file = (
        "right_id,type,office,mark_text\n=1,trademark,EM,ÄCME\nb,trademark,EUIPO,\n"
    ).encode()
    dry = clients.zeta.send("PUT", f"{path}?dry_run=true", file, CSV)
    first = clients.zeta.send("PUT", path, file, CSV)
    assert dry.json == first.json
    assert first.json["added"] == 1
    (problem,) = first.json["problems"]
    assert problem["row"] == 3
    assert problem["column"] == "office"
    assert problem["severity"] == "error"
    assert problem["code"] == "bad_office"
    again = clients.zeta.send("PUT", path, file, CSV).json
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 1)
    sent = clients.auditor.send("GET", path)
    assert sent.headers["content-type"] == "text/csv; charset=utf-8"
    assert "rights.csv" in sent.headers["content-disposition"]
    assert "'=1,trademark,EM" in sent.body.decode()
    back = clients.zeta.send("PUT", path, sent.body, CSV).json
    assert (back["added"], back["changed"], back["unchanged"]) == (0, 0, 1)
    assert back["problems"] == []


def test_another_brand_sees_nothing(clients, path):
    place = create(clients, path, "secret").headers["location"]
    for method in ("GET", "PATCH", "DELETE"):
        body = {"state": "disabled"}
        answer = send_json(clients.zeta, method, place, body)
        require_problem(answer, 404, "unknown_brand")
        moved = place.replace(clients.acme_id, clients.zeta_id)
        require_problem(send_json(clients.zeta, method, moved, body), 404, "unknown_id")
    for method, end in [("GET", ""), ("GET", "/file"), ("PUT", "/file")]:
        answer = clients.zeta.send(method, path + end, b"right_id,type\n", CSV)
        require_problem(answer, 404, "unknown_brand")
    nobody = path.replace(clients.acme_id, "nobody")
    require_problem(clients.admin.send("GET", nobody), 404, "unknown_brand")
    new = {"right_id": "x", **MARK}
    require_problem(send_json(clients.admin, "POST", nobody, new), 404, "unknown_brand")


def test_whoever_only_reads_changes_nothing(clients, path):
    place = create(clients, path, "kept").headers["location"]
    for method, at in [("POST", path), ("PATCH", place), ("DELETE", place)]:
        answer = send_json(clients.auditor, method, at, {"right_id": "y", **MARK})
        require_problem(answer, 403, "forbidden")
    put = clients.auditor.send("PUT", f"{path}/file", b"right_id,type\n", CSV)
    require_problem(put, 403, "forbidden")
    require_problem(clients.marketplace.send("GET", path), 403, "forbidden")
    assert clients.auditor.send("GET", place).status == 200


@pytest.mark.parametrize(
    "fields",
    [
        {"right_id": ""},
        {"right_id": " a"},
        {"right_id": "a\x01"},
        {"right_id": "a\u200b"},
        {"right_id": "x" * 51},
        {"right_id": 7},
        {"type": None},
        {"type": "brand"},
        {"office": "em"},
        {"office": None},
        {"mark_text": "a\nb"},
        {"mark_text": "x" * 2_001},
        {"nice_classes": [0]},
        {"nice_classes": [46]},
        {"nice_classes": [25.5]},
        {"territories": ["Germany"]},
        {"territories": ["UK"]},
        {"territories": ["DE"] * 251},
        {"registered_on": "2026-02-30"},
        {"registered_on": 1_700_000_000},
        {"registered_on": "2026-06-01T00:00:00"},
        {"registered_on": "2026-06-02", "expires_on": "2026-06-01"},
        {"image": "../a.png"},
        {"state": "expired"},
        {"effective_state": "active"},
    ],
)
def test_a_right_that_does_not_fit_is_refused(clients, path, fields):
    value = {"right_id": "odd", **MARK, **fields}
    answer = send_json(clients.acme, "POST", path, value)
    assert answer.json["code"] in {"invalid_request", "invalid_input"}
    require_problem(answer, 422, answer.json["code"])


@pytest.mark.parametrize(
    ("method", "end", "body", "headers", "status", "code"),
    [
        ("GET", "/%00", None, {}, 422, "invalid_request"),
        ("GET", "/" + "a" * 65, None, {}, 422, "invalid_request"),
        ("GET", "?expiring_within_days=-1", None, {}, 422, "invalid_request"),
        ("GET", "?expiring_within_days=99999999", None, {}, 422, "invalid_request"),
        ("GET", "?effective_state=dead", None, {}, 422, "invalid_request"),
        ("GET", "?cursor=abc", None, {}, 422, "invalid_cursor"),
        ("PUT", "/file", b"", CSV, 422, "invalid_input"),
        ("PUT", "/file", b"a,b\n1,2\n", CSV, 422, "invalid_input"),
        ("PUT", "/file", b"\xff\xfe\xfd", CSV, 422, "invalid_input"),
        ("PUT", "/file", b"PK\x03\x04", CSV, 422, "invalid_input"),
        ("PUT", "/file", b"a", {}, 415, "unsupported_media_type"),
        ("PUT", "/file", b"x", LARGE, 413, "body_too_large"),
        ("PUT", "/file?dry_run=perhaps", b"", CSV, 422, "invalid_request"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    clients, path, method, end, body, headers, status, code
):
    answer = clients.acme.send(method, path + end, body, headers)
    require_problem(answer, status, code)


def test_the_example_of_an_answer_fits():
    (example,) = RightAnswer.model_json_schema()["examples"]
    assert example.keys() == RightAnswer.model_fields.keys()
    assert RightAnswer.model_validate(example)
