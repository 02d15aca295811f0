"""Files with ill intent: refused whole or in part, and what is good in them is kept."""

import csv
import http.server
import io
import json
import threading

import pytest

from detector.catalogue.imports import MAX_OPEN
from tests.detector.api import hostile_files as files
from tests.detector.api.hostile_files import GOOD
from tests.detector.api.hostile_requests import END, FORM, JSON, part
from tests.detector.api.hostile_uploads import UPLOADS, links
from tests.detector.api.people import made, with_key
from tests.detector.api.tenants import (
    send_files,
    serving_tenants,
    unharmed,
    wait_for,
)
from tests.live_service import require_problem


@pytest.fixture(scope="module")
def redirector():
    """A web server, on an allowed host, that sends everybody elsewhere."""

    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/latest/meta-data/")
            self.end_headers()

        def log_message(self, *args):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def tenants(tmp_path_factory, redirector):
    """A service with low limits, which fetches pictures from one host."""
    with serving_tenants(
        tmp_path_factory.mktemp("service") / "data",
        max_image_bytes=300_000,
        max_upload_bytes=12_000_000,
        image_hosts=f"127.0.0.1:{redirector}",
    ) as tenants:
        yield tenants


@pytest.fixture(autouse=True)
def check_that_nothing_was_harmed(tenants):
    with unharmed(tenants):
        yield


@pytest.mark.parametrize("name", UPLOADS)
def test_a_hostile_file_harms_no_good_row(tenants, name):
    given = UPLOADS[name]
    brand = made(tenants.admin, "/v1/brands", {"name": f"Victim of {name}"})["id"]
    caller = with_key(tenants.admin, role="brand_agent", brand_id=brand)
    at = f"/v1/brands/{brand}"
    sent = [("file", "catalogue", given.file)]
    answer = send_files(caller, f"{at}/imports?format={given.format}", sent)
    assert answer.status == 202, answer.body
    done = wait_for(caller, answer.headers["location"])
    listed = caller.send("GET", f"{at}/imports/{done['id']}/problems?limit=200")
    assert {problem["code"] for problem in listed.json["items"]} == given.codes
    assert all(problem["remedy"] for problem in listed.json["items"])
    if given.failure:
        assert done["state"] == "failed"
        assert given.failure in done["error"]
    else:
        assert done["state"] == "done"
    kept = caller.send("GET", f"{at}/references").json["items"]
    assert len(kept) == given.num_good
    for secret in ("root:", "instance-id", "Traceback", str(tenants.data_dir)):
        assert secret not in listed.body.decode() + json.dumps(done)


def test_no_redirect_leads_from_an_allowed_host_into_the_network(tenants, redirector):
    rows = links(f"http://127.0.0.1:{redirector}/a.png")
    brand = made(tenants.admin, "/v1/brands", {"name": "Redirected"})["id"]
    at = f"/v1/brands/{brand}"
    answer = send_files(tenants.admin, f"{at}/imports", [("file", "a.zip", rows)])
    wait_for(tenants.admin, answer.headers["location"])
    listed = tenants.admin.send("GET", f"{answer.headers['location']}/problems")
    (problem,) = listed.json["items"]
    assert problem["code"] == "image_host_not_allowed"
    assert len(tenants.admin.send("GET", f"{at}/references").json["items"]) == 1


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "=cmd|'/c'!A1"]
)
def test_no_download_holds_a_formula(tenants, cell):
    brand = made(tenants.admin, "/v1/brands", {"name": f"Formula {cell!r}"})["id"]
    at = f"/v1/brands/{brand}"
    rows = f'id,title,image_link\n"{cell}",{"x" * 11_000},x.png\n'.encode()
    answer = send_files(tenants.admin, f"{at}/imports", [("file", cell, rows)])
    wait_for(tenants.admin, answer.headers["location"])
    right = json.dumps({"right_id": "1", "type": "copyright", "owner": cell}).encode()
    seller = {"marketplace": "m", "seller_id": "1", "relation": "reseller"}
    seller |= {"evidence_ref": cell}
    tenants.admin.send("POST", f"{at}/rights", right, JSON)
    tenants.admin.send(
        "POST", f"{at}/authorized-sellers", json.dumps(seller).encode(), JSON
    )
    for path in (
        f"{answer.headers['location']}/problems.csv",
        f"{at}/rights/file",
        f"{at}/authorized-sellers/file",
    ):
        download = tenants.admin.send("GET", path)
        assert download.status == 200
        for row in csv.reader(io.StringIO(download.body.decode("utf-8-sig"))):
            assert not [value for value in row if value[:1] in set("=+-@\t\r")]


PICTURES = {
    "a PNG bomb": (files.png_bomb(), "image_too_large"),
    "a JPEG bomb": (files.jpeg_bomb(), "unreadable_image"),
    "a large file": (bytes(310_000), "image_too_large"),
    "no picture": (b"<svg onload=alert(1)>", "unreadable_image"),
    "half a picture": (GOOD[:900], "unreadable_image"),
    "nothing": (b"", "unreadable_image"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_hostile_picture_is_refused_and_the_good_one_taken(tenants, name):
    data, code = PICTURES[name]
    brand = made(tenants.admin, "/v1/brands", {"name": f"Victim of {name}"})["id"]
    at = f"/v1/brands/{brand}/references"
    sent = [("image", f"bad\r\nSet-Cookie: a=b\0{name}", data), ("image", "g", GOOD)]
    body = b"".join(
        part(field, each, file_name=file.replace("\r\n", "%0d%0a"))
        for field, file, each in sent
    )
    answer = tenants.admin.send("POST", at, body + END, FORM)
    assert answer.status == 200
    (refused,) = answer.json["refused"]
    assert refused["code"] == code
    assert "set-cookie" not in answer.headers
    assert len(answer.json["taken"]) == 1


def test_nobody_fills_the_queue_that_all_share(tenants):
    brand = made(tenants.admin, "/v1/brands", {"name": "Busy"})["id"]
    at = f"/v1/brands/{brand}"
    rows = "".join(f"{i},A shoe,x.png\n" for i in range(20_000))
    sent = [("file", "a.csv", f"id,title,image_link\n{rows}".encode())]
    answers = [
        send_files(tenants.admin, f"{at}/imports", sent) for _ in range(MAX_OPEN + 1)
    ]
    assert [answer.status for answer in answers[:-1]] == [202] * MAX_OPEN
    require_problem(answers[-1], 409, "conflict")
    other = send_files(
        tenants.admin, f"/v1/brands/{tenants.acme.brand_id}/imports", [*sent]
    )
    assert other.status == 202
    for answer in [other, *answers[:-1]]:
        path = f"{answer.headers['location']}/cancel"
        assert tenants.admin.send("POST", path).status == 200
    for answer in [other, *answers[:-1]]:
        wait_for(tenants.admin, answer.headers["location"])
