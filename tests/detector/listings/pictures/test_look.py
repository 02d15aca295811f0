"""What is worked out of a listing picture, and what of that is kept."""

from hashlib import sha256

import numpy as np
import pytest
from PIL import Image

from detector.catalogue.features import Extractor
from detector.errors import ImageTooLarge, UnreadableImage
from detector.images import ImageLimits
from detector.listings.pictures.look import (
    Look,
    look_at,
    pack_vectors,
    unpack_all,
    unpack_vectors,
)
from models.registry import load_embedder
from tests.catalogues import grid_extractor
from tests.drawing import draw_scene, save

COMPACT = Extractor({"copy": load_embedder("compact", device="cpu")}, ImageLimits())


def draw_look(seed: int = 0) -> Look:
    return look_at(save(draw_scene(200, 150, seed=seed), "PNG"), COMPACT)[0]


def test_a_look_says_what_the_picture_is():
    data = save(draw_scene(640, 480), "JPEG")
    look, image = look_at(data, COMPACT)
    assert (look.format, look.width, look.height) == ("jpeg", 640, 480)
    assert (look.sha256, look.num_bytes) == (sha256(data).hexdigest(), len(data))
    assert look.perceptual_hash is not None
    assert len(look.perceptual_hash) == 32
    assert max(image.pixels.shape) == 512
    embedder = COMPACT.embedders["copy"]
    assert np.array_equal(look.vectors, embedder.embed_regions([image.pixels])[0])


def test_offsets_are_those_of_the_embedders_calibration():
    look = draw_look()
    calibration = COMPACT.embedders["copy"].calibration
    assert calibration is not None
    assert np.array_equal(look.offsets, calibration.offsets(look.vectors))
    assert look.offsets.any()


def test_without_a_calibration_nothing_is_taken_off():
    look, _ = look_at(save(draw_scene(), "PNG"), grid_extractor())
    assert look.offsets.tolist() == [0.0]


def test_a_picture_of_nothing_has_no_hash():
    white = save(Image.new("RGB", (300, 200), "white"), "PNG")
    assert look_at(white, COMPACT)[0].perceptual_hash is None


def test_vectors_come_back_from_their_bytes_as_near_as_half_precision_is():
    looks = [draw_look(seed) for seed in range(3)]
    packed = [pack_vectors(look) for look in looks]
    vectors, offsets = unpack_vectors(packed[1])
    assert vectors.dtype == offsets.dtype == np.float32
    assert np.abs(vectors - looks[1].vectors).max() < 1e-3
    assert np.abs(offsets - looks[1].offsets).max() < 1e-3
    all_vectors, all_offsets = unpack_all(packed)
    assert np.array_equal(all_vectors[1], vectors)
    assert np.array_equal(all_offsets[1], offsets)
    assert unpack_all([])[0].shape == (0, 0, 0)


def test_bytes_of_something_else_are_refused():
    packed = pack_vectors(draw_look())
    other = pack_vectors(look_at(save(draw_scene(), "PNG"), grid_extractor())[0])
    for damaged in (b"", packed[:3], packed[:-1], packed + b"\0"):
        with pytest.raises(ValueError, match="found"):
            unpack_vectors(damaged)
    with pytest.raises(ValueError, match="something else"):
        unpack_all([packed, other])


def test_what_is_no_picture_or_too_large_is_refused():
    with pytest.raises(UnreadableImage):
        look_at(b"no picture", COMPACT)
    limits = ImageLimits(max_pixels=100)
    with pytest.raises(ImageTooLarge):
        look_at(save(draw_scene(), "PNG"), Extractor(COMPACT.embedders, limits))
