"""The browser's own rules: what a page does wrong is told."""

import pytest
from playwright.sync_api import Error

from tests.browser import axe, url
from tests.live_service import serving


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("browser") / "data") as client:
        yield client


def test_the_page_to_sign_in_is_in_order(context, service):
    page = context.new_page()
    page.goto(url(service, "/sign-in"))
    assert page.get_by_role("heading", level=1).inner_text() == "Sign in"
    axe(page)


def test_what_a_page_does_wrong_is_told(context, service, expected_errors):
    page = context.new_page()
    page.goto(url(service, "/sign-in"))
    expected_errors += [
        "another host: https://else.example/x",
        "Content Security Policy",
        "script: ours",
        "dialog: ours",
        "status of 401",
    ]
    page.evaluate("fetch('https://else.example/y').catch(() => null)")
    page.evaluate("fetch('/v1/nothing')")
    page.evaluate("setTimeout(() => { throw new Error('ours'); })")
    page.evaluate("alert('ours')")
    with pytest.raises(Error):
        page.goto("https://else.example/x")


def test_axe_finds_a_picture_without_words(context, service):
    page = context.new_page()
    page.goto(url(service, "/sign-in"))
    page.evaluate("document.querySelector('main').append(new Image())")
    page.evaluate("document.querySelector('main img').src = '/static/icon.svg'")
    with pytest.raises(AssertionError, match="image-alt"):
        axe(page)
