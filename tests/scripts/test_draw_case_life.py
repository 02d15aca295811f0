"""The page about the life of a case says what the table says."""

import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from detector.review.clocks.regimes import REGIMES
from detector.review.workflow import WORKFLOW
from scripts.draw_case_life import (
    BOX_PX,
    DOCS,
    NEW,
    PICTURE,
    PLACES,
    ROUTES,
    draw_svg,
    write_page,
)

SVG = "{http://www.w3.org/2000/svg}"
REMEDY = "run: python -m scripts.draw_case_life"


def test_page_and_picture_are_up_to_date():
    page = (DOCS / "case-life.md").read_text(encoding="utf-8")
    assert page == write_page(WORKFLOW), REMEDY
    picture = (DOCS / PICTURE).read_text(encoding="utf-8")
    assert picture == draw_svg(WORKFLOW), REMEDY


def test_the_page_has_every_step_and_every_regime():
    lines = write_page(WORKFLOW).splitlines()
    for row in WORKFLOW.transitions:
        (line,) = (each for each in lines if each.startswith(f"| {row.number} |"))
        assert row.says in line
        assert f"`{row.event}`" in line
    for name in REGIMES:
        assert any(each.startswith(f"| `{name}` |") for each in lines)


def test_every_event_can_be_read_in_the_picture():
    texts = ET.fromstring(draw_svg(WORKFLOW)).iter(f"{SVG}text")
    words = {word.strip(",:") for text in texts for word in (text.text or "").split()}
    assert {row.event for row in WORKFLOW.transitions} <= words
    assert set(WORKFLOW.states) <= words


def test_what_a_state_says_fits_into_its_box():
    svg = ET.fromstring(draw_svg(WORKFLOW))
    boxes = {
        (int(rect.get("x", 0)), int(rect.get("y", 0))): int(rect.get("height", 0))
        for rect in svg.iter(f"{SVG}rect")
    }
    spans = [(at.x, at.y, at.y + boxes[at.x, at.y]) for at in PLACES.values()]
    lines = [text for text in svg.iter(f"{SVG}text") if text.get("font-size") == "10"]
    assert len(lines) > len(PLACES)
    for line in lines:
        x, y = int(line.get("x", 0)), int(line.get("y", 0))
        assert any(left < x <= left + 8 and top < y < end for left, top, end in spans)


@pytest.mark.parametrize(("source", "target"), ROUTES)
def test_arrows_join_what_a_step_joins(source, target):
    leads = [
        row
        for row in WORKFLOW.transitions
        if row.state == target
        and source in {each.partition(":")[0] for each in row.sources or (NEW,)}
    ]
    assert leads
    corners = ROUTES[source, target].corners
    ends = [(target, corners[-1])] + ([(source, corners[0])] if source else [])
    for state, (x, y) in ends:
        place = PLACES[state]
        assert place.x <= x <= place.x + place.width
        assert place.y <= y <= place.y + BOX_PX[1]
    for (x, y), (to_x, to_y) in pairwise(corners):
        assert x == to_x or y == to_y
