"""Aligned pixels: alignment against known warps, and what edits do to the measures."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from detector.matching.comparison import (
    AlignedPair,
    align,
    color_difference,
    compare_aligned,
    local_correlation,
    structure_difference,
)
from detector.matching.geometry import Matrix
from tests.detector.matching.drawn_pairs import similarity
from tests.detector.matching.products import SIDE_PX, draw_product

SIZE = (SIDE_PX, SIDE_PX)
QUERY_SIZE = (640, 560)
STICKER = (200, 180, 300, 280)

WARPS: dict[str, Matrix] = {
    "as it is": similarity(1.0, 0, 60, 40),
    "smaller": similarity(0.6, 0, 140, 90),
    "turned": similarity(0.8, 17, 200, 40),
    "sheared": np.array([[0.9, 0.12, 30], [-0.05, 0.8, 70], [0, 0, 1.0]]),
    "at an angle": np.array([[0.9, 0.05, 60], [0.02, 0.8, 60], [3e-4, 2e-4, 1.0]]),
    "cut off": similarity(1.1, 5, -150, -120),
}


def warp(image: Image.Image, matrix: Matrix, size: tuple[int, int]) -> np.ndarray:
    """Move a picture by a homography between pixel centres, with Pillow."""
    # Pillow counts from pixel corners, half a pixel before the centres.
    half = similarity(1, 0, 0.5, 0.5)
    back = np.linalg.inv(half @ matrix @ np.linalg.inv(half))
    return np.asarray(
        image.transform(
            size,
            Image.Transform.PERSPECTIVE,
            (back / back[2, 2]).ravel()[:8].tolist(),
            Image.Resampling.BICUBIC,
            fillcolor=(90, 140, 60),
        )
    )


def shift_between(plane0: np.ndarray, plane1: np.ndarray) -> tuple[float, float]:
    """Find the shift that correlates best, to a quarter pixel: dx, dy."""
    window = np.outer(np.hanning(plane0.shape[0]), np.hanning(plane0.shape[1]))
    spectra = [np.fft.fft2((p - p.mean()) * window) for p in (plane0, plane1)]
    cross = spectra[0] * spectra[1].conj()
    rows, columns = np.arange(-12, 13) / 4, np.arange(-12, 13) / 4
    v = np.fft.fftfreq(plane0.shape[0])[:, None]
    u = np.fft.fftfreq(plane0.shape[1])[:, None]
    correlation = (
        np.exp(2j * np.pi * rows[:, None] * v.T)
        @ cross
        @ np.exp(2j * np.pi * u * columns[None])
    ).real
    row, column = np.unravel_index(correlation.argmax(), correlation.shape)
    return float(columns[column]), float(rows[row])


def gray(image: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(image).convert("L"), dtype=float)


def pair_of(query: Image.Image, reference: Image.Image) -> AlignedPair:
    pixels = np.asarray(query.resize(reference.size))
    pair = align(
        pixels, reference.size, np.asarray(reference), reference.size, np.eye(3)
    )
    assert pair is not None
    return pair


def compared(query: Image.Image, reference: Image.Image):
    return compare_aligned(
        pair_of(query, reference), query_overlap=1.0, reference_overlap=1.0
    )


def with_sticker(image: Image.Image, color=(250, 210, 40)) -> Image.Image:
    out = image.copy()
    draw = ImageDraw.Draw(out)
    draw.rectangle(STICKER, fill=color)
    for x in range(STICKER[0] + 6, STICKER[2] - 6, 16):
        draw.rectangle((x, STICKER[1] + 8, x + 7, STICKER[3] - 8), fill=(30, 30, 30))
    return out


@pytest.mark.parametrize("name", WARPS)
@pytest.mark.parametrize("query_share", [1.0, 0.5])
@pytest.mark.parametrize("reference_px", [SIDE_PX, 288])
def test_a_known_warp_is_undone_to_within_a_pixel(name, query_share, reference_px):
    original = draw_product("boxes")
    query = Image.fromarray(warp(original, WARPS[name], QUERY_SIZE))
    query_px = tuple(round(side * query_share) for side in QUERY_SIZE)
    pair = align(
        np.asarray(query.resize(query_px, Image.Resampling.BOX)),
        QUERY_SIZE,
        np.asarray(original.resize((reference_px,) * 2, Image.Resampling.BOX)),
        SIZE,
        WARPS[name],
        max_px=360,
    )
    assert pair is not None
    assert pair.query.shape == pair.reference.shape
    assert pair.visible.shape == pair.query.shape[:2]
    assert pair.scale == pytest.approx(max(pair.reference.shape) / SIDE_PX, abs=0.002)
    shown, stored = gray(pair.query), gray(pair.reference)
    side = shown.shape[0] // 2
    for y in (0, side):
        for x in (0, side):
            part = np.s_[y : y + side, x : x + side]
            if pair.visible[part].all() and stored[part].std() > 12:
                dx, dy = shift_between(shown[part], stored[part])
                assert abs(dx) <= 0.75
                assert abs(dy) <= 0.75
    off = np.abs(shown - stored)[pair.visible]
    assert off.mean() < 5


def test_what_lies_outside_the_query_is_not_visible():
    pair = align(
        warp(draw_product("bags"), similarity(1, 0, -240, 0), SIZE),
        SIZE,
        np.asarray(draw_product("bags")),
        SIZE,
        similarity(1, 0, -240, 0),
    )
    assert pair is not None
    middle = pair.visible.shape[1] // 2
    assert not pair.visible[:, : middle - 1].any()
    assert pair.visible[:-1, middle + 1 :].all()


@pytest.mark.parametrize(
    "matrix",
    [
        similarity(0.02, 0, 100, 100),
        similarity(1.0, 0, 5000, 0),
        np.array([[1.0, 0, 0], [0, 1, 0], [0, -0.008, 1]]),
    ],
    ids=["tiny", "elsewhere", "horizon inside"],
)
def test_where_too_little_is_left_nothing_is_aligned(matrix):
    pixels = np.asarray(draw_product("bags"))
    assert align(pixels, SIZE, pixels, SIZE, matrix) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (400, 1), (30, 400)])
def test_pictures_of_any_shape_are_aligned_or_not_without_a_fault(shape):
    pixels = np.full((*shape, 3), 255, np.uint8)
    size = (shape[1] * 3, shape[0] * 3)
    pair = align(pixels, size, pixels, size, np.eye(3))
    if pair is not None:
        found = compare_aligned(pair, query_overlap=1.0, reference_overlap=1.0)
        assert found.structure == 0.0
        assert found.textured < 0.01


def test_a_picture_agrees_with_itself():
    for kind in ("shoes", "boxes"):
        found = compared(draw_product(kind), draw_product(kind))
        assert found.structure > 0.98
        assert found.agreement > 0.98
        assert found.core_agreement > 0.98
        assert found.detail > 0.95
        assert found.mismatch_blob < 0.01
        assert found.color_residual < 0.5
        assert found.hue_turn == found.color_shift == 0.0
        assert found.textured > 0.1


def test_other_products_agree_little():
    found = compared(draw_product("shirts"), draw_product("boxes"))
    assert found.agreement < 0.4
    assert found.detail < 0.4
    assert found.structure < 0.6


@pytest.mark.parametrize("kind", ["shoes", "boxes", "shirts"])
def test_a_filter_leaves_the_structure(kind):
    product = draw_product(kind)
    for edit in (
        ImageEnhance.Brightness(product).enhance(0.7),
        ImageEnhance.Contrast(product).enhance(0.75),
        ImageEnhance.Color(product).enhance(0.7),
    ):
        found = compared(edit, product)
        assert found.agreement > 0.9
        assert found.structure > 0.9
        assert found.color_residual < 8
        assert found.hue_turn < 0.2


def test_blur_takes_detail_before_structure():
    product = draw_product("boxes")
    last = compared(product, product)
    for radius in (2, 4, 8):
        found = compared(product.filter(ImageFilter.GaussianBlur(radius)), product)
        assert found.detail < last.detail
        assert found.structure <= last.structure + 1e-6
        last = found
    mild = compared(product.filter(ImageFilter.GaussianBlur(3)), product)
    assert mild.detail < mild.structure


def test_a_sticker_is_one_blob_of_about_its_size():
    product = draw_product("boxes")
    found = compared(with_sticker(product), product)
    share = (STICKER[2] - STICKER[0]) * (STICKER[3] - STICKER[1]) / SIDE_PX**2
    assert found.mismatch_blob * found.textured > 0.4 * share
    assert found.mismatch_blob * found.textured < 2.5 * share
    assert found.core_agreement < found.agreement < 0.97


def test_differences_lie_where_the_sticker_is():
    product = draw_product("boxes")
    pair = pair_of(with_sticker(product), product)
    differs = structure_difference(pair)
    left, top, right, bottom = (round(side * pair.scale) for side in STICKER)
    assert differs[top + 4 : bottom - 4, left + 4 : right - 4].mean() > 0.5
    margin = 12
    differs[top - margin : bottom + margin, left - margin : right + margin] = False
    assert differs.mean() < 0.01
    assert not structure_difference(pair_of(product, product)).any()


def test_color_differs_only_where_it_was_changed():
    product = draw_product("boxes")
    plane = np.asarray(product).copy()
    box = np.s_[150:250, 180:300]
    plane[box] = plane[box][..., [2, 0, 1]]
    pair = pair_of(Image.fromarray(plane), product)
    differs = color_difference(pair)
    part = np.zeros_like(differs)
    edges = [round(edge * pair.scale) for edge in (150, 250, 180, 300)]
    part[edges[0] : edges[1], edges[2] : edges[3]] = True
    assert differs[part].mean() > 0.3
    assert differs[~part].mean() < 0.02
    assert not color_difference(pair_of(product, product)).any()


def planes(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    noise = Image.fromarray(rng.integers(0, 256, (40, 40), dtype=np.uint8))
    smooth = np.asarray(noise.resize((120, 120), Image.Resampling.BICUBIC))
    return smooth.astype(np.float32) / 255, np.ones((120, 120), bool)


def test_correlation_ignores_brightness_and_contrast():
    plane, visible = planes()
    for gain, offset in ((1.0, 0.0), (0.5, 0.2), (0.8, -0.1)):
        changed = (gain * plane + offset).astype(np.float32)
        found, textured = local_correlation(changed, plane, visible)
        assert textured.mean() > 0.8
        assert found[textured].min() > 0.95
    found, textured = local_correlation(1 - plane, plane, visible)
    assert found[textured].mean() < 0.2


@pytest.mark.parametrize(("dx", "dy"), [(0, 2), (2, 0), (-2, 2), (2, -2)])
def test_correlation_forgives_a_small_shift_and_not_a_large_one(dx, dy):
    plane, visible = planes()
    near, textured = local_correlation(np.roll(plane, (dy, dx), (0, 1)), plane, visible)
    far, _ = local_correlation(np.roll(plane, (6 * dy, 6 * dx), (0, 1)), plane, visible)
    inner = np.s_[10:-10, 10:-10]
    assert near[inner][textured[inner]].mean() > 0.95
    assert far[inner].mean() < 0.6


def test_flat_windows_have_nothing_to_say_and_one_sided_texture_no_likeness():
    plane, visible = planes()
    flat = np.full_like(plane, 0.5)
    found, textured = local_correlation(flat, flat, visible)
    assert not textured.any()
    found, textured = local_correlation(flat, plane, visible)
    assert textured.mean() > 0.8
    assert np.abs(found[textured]).max() < 1e-3
    assert not local_correlation(plane, plane, ~visible)[1].any()
