import base64
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser import axe, sign_in, url
from tests.detector.api.reviewers import serving_office
from tests.live_service import add_references, draw_catalogue, picture

SEND = """([event, name, data]) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name));
  const made = event === "paste"
    ? new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true })
    : new DragEvent("drop", { dataTransfer: transfer, bubbles: true });
  document.body.dispatchEvent(made);
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("try") / "data"


@pytest.fixture(scope="module")
def office(folder):
    with serving_office(folder) as office:
        add_references(folder, draw_catalogue(folder.parent / "pictures", range(3)))
        yield office


@pytest.fixture
def page(context, office):
    page = sign_in(context, office.clients["ann"])
    page.goto(url(office.clients["ann"], "/try"))
    axe(page)
    return page


def send(page: Page, event: str, name: str, data: bytes) -> None:
    page.evaluate(SEND, [event, name, base64.b64encode(data).decode()])


def files_of(folder: Path) -> dict[Path, int]:
    return {
        path: path.stat().st_size
        for path in (folder / "blobs").rglob("*")
        if path.is_file()
    }


def test_a_chosen_picture_is_compared_at_once_and_not_kept(page, folder):
    before = files_of(folder)
    file: FilePayload = {
        "name": "<b>1</b>.png",
        "mimeType": "image/png",
        "buffer": picture(1),
    }
    page.locator("#file").set_input_files(file)
    result = page.get_by_role("region", name="Result")
    expect(result.get_by_role("heading", name="Likely copy")).to_be_visible()
    card = result.get_by_role("article").first
    expect(card.get_by_role("heading")).to_have_text("1.png")
    expect(card.get_by_role("img", name="Evidence")).to_be_visible()
    assert card.get_by_role("img").evaluate("(image) => image.naturalWidth") > 300
    expect(page.locator("#drop-title")).to_have_text("<b>1</b>.png")
    axe(page)
    assert before
    assert files_of(folder) == before


@pytest.mark.parametrize("event", ["paste", "drop"])
def test_a_picture_comes_by_other_ways_too(page, event):
    send(page, event, "other.png", picture(99))
    result = page.get_by_role("region", name="Result")
    expect(result.get_by_role("heading", name="No match")).to_be_visible()
    send(page, event, "known.png", picture(2))
    expect(result.get_by_role("heading", name="Likely copy")).to_be_visible()


def test_what_is_no_picture_is_told_with_what_to_do(page, expected_errors):
    expected_errors.append("status of 422")
    send(page, "drop", "<img src=x onerror=alert(1)>.png", b"no picture")
    told = page.locator(".verdict.problem")
    expect(told).to_contain_text("format")
    axe(page)


def test_the_page_can_be_used_in_the_dark_and_on_a_tablet(open_context, office):
    small = {"width": 820, "height": 1180}
    context = open_context(color_scheme="dark", viewport=small)
    page = sign_in(context, office.clients["ann"])
    page.goto(url(office.clients["ann"], "/try"))
    send(page, "paste", "", picture(1))
    expect(page.get_by_role("heading", name="Likely copy")).to_be_visible()
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 820


def test_brands_are_told_that_it_is_not_for_them(context, office):
    page = sign_in(context, office.clients["acme"])
    page.goto(url(office.clients["acme"], "/try"))
    expect(page.get_by_text("which your role does not see")).to_be_visible()
    expect(page.locator("#file")).to_have_count(0)
