"""Brands, products, references and imports, as programs use them."""

import io
import json
import time
import zipfile
from typing import Any

import pytest

from detector.access.roles import Role
from tests.live_service import (
    Answer,
    Client,
    form,
    make_key,
    picture,
    require_problem,
    serving,
)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("catalogues") / "data"


@pytest.fixture(scope="module")
def admin(data_dir):
    with serving(data_dir) as stranger:
        yield Client(stranger.port, make_key(data_dir, Role.ADMIN))


def send(client: Client, method: str, path: str, value: object = None) -> Answer:
    if value is None:
        return client.send(method, path)
    body = json.dumps(value).encode()
    return client.send(method, path, body, {"Content-Type": "application/json"})


@pytest.fixture
def brand(admin, request):
    answer = send(admin, "POST", "/v1/brands", {"name": request.node.name})
    assert answer.status == 201
    assert answer.headers["location"] == f"/v1/brands/{answer.json['id']}"
    return answer.headers["location"]


def upload(client: Client, brand: str, *seeds: int, **texts: str) -> Any:
    fields = [("image", picture(seed)) for seed in seeds]
    body, kind = form([*fields, *((k, v.encode()) for k, v in texts.items())])
    answer = client.send("POST", f"{brand}/references", body, {"Content-Type": kind})
    assert answer.status == 200, answer.body
    return answer.json


def start_import(client: Client, brand: str, file: bytes, query: str = "") -> str:
    body, kind = form([("file", file)])
    path = f"{brand}/imports{query}"
    answer = client.send("POST", path, body, {"Content-Type": kind})
    assert answer.status == 202, answer.body
    return answer.headers["location"]


def wait_for(client: Client, place: str) -> Any:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = client.send("GET", place).json
        if found["state"] not in ("queued", "running"):
            return found
        time.sleep(0.05)
    raise TimeoutError(place)


def packed(table: str, **pictures: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("catalogue.csv", table)
        for name, data in pictures.items():
            archive.writestr(f"{name}.png", data)
    return file.getvalue()


def names_found(client: Client, seed: int) -> list[str]:
    return [
        match["external_id"] for match in client.match(picture(seed)).json["matches"]
    ]


def test_two_spellings_of_a_name_are_one_brand(admin, brand):
    name = admin.send("GET", brand).json["name"]
    again = send(admin, "POST", "/v1/brands", {"name": f"  {name.upper()} "})
    problem = require_problem(again, 409, "conflict")
    assert brand in problem["remedy"]


def test_a_list_comes_in_pages_that_lose_and_repeat_nothing(admin, brand):
    for number in range(7):
        new = {"product_id": f"P{number}", "title": f"Product {number}"}
        assert send(admin, "POST", f"{brand}/products", new).status == 201
    seen, path = [], f"{brand}/products?limit=3"
    while path:
        answer = admin.send("GET", path)
        seen += [item["product_id"] for item in answer.json["items"]]
        link = answer.headers.get("link", "")
        assert bool(link) == (answer.json["next_cursor"] is not None)
        path = link.partition(">")[0].removeprefix("<")
    assert sorted(seen) == [f"P{number}" for number in range(7)]
    require_problem(
        admin.send("GET", f"{brand}/products?cursor=nonsense"), 422, "invalid_cursor"
    )


def test_a_product_is_added_changed_and_removed(admin, brand):
    new = {"product_id": "P1", "title": "Shoe", "gtin": "4006381333931"}
    answer = send(admin, "POST", f"{brand}/products", new)
    place = answer.headers["location"]
    assert answer.json["fields"] == {"title": "Shoe", "gtin": "04006381333931"}
    require_problem(send(admin, "POST", f"{brand}/products", new), 409, "conflict")
    changed = send(admin, "PATCH", place, {"gtin": None, "color": "red"}).json
    assert changed["fields"] == {"title": "Shoe", "color": "red"}
    wrong = send(admin, "PATCH", place, {"gtin": "4006381333932"})
    require_problem(wrong, 422, "invalid_input")
    upload(admin, brand, 1, product_id="P1")
    assert admin.send("GET", place).json["num_references"] == 1
    assert admin.send("DELETE", place).status == 204
    require_problem(admin.send("GET", place), 404, "unknown_id")
    assert admin.send("GET", f"{brand}/references").json["items"] == []


def test_a_picture_is_found_until_it_is_disabled_expired_or_removed(admin, brand):
    (taken,) = upload(admin, brand, 11, external_id="front", role="packaging")["taken"]
    reference = taken["reference"]
    place = f"{brand}/references/{reference['id']}"
    assert (taken["outcome"], reference["role"]) == ("added", "packaging")
    assert names_found(admin, 11)[0] == "front"
    for change, is_found in [
        ({"state": "disabled"}, False),
        ({"state": "active"}, True),
        ({"expires_at": "2020-01-01T00:00:00Z"}, False),
        ({"expires_at": "2099-01-01T00:00:00Z"}, True),
    ]:
        assert send(admin, "PATCH", place, change).status == 200
        assert ("front" in names_found(admin, 11)) == is_found, change
    assert admin.send("GET", f"{place}/image").body == picture(11)
    assert admin.send("DELETE", place).status == 204
    assert "front" not in names_found(admin, 11)
    require_problem(admin.send("GET", place), 404, "unknown_reference")


def test_a_disabled_brand_is_not_found(admin, brand):
    upload(admin, brand, 12, external_id="only")
    assert send(admin, "PATCH", brand, {"state": "disabled"}).status == 200
    assert "only" not in names_found(admin, 12)
    assert send(admin, "PATCH", brand, {"state": "active"}).status == 200
    assert "only" in names_found(admin, 12)


def test_good_pictures_are_taken_and_bad_ones_named(admin, brand):
    body, kind = form([("image", picture(13)), ("image", b"no picture at all")])
    body = body.replace(b'filename="image.png"', b'filename="good.png"', 1)
    headers = {"Content-Type": kind}
    answer = admin.send("POST", f"{brand}/references", body, headers).json
    assert [t["reference"]["external_id"] for t in answer["taken"]] == ["good.png"]
    (refused,) = answer["refused"]
    assert (refused["file_name"], refused["code"]) == ("image.png", "unreadable_image")
    assert "part" not in refused["detail"]
    assert refused["remedy"]


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ([], "image"),
        ([("image", b"x"), ("role", b"genuine")], "role"),
        ([("image", b"x"), ("rights", b"mine")], "mine"),
        ([("image", b"x"), ("image", b"y"), ("external_id", b"one")], "external_id"),
        ([("image", b"x"), ("picture", b"y")], "picture"),
        ([("image", b"x"), ("role", b"logo"), ("role", b"logo")], "role"),
    ],
)
def test_an_upload_that_makes_no_sense_is_refused_whole(admin, brand, fields, word):
    body, kind = form(fields)
    headers = {"Content-Type": kind}
    answer = admin.send("POST", f"{brand}/references", body, headers)
    assert word in require_problem(answer, 422, "invalid_request")["detail"]


def test_an_import_tells_what_it_did_and_what_was_wrong(admin, brand):
    table = (
        "product_id,title,gtin,image_paths\n"
        "P1,Shoe,4006381333931,a.png\n"
        "P2,=1+2,4006381333932,b.png\n"
        "P3,Gone,,c.png\n"
    )
    file = packed(table, a=picture(21), b=picture(22))
    place = start_import(admin, brand, file)
    done = wait_for(admin, place)
    assert done["state"] == "done"
    assert (done["num_rows"], done["format"]) == (done["num_rows_total"], "csv")
    assert done["counts"]["products_added"] == 3
    assert done["counts"]["references_added"] == 2
    problems = admin.send("GET", f"{place}/problems").json["items"]
    codes = [(p["row"], p["code"]) for p in problems]
    assert codes == [(3, "gtin_check_digit"), (4, "unknown_picture")]
    lines = admin.send("GET", f"{place}/problems.csv").body.decode().splitlines()
    assert len(lines) == 3
    assert names_found(admin, 21)[0] == "a.png"
    assert admin.match(picture(21)).json["matches"][0]["product_id"] == "P1"
    again = wait_for(admin, start_import(admin, brand, file))
    assert again["counts"] == {
        "products_unchanged": 3,
        "references_unchanged": 2,
        "errors": 2,
    }


def test_a_dry_run_changes_nothing(admin, brand):
    file = packed("product_id,title,image_paths\nP1,Shoe,a.png\n", a=picture(23))
    done = wait_for(admin, start_import(admin, brand, file, "?dry_run=true"))
    assert done["counts"] == {"products_added": 1, "references_added": 1}
    assert admin.send("GET", f"{brand}/products").json["items"] == []
    assert admin.send("GET", f"{brand}/references").json["items"] == []


def test_a_file_that_is_no_catalogue_fails_with_a_reason(admin, brand):
    done = wait_for(admin, start_import(admin, brand, b"what is this?\n"))
    assert done["state"] == "failed"
    assert "Expected the headings" in done["error"]


def test_an_import_can_be_canceled_once(admin, brand):
    rows = "".join(f"P{i},Product,a.png\n" for i in range(3_000))
    file = packed("product_id,title,image_paths\n" + rows, a=picture(24))
    place = start_import(admin, brand, file)
    assert admin.send("POST", f"{place}/cancel").json["state"] == "canceled"
    assert wait_for(admin, place)["num_rows"] < 3_000
    require_problem(admin.send("POST", f"{place}/cancel"), 409, "conflict")


def test_a_health_check_is_done_in_the_background(admin, brand):
    upload(admin, brand, 31, external_id="a")
    upload(admin, brand, 31, external_id="b")
    answer = send(admin, "POST", f"{brand}/health", {"sample": 1})
    assert answer.status == 202
    done = wait_for(admin, answer.headers["location"])
    assert done["state"] == "done", done
    assert done["report"]["counts"]["duplicate"] == 1
    page = admin.send("GET", f"{answer.headers['location']}/page")
    assert page.headers["content-type"].startswith("text/html")
    assert "sandbox" in page.headers["content-security-policy"]


def test_nothing_is_left_of_uploads_that_have_ended(admin, brand, data_dir):
    wait_for(admin, start_import(admin, brand, b"nonsense"))
    table = packed("product_id,title,image_paths\nP1,Shoe,a.png\n", a=picture(25))
    wait_for(admin, start_import(admin, brand, table))
    deadline = time.monotonic() + 10
    while list((data_dir / "uploads").iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert list((data_dir / "uploads").iterdir()) == []
