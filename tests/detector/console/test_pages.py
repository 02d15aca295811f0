import re

import pytest

from detector.console.pages import FOLDER
from tests.live_service import serving


@pytest.fixture(scope="module")
def visitor(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("console") / "data") as client:
        yield client


def test_the_start_page_needs_no_key_and_allows_nothing_from_elsewhere(visitor):
    answer = visitor.send("GET", "/")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    page = answer.body.decode()
    assert "never by itself a verdict" in " ".join(page.split())
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page)
    assert not re.search(r"\son\w+=|<style|\sstyle=|<script>", page)
    assert visitor.send("HEAD", "/").status == 200


def test_everything_that_the_page_links_to_is_served(visitor):
    page = visitor.send("GET", "/").body.decode()
    links = set(re.findall(r"(?:src|href)=\"(/[^\"]*)\"", page))
    assert len(links) >= 4
    for link in links:
        assert visitor.send("GET", link).status == 200, link


def test_every_element_that_the_script_looks_for_is_on_the_page():
    page = (FOLDER / "templates" / "start.html").read_text()
    script = (FOLDER / "static" / "start.js").read_text()
    wanted = set(re.findall(r"byId\(\"([^\"]+)\"\)", script))
    assert len(wanted) > 5
    assert wanted <= set(re.findall(r"\bid=\"([^\"]+)\"", page))
    assert "innerHTML" not in script


def test_every_field_has_a_label():
    page = (FOLDER / "templates" / "start.html").read_text()
    for field in re.findall(r"<input id=\"([^\"]+)\"", page):
        assert f'for="{field}"' in page


def test_no_field_can_end_up_in_an_address():
    page = (FOLDER / "templates" / "start.html").read_text()
    assert "<input" in page
    assert not re.search(r"<input[^>]*\sname=", page)
