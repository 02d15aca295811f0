"""The evidence picture: its outline, what it paints as different, its size."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from detector.matching import evidence
from detector.matching.compare import compare
from detector.matching.comparison import AlignedPair, align
from detector.matching.evidence import draw_difference, draw_evidence
from detector.matching.match import Match
from tests.detector.matching.products import SCORING, decoded, draw_product, white

PAGE = (900, 700)
AT, PX = (150, 60), 420
STICKER = (230, 160, 330, 260)


def page_with(image: Image.Image) -> Image.Image:
    page = Image.new("RGB", PAGE, (236, 232, 224))
    page.paste(image.resize((PX, PX), Image.Resampling.LANCZOS), AT)
    return page


def matched(query: Image.Image, reference: Image.Image) -> Match:
    found = compare(decoded(query), decoded(reference), SCORING)
    assert found is not None
    return found


def drawn(query: Image.Image, reference: Image.Image, match: Match) -> np.ndarray:
    return draw_evidence(
        np.asarray(query), query.size, np.asarray(reference), reference.size, match
    )


def is_ink(image: np.ndarray, ink: tuple[int, int, int]) -> np.ndarray:
    far: np.ndarray = np.abs(image.astype(int) - ink).max(axis=2)
    return far < 24


def aligned(query: Image.Image, reference: Image.Image, match: Match) -> AlignedPair:
    assert match.homography is not None
    pair = align(
        np.asarray(query),
        query.size,
        np.asarray(reference),
        reference.size,
        match.homography,
    )
    assert pair is not None
    return pair


@pytest.fixture(scope="module")
def copy() -> tuple[Image.Image, Image.Image, Match]:
    reference = draw_product("boxes")
    query = page_with(reference)
    return query, reference, matched(query, reference)


def test_it_is_a_picture_with_two_rows_of_panels(copy):
    sheet = drawn(*copy)
    assert sheet.dtype == np.uint8
    assert sheet.shape[2] == 3
    assert sheet.shape[1] > 3 * evidence._PANEL_PX
    assert sheet.shape[0] > 1.7 * evidence._PANEL_PX
    without = drawn(copy[0], copy[1], replace(copy[2], homography=None))
    assert without.shape[0] < sheet.shape[0]
    assert without.shape[1] < sheet.shape[1]


def test_the_same_match_is_drawn_the_same(copy):
    assert np.array_equal(drawn(*copy), drawn(*copy))


def test_the_outline_goes_around_the_region(copy):
    query, _, match = copy
    assert match.query_region is not None
    shown = evidence._outlined(np.asarray(query), query.size, match.query_region)
    ink = is_ink(shown, evidence._OUTLINE)
    scale = shown.shape[1] / PAGE[0]
    left, top = AT[0] * scale, AT[1] * scale
    right, bottom = left + PX * scale, top + PX * scale
    rows, columns = np.nonzero(ink)
    assert columns.min() == pytest.approx(left, abs=5)
    assert columns.max() == pytest.approx(right, abs=5)
    assert rows.min() == pytest.approx(top, abs=5)
    assert rows.max() == pytest.approx(bottom, abs=5)
    # The whole way round: every part of each side carries ink.
    y0, y1, x0, x1 = (round(edge) for edge in (top, bottom, left, right))
    assert ink[y0 - 5 : y0 + 6, x0:x1].any(axis=0).mean() > 0.95
    assert ink[y1 - 5 : y1 + 6, x0:x1].any(axis=0).mean() > 0.95
    assert ink[y0:y1, x0 - 5 : x0 + 6].any(axis=1).mean() > 0.95
    assert ink[y0:y1, x1 - 5 : x1 + 6].any(axis=1).mean() > 0.95
    assert not ink[y0 + 8 : y1 - 8, x0 + 8 : x1 - 8].any()


def test_a_region_beyond_the_picture_is_outlined_at_its_edge():
    beyond = ((-50.0, -50.0), (400.0, -50.0), (400.0, 300.0), (-50.0, 300.0))
    shown = evidence._outlined(np.asarray(white()), (300, 200), beyond)
    ink = is_ink(shown, evidence._OUTLINE)
    for edge in (ink[:5], ink[-5:], ink[:, :5], ink[:, -5:]):
        assert edge.any()
    assert not ink[20:-20, 20:-20].any()


def test_an_untouched_copy_has_no_difference(copy):
    query, reference, match = copy
    pair = aligned(query, reference, match)
    painted = draw_difference(pair)
    assert painted.shape == pair.reference.shape
    assert (np.ptp(painted.astype(int), axis=2) > 30).mean() < 0.003


@pytest.mark.parametrize("is_mirrored", [False, True])
def test_differences_are_painted_where_the_sticker_is(is_mirrored):
    reference = draw_product("boxes")
    covered = reference.copy()
    pen = ImageDraw.Draw(covered)
    pen.rectangle(STICKER, fill=(250, 250, 245))
    for x in range(STICKER[0] + 8, STICKER[2] - 8, 14):
        pen.rectangle((x, STICKER[1] + 8, x + 6, STICKER[3] - 8), fill=(20, 20, 20))
    query = page_with(ImageOps.mirror(covered) if is_mirrored else covered)
    match = matched(query, reference)
    assert match.mirrored == is_mirrored
    pair = aligned(query, reference, match)
    painted = np.ptp(draw_difference(pair).astype(int), axis=2) > 30
    left, top, right, bottom = (round(edge * pair.scale) for edge in STICKER)
    assert painted[top + 3 : bottom - 3, left + 3 : right - 3].mean() > 0.5
    painted[top - 9 : bottom + 9, left - 9 : right + 9] = False
    assert painted.mean() < 0.02


def test_a_tall_thin_picture_is_drawn_too():
    match = replace(
        matched(draw_product("boxes"), draw_product("boxes")),
        homography=None,
        query_region=None,
        reference_region=None,
    )
    for image in (white(1, 2000), white(2000, 1), white(1, 1)):
        assert drawn(image, image, match).shape[2] == 3


def test_pictures_may_be_given_smaller_than_their_originals(copy):
    query, reference, match = copy
    sheet = draw_evidence(
        np.asarray(query.resize((450, 350))),
        query.size,
        np.asarray(reference.resize((240, 240))),
        reference.size,
        match,
    )
    # The same place on the page, up to the blur of the smaller pictures.
    whole = drawn(query, reference, match)
    shape = tuple(min(pair) for pair in zip(sheet.shape, whole.shape, strict=True))
    top_row = evidence._PANEL_PX
    ink0, ink1 = (is_ink(each, evidence._OUTLINE)[:top_row] for each in (sheet, whole))
    width = shape[1]
    assert (ink0[:, :width] & ink1[:, :width]).sum() > 0.5 * ink1[:, :width].sum()
