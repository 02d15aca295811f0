"""A few steps on drawn photos: learning, resuming, exporting."""

import itertools
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from models.compact import CompactEmbedder, save_weights
from models.compact_graph import Architecture
from models.training.loop import Recipe, Trainer
from models.training.photos import CopyBatches, Photos, load_photos
from tests.models.training.test_edits import draw_photo

SMALL = Architecture(input_px=32, widths=(8, 16), blocks=(0, 1), pooled=(0, 1), dim=16)
RECIPE = Recipe(batch_size=24, learning_rate=4e-3)
NUM_PHOTOS = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for i in range(NUM_PHOTOS):
        draw_photo(rng, (80, 60)).save(folder / f"{i:03}.png")
    (folder / "manifest.csv").write_text("file,source,license\n")
    return folder


@pytest.fixture(scope="module")
def photos(folder) -> Photos:
    return load_photos(folder)


def run(trainer: Trainer, photos: Photos, num_steps: int, total: int) -> list[float]:
    batches = itertools.islice(trainer.batches(photos), num_steps)
    return [
        trainer.step(batch, progress=trainer.num_steps / total).loss
        for batch in batches
    ]


def test_a_few_steps_reduce_the_loss(photos):
    losses = run(Trainer(SMALL, RECIPE), photos, 30, 30)
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) - 0.3


def test_a_resumed_run_ends_as_an_undisturbed_one(photos, tmp_path):
    undisturbed = Trainer(SMALL, RECIPE)
    losses = run(undisturbed, photos, 6, 6)
    first = Trainer(SMALL, RECIPE)
    first_losses = run(first, photos, 3, 6)
    first.seconds = 12.5
    first.save(tmp_path / "checkpoint.pt")
    resumed = Trainer.resume(tmp_path / "checkpoint.pt")
    assert (resumed.num_steps, resumed.seconds) == (3, 12.5)
    resumed_losses = run(resumed, photos, 3, 6)
    assert first_losses + resumed_losses == pytest.approx(losses, rel=1e-4)
    for name, array in undisturbed.network.weights().items():
        assert resumed.network.weights()[name] == pytest.approx(array, abs=1e-4)


def test_a_run_can_go_on_with_larger_pictures(photos, tmp_path):
    trainer = Trainer(SMALL, RECIPE)
    run(trainer, photos, 1, 3)
    trainer.save(tmp_path / "checkpoint.pt")
    larger = Trainer.resume(tmp_path / "checkpoint.pt", input_px=48)
    assert larger.network.architecture.input_px == 48
    assert np.isfinite(run(larger, photos, 1, 3)).all()


def test_the_exported_weights_embed_as_the_trained_network_does(photos, tmp_path):
    trainer = Trainer(SMALL, RECIPE)
    run(trainer, photos, 5, 5)
    path = tmp_path / "compact.safetensors"
    save_weights(path, SMALL, trainer.network.weights())
    squares = [np.asarray(photos[i].resize((32, 32))) for i in range(20)]
    network = trainer.network.eval()
    with torch.no_grad():
        pictures = network.normalize(torch.from_numpy(np.stack(squares)))
        expected = network(pictures).numpy()
    found = CompactEmbedder(path).embed_regions(squares)
    assert np.einsum("nrd,nrd->nr", found, expected).min() >= 0.9999


def test_exported_weights_can_be_trained_further(photos):
    trained = Trainer(SMALL, RECIPE)
    run(trained, photos, 12, 12)
    arrays = trained.network.weights()
    further = Trainer(SMALL, Recipe(batch_size=24, learning_rate=4e-3, seed=1))
    further.start_from(arrays, next(further.batches(photos)))
    for name, array in further.network.weights().items():
        assert array == pytest.approx(arrays[name], abs=1e-5)
    fresh = Trainer(SMALL, Recipe(batch_size=24, learning_rate=4e-3, seed=1))
    losses, fresh_losses = (run(each, photos, 4, 40) for each in (further, fresh))
    assert np.mean(losses) < np.mean(fresh_losses) - 0.2


def test_weights_of_another_shape_are_not_trained_further(photos):
    wide = Trainer(replace(SMALL, widths=(8, 24)), RECIPE).network.weights()
    trainer = Trainer(SMALL, RECIPE)
    with pytest.raises(RuntimeError, match="size"):
        trainer.start_from(wide, next(trainer.batches(photos)))


def test_a_loss_that_is_no_number_stops_the_run(photos):
    trainer = Trainer(SMALL, RECIPE)
    with torch.no_grad():
        trainer.network.project.weight.fill_(float("nan"))
    with pytest.raises(FloatingPointError, match="learning rate"):
        run(trainer, photos, 1, 1)


def test_batches_are_the_same_under_a_seed_and_differ_between_steps(photos):
    def batches(seed: int) -> CopyBatches:
        return CopyBatches(photos, batch_size=8, num_siblings=2, side_px=32, seed=seed)

    first, again, other = batches(0)[3], batches(0)[3], batches(1)[3]
    assert torch.equal(first.copies, again.copies)
    assert not torch.equal(first.copies, other.copies)
    assert not torch.equal(first.copies, batches(0)[4].copies)
    assert first.originals.shape == first.copies.shape == (8, 32, 32, 3)
    assert first.siblings.shape == (2, 32, 32, 3)


def test_photos_of_an_archive_are_those_of_the_folder(folder, photos, tmp_path):
    archive = tmp_path / "photos.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(folder, arcname=".")
    packed = load_photos(archive)
    assert len(packed) == len(photos) == NUM_PHOTOS
    assert np.array_equal(packed.pixels, photos.pixels)


def test_large_photos_are_kept_small(tmp_path):
    Image.new("RGB", (800, 400), (9, 99, 199)).save(tmp_path / "large.jpg")
    assert load_photos(tmp_path)[0].size == (176, 88)


def test_a_folder_without_photos_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no photos"):
        load_photos(tmp_path)


def test_a_broken_photo_is_named(tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"no jpeg")
    with pytest.raises(ValueError, match=r"broken\.jpg"):
        load_photos(tmp_path)
