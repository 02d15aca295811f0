import base64
import io
import re
from hashlib import sha256
from html.parser import HTMLParser

import numpy as np
from PIL import Image

from detector.listings.report import HtmlReport
from detector.listings.report_pictures import outlined
from detector.listings.scan import ScannedImage
from detector.matching.match import Verdict
from tests.listing_results import SQUARE, flagged, unflagged, unreadable

VOID = {"meta", "img", "br", "link", "input", "hr"}


class Page(HTMLParser):
    """Reads a page: its tags with attributes, its text, and whether tags match."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] not in (["style"], ["script"]):
            self.words.append(data)


def report(*results: ScannedImage) -> str:
    file = io.StringIO()
    writer = HtmlReport(file)
    for result in results:
        writer.add(result)
    writer.finish()
    return file.getvalue()


def test_the_report_needs_nothing_from_elsewhere():
    html = report(flagged(), unflagged(), unreadable())
    page = Page(html)
    assert not re.search(r"https?:|//[a-z]|@import|url\(", html)
    for tag, attributes in page.tags:
        assert tag not in {"link", "iframe", "object", "base"}
        assert (
            attributes.get("src", "data:").startswith("data:image/webp;base64,")
            or (tag == "script" and "src" not in attributes)
            or "src" not in attributes
        )
    pictures = [a["src"] for tag, a in page.tags if tag == "img"]
    assert len(pictures) == 3
    for source in pictures:
        data = base64.b64decode(source.partition(",")[2])
        assert Image.open(io.BytesIO(data)).size == (30, 20)


def test_only_our_own_script_may_run():
    html = report(flagged())
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    digest = base64.b64encode(sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in html
    assert html.count("<script") == 1
    assert not re.search(r"<[^>]*\son\w+=", html)


def test_names_cannot_become_markup():
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>.png"
    html = report(flagged(evil), unflagged(evil), unreadable(evil))
    page = Page(html)
    assert page.text.count(evil) == 3
    assert sum(tag == "script" for tag, _ in page.tags) == 1
    assert all("onerror" not in attributes for _, attributes in page.tags)


def test_the_report_counts_and_says_what_it_is_not():
    review = flagged("r.png", Verdict.REVIEW)
    text = Page(report(flagged(), review, unflagged(), unreadable())).text
    assert "4 pictures scanned 1 likely copies 1 to review 1 no match 1 unread" in text
    assert "A similar picture is never by itself a verdict" in text
    assert "counterfeit" not in text


def test_cards_come_by_verdict_then_similarity():
    html = report(
        flagged("low.png", similarities=(0.7,)),
        flagged("asks.png", Verdict.REVIEW, similarities=(0.99,)),
        flagged("high.png", similarities=(0.8,)),
    )
    names = re.findall(r'class="name">([^<]+)', html)
    assert names == ["high.png", "low.png", "asks.png"]


def test_a_card_tells_what_was_measured_and_lists_weaker_candidates():
    text = Page(report(flagged(similarities=(0.912, 0.4)))).text
    assert "the same photo, edited, mirrored" in text
    assert "Similarity 0.912" in text
    assert "Agreeing points 74" in text
    assert "81 % is shown" in text
    assert "1 weaker candidate" in text
    assert "ref_1.png Acme the same photo, edited 0.400" in text
    assert "Likelihood" not in text


def test_nothing_flagged_and_nothing_scanned_are_said():
    assert "No picture resembles a reference" in Page(report(unflagged())).text
    assert "0 pictures scanned" in Page(report()).text


def test_a_region_is_outlined_where_it_lies():
    pixels = np.full((300, 400, 3), 255, np.uint8)
    # The original is twice as large as the pixels at hand.
    region = ((200.0, 200.0), (600.0, 200.0), (600.0, 400.0), (200.0, 400.0))
    drawn = Image.open(io.BytesIO(outlined(pixels, 800, region))).convert("RGB")
    assert drawn.size == (360, 270)
    is_marked = np.asarray(drawn)[:, :, 1] < 160
    rows, columns = np.flatnonzero(is_marked.any(1)), np.flatnonzero(is_marked.any(0))
    assert np.allclose([rows[0], rows[-1]], [90, 180], atol=3)
    assert np.allclose([columns[0], columns[-1]], [90, 270], atol=3)
    assert not is_marked[110:160, 110:250].any()


def test_a_region_that_leaves_the_picture_and_none_at_all_are_drawn():
    pixels = np.full((30, 40, 3), 255, np.uint8)
    far = ((-500.0, -9.0), (900.0, 0.0), (40.0, 800.0), (0.0, 30.0))
    for region in (far, SQUARE, None):
        assert Image.open(io.BytesIO(outlined(pixels, 40, region))).size == (40, 30)
