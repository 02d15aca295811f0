"""A real browser for tests of the console, which tells what pages do wrong."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Request,
    WebError,
    expect,
    sync_playwright,
)

from detector.api.cookies import SESSION_COOKIE
from scripts.chromium import launch
from tests.live_service import Client

OURS = ("http://127.0.0.1:", "data:", "blob:", "about:")
GRAVE = ("serious", "critical")
PATIENCE_MS = 30_000

OpenContext = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run a browser for a module; an event loop runs in this thread meanwhile."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def expected_errors() -> list[str]:
    """Say here which faults a test provokes, in words of each; they have to come.

    A refused write, for one, is told in the browser's console as `status of 409`.
    """
    return []


@pytest.fixture
def open_context(browser, expected_errors: list[str]) -> Iterator[OpenContext]:
    """Open contexts, each a person's own browser; afterwards hold them to the rules.

    No request to another host, no error or breach of the content policy in the
    console, no exception in a script, no dialog.
    """
    faults: list[str] = []
    opened: list[BrowserContext] = []

    def open(**options: Any) -> BrowserContext:
        given = {"locale": "en-GB", "timezone_id": "Europe/Berlin", **options}
        given.setdefault("viewport", {"width": 1280, "height": 900})
        context: BrowserContext = browser.new_context(**given)
        context.set_default_timeout(PATIENCE_MS)
        _watch(context, faults)
        opened.append(context)
        return context

    yield open
    for context in opened:
        context.close()
    for expected in expected_errors:
        assert any(expected in fault for fault in faults), (expected, faults)
    unexpected = [
        fault
        for fault in faults
        if not any(expected in fault for expected in expected_errors)
    ]
    assert unexpected == []


@pytest.fixture
def context(open_context: OpenContext) -> BrowserContext:
    """Open one person's browser."""
    return open_context()


def _watch(context: BrowserContext, faults: list[str]) -> None:
    def on_request(request: Request) -> None:
        if not request.url.startswith(OURS):
            faults.append(f"request to another host: {request.url}")

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            faults.append(f"console: {message.text} ({message.location['url']})")

    def on_script_error(error: WebError) -> None:
        faults.append(f"script: {error.error}")

    def on_dialog(dialog: Dialog) -> None:
        faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    context.on("request", on_request)
    context.on("console", on_console)
    context.on("weberror", on_script_error)
    context.on("dialog", on_dialog)


def sign_in(context: BrowserContext, client: Client) -> Page:
    """Give a context the session of an Office's client; return a page of it."""
    if client.key is None:
        raise ValueError("The client has no session")
    context.add_cookies(
        [{"name": SESSION_COOKIE, "value": client.key, "url": url(client, "/")}]
    )
    return context.new_page()


def url(client: Client, path: str) -> str:
    """Name a path of a client's service in full."""
    return f"http://127.0.0.1:{client.port}{path}"


def axe(page: Page) -> None:
    """Hold a page as it stands to what axe-core calls serious or critical."""
    found = Axe().run(page).response["violations"]
    grave = [
        f"{each['id']}: {each['help']}: {node['html']} ({node['failureSummary']})"
        for each in found
        if each["impact"] in GRAVE
        for node in each["nodes"]
    ]
    assert grave == [], page.url
