"""The pictures of a case, in a browser: zoomed alike, laid over, by keys alone."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from detector.access.grants import Grant
from detector.access.roles import Role
from detector.access.sessions import log_in
from detector.access.users import create_user
from detector.matching.geometry import project
from tests.browser import OpenContext, axe, sign_in, url
from tests.detector.api.people import PASSWORD
from tests.detector.api.reviewers import Office
from tests.detector.console.review.seeded import serving_queue
from tests.live_service import Client

LOADED = """selector => [...document.querySelectorAll(selector)]
    .every(image => image.naturalWidth > 0)"""
PLACED = """async ([homography, reference, picture, points]) => {
    const { Placing } = await import("/static/review/placing.js");
    const placing = new Placing(homography, reference, picture);
    const there = points.map((point) => placing.forward(point));
    const back = there.map((point) => placing.backward(point));
    return [there, back, points.map((point) => placing.enlargement(point))];
}"""


@pytest.fixture(scope="module")
def queue(tmp_path_factory) -> Iterator[Office]:
    with serving_queue(tmp_path_factory.mktemp("queue") / "data", 9) as office:
        yield office


def opened(context: BrowserContext, office: Office) -> Page:
    """Open the page of a case whose listing was really scanned."""
    case = office.read("ann", "/cases?marketplace_id=shop")["items"][0]
    page = sign_in(context, office.clients["ann"])
    page.goto(url(office.clients["ann"], f"/cases/{case['case_id']}"))
    page.wait_for_function(LOADED, arg="img.base")
    return page


def of_marketplace(office: Office) -> Client:
    """Log somebody of a marketplace in."""
    database, email = office.cases.database, "mia@people.example"
    grant = Grant(Role.MARKETPLACE, marketplace="market")
    create_user(database, grant, email=email, password=PASSWORD, name="Mia")
    key, _ = log_in(database, email, PASSWORD)
    return Client(office.clients["ann"].port, key)


def scale(page: Page) -> float:
    return float(page.locator("#viewer").get_attribute("data-scale") or "nan")


def views(page: Page) -> list[list[float]]:
    """Read how both pictures are moved: x and y in percent, and scale."""
    layers = page.locator("#viewer .layer")
    styles = [layer.get_attribute("style") or "" for layer in layers.all()]
    found = [
        re.search(r"translate\((.+?)%, (.+?)%\) scale\((.+?)\)", style)
        for style in styles
    ]
    return [[float(number) for number in each.groups()] for each in found if each]


def test_both_pictures_show_the_same_part(context, queue):
    page = opened(context, queue)
    assert views(page) == [[0, 0, 1], [0, 0, 1]]
    for _ in range(3):
        page.keyboard.press("+")
    assert scale(page) == pytest.approx(1.4**3, abs=0.01)
    stage = page.locator("[data-side=picture] .stage")
    box = stage.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    before, _ = views(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y + 25, steps=4)
    page.mouse.up()
    picture, reference = views(page)
    moved = 100 * 40 / box["width"]
    assert picture[0] - before[0] == pytest.approx(moved, abs=0.5)
    # The whole reference is on the picture, so that both show the same shares.
    assert reference == pytest.approx(picture, abs=3)
    page.locator("[data-side=reference] .stage").focus()
    page.keyboard.press("Shift+ArrowLeft")
    assert views(page)[0][0] - picture[0] == pytest.approx(10, abs=1)
    page.mouse.wheel(0, -100)
    page.wait_for_function("scale => Number(viewer.dataset.scale) > scale", arg=3)
    page.keyboard.press("=")
    assert views(page) == [[0, 0, 1], [0, 0, 1]]


def test_the_reference_slides_and_blinks_over_the_picture(context, queue):
    page = opened(context, queue)
    over, slide = page.locator("#viewer .over"), page.locator(".slide input")
    expect(over).to_be_hidden()
    page.keyboard.press("w")
    expect(slide).to_be_visible()
    page.wait_for_function(LOADED, arg="img.over")
    half = over.get_attribute("style")
    slide.focus()
    shown = page.locator("[data-caption=reference]").inner_text()
    page.keyboard.press("ArrowRight")
    assert slide.input_value() == "51", "the arrow slides"
    assert page.locator("[data-caption=reference]").inner_text() == shown
    assert over.get_attribute("style") != half
    page.keyboard.press("x")
    expect(page.locator("button[data-mode=blink]")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(over).to_be_hidden()
    expect(over).to_be_visible()
    page.keyboard.press("f")
    expect(page.locator("#viewer .legend")).to_be_visible()
    assert "view=difference" in (over.get_attribute("src") or "")
    outline = page.locator("[data-side=picture] polygon.line")
    assert len((outline.get_attribute("points") or "").split()) == 4
    page.keyboard.press("o")
    expect(outline).to_be_hidden()
    page.keyboard.press("v")
    expect(over).to_be_hidden()


def test_what_cannot_be_drawn_is_said(context, queue, expected_errors):
    expected_errors.append("net::ERR_FAILED")
    page = opened(context, queue)
    page.route("**/overlay?*", lambda route: route.abort())
    page.keyboard.press("f")
    expect(page.locator("#news")).to_contain_text("could not be drawn")
    expect(page.locator("button[data-mode=side]")).to_have_attribute(
        "aria-pressed", "true"
    )


def test_who_reads_no_catalogue_sees_references_only_over_pictures(context, queue):
    """The browser's own rules hold that no picture of the page is refused."""
    case = queue.read("market", "/cases?limit=1")["items"][0]
    mia = of_marketplace(queue)
    page = sign_in(context, mia)
    page.goto(url(mia, f"/cases/{case['case_id']}"))
    expect(page.locator("[data-side=reference] .gone")).to_be_visible()
    page.keyboard.press("x")
    page.wait_for_function(LOADED, arg="img.over")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_accessible(open_context: OpenContext, queue, scheme):
    page = opened(open_context(color_scheme=scheme), queue)
    axe(page)
    page.keyboard.press("w")
    axe(page)


@pytest.mark.parametrize(
    "homography",
    [
        [[0.4, 0.0, 500.0], [0.0, 0.4, 30.0], [0.0, 0.0, 1.0]],
        [[-0.9, 0.1, 880.0], [0.12, 0.8, 20.0], [0.0, 0.0, 1.0]],
        [[0.7, -0.2, 150.0], [0.1, 0.6, 80.0], [0.0003, -0.0002, 1.0]],
    ],
    ids=["in a corner", "mirrored", "in perspective"],
)
def test_points_of_a_reference_are_found_on_the_picture(context, queue, homography):
    reference, picture = {"width": 800, "height": 760}, {"width": 1080, "height": 700}
    rng = np.random.default_rng(0)
    points = rng.uniform(0.1, 0.9, (5, 2))
    given: list[Any] = [homography, reference, picture, points.tolist()]
    there, back, larger = anywhere(context, queue).evaluate(PLACED, given)
    sizes = np.array([[800, 760]]), np.array([[1080, 700]])
    expected = project(np.array(homography), points * sizes[0]) / sizes[1]
    assert np.array(there) == pytest.approx(expected, abs=1e-9)
    assert np.array(back) == pytest.approx(points, abs=1e-9)
    step = np.array([[0.5, 0.0], [0.0, 0.5]])
    for point, found in zip(points * sizes[0], larger, strict=True):
        ends = project(np.array(homography), np.vstack([point, point + step]))
        area = abs(np.linalg.det(ends[1:] - ends[0])) / 0.25
        # Pixels of the picture per pixel of the reference, drawn as wide as it.
        assert found == pytest.approx(np.sqrt(area) * 800 / 1080, rel=2e-3)


def anywhere(context: BrowserContext, office: Office) -> Page:
    """Open a page of the console, whose scripts can be imported."""
    page = sign_in(context, office.clients["ann"])
    page.goto(url(office.clients["ann"], "/review"))
    return page
