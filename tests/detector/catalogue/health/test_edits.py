import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from detector.catalogue.health.edits import EDITS, edited_file
from tests.detector.matching.products import draw_product


def pixels_of(data: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("family", EDITS)
def test_an_edit_changes_the_picture_and_the_same_seed_gives_the_same_file(family):
    photo = draw_product("bags")
    before = photo.tobytes()
    made = edited_file(photo, family, name="ref_a", seed=3)
    assert edited_file(photo, family, name="ref_a", seed=3) == made
    assert edited_file(photo, family, name="ref_a", seed=4) != made
    assert photo.tobytes() == before
    pixels, original = pixels_of(made), np.asarray(photo)
    is_other_size = pixels.shape != original.shape
    assert is_other_size or np.abs(pixels.astype(int) - original).mean() > 2


@pytest.mark.parametrize("family", EDITS)
@pytest.mark.parametrize("size", [(9, 40), (1, 1), (40, 9)])
def test_no_picture_is_too_small_to_be_edited(family, size):
    for seed in range(4):
        data = edited_file(Image.new("RGB", size), family, name="r", seed=seed)
        assert min(pixels_of(data).shape[:2]) >= 1


def test_two_pictures_go_different_ways():
    photo = draw_product("bags")
    assert edited_file(photo, "crop", name="ref_a", seed=0) != edited_file(
        photo, "crop", name="ref_b", seed=0
    )
