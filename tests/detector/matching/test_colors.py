"""Colours: a change of the whole picture is taken off, a product's own is not."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from detector.matching.colors import color_residuals, compare_colors
from tests.detector.matching.products import draw_product

SIDE = 128


def photo() -> Image.Image:
    """A red and a blue product on gray, with shading and marks."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    plane = np.repeat((200 + 30 * y)[..., None], 3, axis=2)
    shade = 0.7 + 0.5 * x[..., None]
    plane[20:100, 16:60] = ((170, 40, 36) * shade)[20:100, 16:60]
    plane[30:110, 70:112] = ((40, 70, 160) * shade)[30:110, 70:112]
    for _ in range(12):
        left, top = rng.integers(10, 110, 2)
        plane[top : top + 5, left : left + 9] = rng.integers(0, 256)
    return Image.fromarray(np.clip(plane, 0, 255).astype(np.uint8))


def repaint(image: Image.Image, box: tuple[int, int, int, int], turn: int):
    """Turn the hue inside a box by so many of 256 steps."""
    out = image.copy()
    part = np.array(out.crop(box).convert("HSV"))
    part[..., 0] += np.uint8(turn)
    out.paste(Image.fromarray(part, "HSV").convert("RGB"), box[:2])
    return out


def warmed(image: Image.Image, share: float) -> Image.Image:
    plane = np.asarray(image) * np.array([1 + share, 1, 1 - share])
    return Image.fromarray(np.clip(plane, 0, 255).astype(np.uint8))


FILTERS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "darker": lambda i: ImageEnhance.Brightness(i).enhance(0.75),
    "lighter": lambda i: ImageEnhance.Brightness(i).enhance(1.1),
    "flatter": lambda i: ImageEnhance.Contrast(i).enhance(0.7),
    "paler": lambda i: ImageEnhance.Color(i).enhance(0.5),
    "warmer": lambda i: warmed(i, 0.06),
    "cooler": lambda i: warmed(i, -0.06),
}
RED, BLUE = (16, 20, 60, 100), (70, 30, 112, 110)
EVERYWHERE = np.ones((SIDE, SIDE), bool)


def compared(query: Image.Image, reference: Image.Image, mask=EVERYWHERE):
    return compare_colors(np.asarray(query), np.asarray(reference), mask)


def test_a_picture_does_not_differ_from_itself():
    found = compared(photo(), photo())
    assert (found.shift, found.hue_turn) == (0.0, 0.0)
    assert found.residual < 1e-3


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_of_the_whole_picture_leaves_little(name):
    found = compared(FILTERS[name](photo()), photo())
    assert found.residual < 0.4 * compared(repaint(photo(), RED, 96), photo()).residual
    assert found.hue_turn < 0.2


def test_a_stronger_filter_shifts_more():
    shifts = [
        compared(ImageEnhance.Brightness(photo()).enhance(share), photo()).shift
        for share in (1.0, 0.9, 0.8, 0.7, 0.6)
    ]
    assert shifts == sorted(shifts)
    assert shifts[-1] > shifts[1] > 1


@pytest.mark.parametrize("turn", [64, 96, 128])
def test_a_product_of_another_hue_turns_hues(turn):
    one = compared(repaint(photo(), RED, turn), photo())
    both = compared(repaint(repaint(photo(), RED, turn), BLUE, turn), photo())
    assert one.hue_turn > 0.3
    assert both.hue_turn > one.hue_turn
    assert one.residual > 2 * compared(FILTERS["warmer"](photo()), photo()).residual


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_does_not_hide_another_hue(name):
    found = compared(FILTERS[name](repaint(photo(), RED, 96)), photo())
    assert found.hue_turn > 0.3


def test_without_color_no_hue_turns():
    gray = photo().convert("L").convert("RGB")
    assert compared(ImageEnhance.Brightness(gray).enhance(0.6), gray).hue_turn == 0


def test_only_what_the_mask_covers_counts():
    mask = EVERYWHERE.copy()
    mask[:, :66] = False
    assert compared(repaint(photo(), RED, 96), photo(), mask).hue_turn == 0
    assert compared(repaint(photo(), BLUE, 96), photo(), mask).hue_turn > 0.3


@pytest.mark.parametrize("num_pixels", [0, 1, 8])
def test_a_few_pixels_say_nothing(num_pixels):
    mask = np.zeros((SIDE, SIDE), bool)
    mask.ravel()[:num_pixels] = True
    found = compared(repaint(photo(), RED, 96), photo(), mask)
    assert (found.shift, found.residual, found.hue_turn) == (0, 0, 0)
    pixels = np.asarray(photo())
    assert not color_residuals(pixels[..., ::-1].copy(), pixels, mask).any()


def test_residuals_lie_where_the_product_was_repainted():
    x0, y0, x1, y1 = RED[0], RED[1], RED[2], RED[1] + 30
    left = color_residuals(
        np.asarray(repaint(photo(), (x0, y0, x1, y1), 96)),
        np.asarray(photo()),
        EVERYWHERE,
    )
    outside = np.ones((SIDE, SIDE), bool)
    outside[y0 - 4 : y1 + 4, x0 - 4 : x1 + 4] = False
    inside = left[y0 + 3 : y1 - 3, x0 + 3 : x1 - 3]
    assert np.median(inside) > 40
    assert np.median(inside) > 3 * np.quantile(left[outside], 0.95)
    assert np.median(left[outside]) < 3


@pytest.mark.parametrize(
    ("kind", "colorway"), [("shirts", 2), ("shirts", 3), ("bottles", 3), ("boxes", 3)]
)
def test_a_colorway_of_a_drawn_product_stands_out_against_filters(kind, colorway):
    product = draw_product(kind)
    mask = np.ones((product.height, product.width), bool)
    sibling = compared(draw_product(kind, 0, colorway), product, mask)
    for edit in FILTERS.values():
        edited = compared(edit(product), product, mask)
        assert sibling.hue_turn > edited.hue_turn + 0.2
