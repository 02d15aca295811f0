"""Finding one's way in a large catalogue, and filling it from folders."""

import json
import time
from typing import Any

import pytest

from detector.access.roles import Role
from tests.live_service import (
    Client,
    form,
    make_key,
    picture,
    require_problem,
    serving,
)

JSON = {"Content-Type": "application/json"}
PRODUCTS = [
    ("RUN-1", "Runner, red", "04006381333931"),
    ("RUN_2", "Runner 100% blue", None),
    ("BAG-1", "Bag", None),
]


@pytest.fixture(scope="module")
def admin(tmp_path_factory):
    data_dir = tmp_path_factory.mktemp("catalogues") / "data"
    with serving(data_dir) as stranger:
        yield Client(stranger.port, make_key(data_dir, Role.ADMIN))


def post(client: Client, path: str, given: object) -> Any:
    answer = client.send("POST", path, json.dumps(given).encode(), JSON)
    assert answer.status in (201, 202), answer.body
    return answer.json


@pytest.fixture(scope="module")
def brand(admin):
    place = f"/v1/brands/{post(admin, '/v1/brands', {'name': 'Acme'})['id']}"
    for name, title, gtin in PRODUCTS:
        new = {"product_id": name, "title": title} | ({"gtin": gtin} if gtin else {})
        post(admin, f"{place}/products", new)
    return place


def upload(client: Client, brand: str, named: dict[str, int], **texts: str) -> Any:
    """Upload pictures: file name → seed."""
    parts = [("image", picture(seed)) for seed in named.values()]
    body, kind = form([*parts, *((k, v.encode()) for k, v in texts.items())])
    for name in named:
        body = body.replace(b'"image.png"', f'"{name}"'.encode(), 1)
    return client.send("POST", f"{brand}/references", body, {"Content-Type": kind})


def names(client: Client, path: str, key: str) -> set[str]:
    answer = client.send("GET", path)
    assert answer.status == 200, answer.body
    return {item[key] for item in answer.json["items"]}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("runner", {"RUN-1", "RUN_2"}),
        ("0063813", {"RUN-1"}),
        ("bag-", {"BAG-1"}),
        ("100%25", {"RUN_2"}),
        ("n_", {"RUN_2"}),
        ("nothing", set()),
    ],
)
def test_products_are_found_by_title_number_or_name(admin, brand, text, found):
    path = f"{brand}/products?q={text}"
    assert names(admin, path, "product_id") == found


def test_pictures_of_a_folder_keep_its_name_and_are_found_by_it(admin, brand):
    answer = upload(admin, brand, {"front.png": 1, "back.png": 2}, folder="/bag/Brown/")
    taken = [each["reference"]["external_id"] for each in answer.json["taken"]]
    assert taken == ["bag/Brown/front.png", "bag/Brown/back.png"]
    other = upload(admin, brand, {"front.png": 3}, folder="shoe").json["taken"]
    assert [each["outcome"] for each in other] == ["added"]
    found = names(admin, f"{brand}/references?q=BROWN", "external_id")
    assert found == set(taken)
    assert names(admin, f"{brand}/references?q=fron_", "external_id") == set()


def test_a_name_is_whole_or_in_a_folder(admin, brand):
    answer = upload(admin, brand, {"a.png": 1}, folder="x", external_id="y")
    assert "folder" in require_problem(answer, 422, "invalid_request")["detail"]


def test_a_name_that_is_too_long_keeps_no_other_picture_out(admin, brand):
    named = {"a" * 200 + ".png": 9, "short.png": 10}
    answer = upload(admin, brand, named, folder="b" * 100).json
    assert [each["file_name"] for each in answer["taken"]] == ["short.png"]
    (refused,) = answer["refused"]
    assert "255" in refused["detail"]
    assert "shorter" in refused["remedy"]


def test_a_catalogue_is_counted(admin):
    place = f"/v1/brands/{post(admin, '/v1/brands', {'name': 'Counted'})['id']}"
    for name in ("P1", "P2"):
        post(admin, f"{place}/products", {"product_id": name, "title": "Shoe"})
    answer = upload(admin, place, {"a.png": 4, "b.png": 5}, product_id="P1").json
    first, second = (each["reference"]["id"] for each in answer["taken"])
    disabled = json.dumps({"state": "disabled"}).encode()
    admin.send("PATCH", f"{place}/references/{second}", disabled, JSON)
    assert admin.send("GET", f"{place}/catalogue-counts").json == {
        "num_products": 2,
        "num_products_without_picture": 1,
        "num_active_references": 1,
        "num_disabled_references": 1,
        "num_expired_references": 0,
    }
    shown = {
        item["product_id"]: (item["num_references"], item["reference_id"])
        for item in admin.send("GET", f"{place}/products").json["items"]
    }
    assert shown == {"P1": (2, min(first, second)), "P2": (0, None)}


def imported(client: Client, brand: str, table: str) -> Any:
    body, kind = form([("file", table.encode())])
    answer = client.send("POST", f"{brand}/imports", body, {"Content-Type": kind})
    assert answer.status == 202, answer.body
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = client.send("GET", answer.headers["location"]).json
        if found["state"] not in ("queued", "running"):
            return found
        time.sleep(0.05)
    raise TimeoutError(answer.headers["location"])


def test_a_table_finds_the_pictures_that_were_uploaded_before_it(admin, brand):
    upload(admin, brand, {"a.png": 6, "b.png": 7}, folder="spring/pictures")
    upload(admin, brand, {"b.png": 8}, folder="autumn/pictures")
    done = imported(
        admin,
        brand,
        "product_id,title,image_paths\n"
        "S1,Whole name,spring/pictures/a.png\n"
        "S2,Less the first folder,pictures/a.png\n"
        "S3,Two folders have it,pictures/b.png\n"
        "S4,Only the end of it,a.png\n"
        "S5,An address is another thing,https://shop.example/pictures/a.png\n",
    )
    problems = admin.send("GET", f"{brand}/imports/{done['id']}/problems").json
    rows = {each["row"]: each["code"] for each in problems["items"]}
    assert set(rows) == {4, 5, 6}, problems
    assert rows[4] == rows[5] == "unknown_picture"
    shown = admin.send("GET", f"{brand}/references?product_id=S2").json["items"]
    assert [each["external_id"] for each in shown] == ["spring/pictures/a.png"]
    assert shown[0]["product_ids"] == ["S1", "S2"]


def test_the_newest_come_first_where_that_is_asked_for(admin, brand):
    ids = [
        imported(admin, brand, f"product_id,title,image_paths\nN{i},New,x.png\n")["id"]
        for i in range(3)
    ]
    seen: list[str] = []
    path = f"{brand}/imports?newest_first=true&limit=1"
    while len(seen) < 3:
        answer = admin.send("GET", path)
        seen += [item["id"] for item in answer.json["items"]]
        path = answer.headers["link"].partition(">")[0].removeprefix("<")
    assert seen == ids[::-1]
    checks = [post(admin, f"{brand}/health", {"sample": 0})["id"] for _ in range(2)]
    found = admin.send("GET", f"{brand}/health?newest_first=true").json["items"]
    assert [item["id"] for item in found] == checks[::-1]
