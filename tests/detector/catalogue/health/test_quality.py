from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from detector.catalogue.health.own import OwnPicture
from detector.catalogue.health.quality import (
    FEW_POINTS,
    GENERIC_LIKENESS,
    PLAIN_TEXTURE,
    SMALL_PRODUCT,
    TOO_SMALL_PX,
    Quality,
    background_likeness,
    product_share,
    quality_findings,
    texture,
)
from models.calibration import Calibration

PICTURE = OwnPicture("ref_a", "a.png", None, "0" * 64, 500, 400, 9)
GOOD = Quality(500, 300, 0.3, 0.4, 0.5)


def codes(**changed: Any) -> list[str]:
    return [f.code.value for f in quality_findings(PICTURE, replace(GOOD, **changed))]


@pytest.mark.parametrize(
    ("name", "threshold", "step", "code"),
    [
        ("long_side_px", TOO_SMALL_PX, -1, "too_small"),
        ("num_points", FEW_POINTS, -1, "few_points"),
        ("texture", PLAIN_TEXTURE, -0.001, "plain_surface"),
        ("product_share", SMALL_PRODUCT, -0.001, "small_product"),
        ("likeness", GENERIC_LIKENESS, 0.001, "generic"),
    ],
)
def test_a_finding_begins_just_past_its_threshold(name, threshold, step, code):
    assert codes(**{name: threshold}) == []
    assert codes(**{name: threshold + step}) == [code]


def test_of_one_cause_only_the_most_telling_finding_is_made():
    empty = {"texture": 0.0, "product_share": 0.01, "likeness": 0.9}
    assert codes(**empty, num_points=4) == ["plain_surface"]
    assert codes(**empty, num_points=5) == ["small_product"]
    assert codes(num_points=0, likeness=0.9) == ["few_points"]


def test_a_ground_that_is_not_plain_and_a_model_without_calibration_are_no_fault():
    assert codes(product_share=None, likeness=None) == []


def test_texture_is_the_share_of_blocks_with_detail():
    pixels = np.full((64, 64, 3), 200, np.uint8)
    assert texture(pixels) == 0
    rng = np.random.default_rng(0)
    pixels[:32, :32] = rng.integers(0, 256, (32, 32, 3), np.uint8)
    assert texture(pixels) == 0.25
    assert texture(pixels[:5, :5]) == 1
    assert texture(pixels[-1:, -1:]) == 0


def test_the_product_is_what_differs_from_a_plain_ground():
    pixels = np.full((100, 100, 3), 250, np.uint8)
    assert product_share(pixels) == 0
    pixels[40:60, 30:60] = 90
    assert product_share(pixels) == pytest.approx(0.06)
    pixels[:, :50] = 90
    assert product_share(pixels) is None


def test_likeness_is_the_mean_cosine_to_the_nearest_of_the_background():
    background = np.eye(4, dtype=np.float32)
    calibration = Calibration(background, 0.5, 2, 0.1, 0.5, 0.4)
    vector = np.array([0.8, 0.6, 0, 0], np.float32)
    assert background_likeness(vector, calibration) == pytest.approx(0.7)
    assert background_likeness(vector, replace(calibration, weight=0.0)) is None
