"""Centroids are learned from photos alone, the same each time."""

import io
import tarfile

import numpy as np
import pytest
from PIL import Image

from index.centroids import assign_cells
from scripts.learn_orb_centroids import collect_codes, learn_centroids, read_photos


def draw_photo(seed: int) -> Image.Image:
    blocks = np.random.default_rng(seed).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    return Image.fromarray(blocks.repeat(10, axis=0).repeat(10, axis=1))


def draw_clusters(seed: int):
    rng = np.random.default_rng(seed)
    patterns = rng.integers(0, 256, (6, 32), dtype=np.uint8)
    bits = np.unpackbits(patterns.repeat(200, axis=0), axis=1)
    noisy = bits ^ (rng.random(bits.shape) < 0.05)
    return patterns, np.packbits(noisy.astype(np.uint8), axis=1)


@pytest.mark.parametrize("seed", range(3))
def test_a_round_brings_codes_nearer_to_their_centroids(seed):
    _, codes = draw_clusters(seed)
    means = []
    for num_rounds in (0, 1, 10):
        rng = np.random.default_rng(seed)
        centroids = learn_centroids(codes, 12, num_rounds=num_rounds, rng=rng)
        means.append(assign_cells(codes, centroids)[1].mean())
    assert means[0] > means[1] >= means[2]


def test_well_separated_clusters_are_recovered():
    patterns, codes = draw_clusters(0)
    rng = np.random.default_rng(0)
    centroids = learn_centroids(codes, 24, num_rounds=20, rng=rng)
    _, distances = assign_cells(patterns, centroids)
    assert distances.max() <= 12


def test_the_same_seed_gives_the_same_centroids():
    _, codes = draw_clusters(0)
    first, second = (
        learn_centroids(codes, 9, num_rounds=5, rng=np.random.default_rng(4))
        for _ in range(2)
    )
    assert np.array_equal(first, second)


def test_more_cells_than_codes_are_refused():
    with pytest.raises(ValueError, match="9 cells need as many codes, not 8"):
        learn_centroids(
            np.zeros((8, 32), np.uint8), 9, num_rounds=1, rng=np.random.default_rng(0)
        )


def test_a_folder_and_a_tar_file_of_the_same_photos_give_the_same_codes(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    with tarfile.open(tmp_path / "photos.tar", "w") as archive:
        for seed in range(3):
            content = io.BytesIO()
            draw_photo(seed).save(content, "png")
            (folder / f"{seed}.png").write_bytes(content.getvalue())
            archive.add(folder / f"{seed}.png", arcname=f"photos/{seed}.png")
    (folder / "manifest.csv").write_text("no picture")
    assert len(list(read_photos(folder))) == 3
    first = collect_codes(folder, np.random.default_rng(0))
    second = collect_codes(tmp_path / "photos.tar", np.random.default_rng(0))
    assert len(first) > 50
    assert np.array_equal(first, second)
