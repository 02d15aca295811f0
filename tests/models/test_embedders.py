"""Every embedder, whatever is behind it, keeps the same promises."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.embedder import RGB, WHOLE, Embedder
from models.errors import CorruptWeights, MissingWeights, ModelError, UnknownModel
from models.registry import load_embedder
from models.weights_file import HASH_SUFFIX, write_hash
from tests.models.conftest import TINY_CLIP

KINDS = ("compact", "open_clip", "torchscript")
SIZES = [(40, 40), (1, 1), (1, 2000), (2000, 1), (333, 200), (3, 90), (900, 1100)]
SAME = 0.9999
"""Cosine at which two vectors count as the same."""

Write = Callable[[int], Path]


@pytest.fixture(scope="session")
def writers(write_compact, write_clip, write_torchscript) -> dict[str, Write]:
    return {
        "compact": write_compact,
        "open_clip": write_clip,
        "torchscript": write_torchscript,
    }


def name_of(kind: str, path: Path) -> str:
    if kind == "open_clip":
        return f"open_clip:{TINY_CLIP}/{path}"
    return f"{kind}:{path}"


@pytest.fixture(scope="session", params=["shipped", *KINDS])
def embedder(request, writers) -> Embedder:
    if request.param == "shipped":
        return load_embedder("compact")
    return load_embedder(name_of(request.param, writers[request.param](0)))


@pytest.fixture(params=KINDS)
def written(request, writers) -> tuple[str, Path]:
    path = writers[request.param](0)
    return name_of(request.param, path), path


def draw_pictures(sizes: list[tuple[int, int]], seed: int = 0) -> list[RGB]:
    rng = np.random.default_rng(seed)
    pictures = []
    for height, width in sizes:
        down = np.linspace(0, rng.uniform(1, 9), height)[:, None, None]
        across = np.linspace(0, rng.uniform(1, 9), width)[None, :, None]
        waves = np.sin(down + across + rng.uniform(0, 6, 3))
        noise = rng.uniform(-20, 20, (height, width, 3))
        pictures.append(np.clip(128 + 100 * waves + noise, 0, 255).astype(np.uint8))
    return pictures


def cosines(vectors0: np.ndarray, vectors1: np.ndarray) -> np.ndarray:
    return np.asarray(np.einsum("...d,...d->...", vectors0, vectors1))


def test_vectors_are_float32_of_length_1(embedder):
    vectors = embedder.embed(draw_pictures(SIZES))
    assert vectors.shape == (len(SIZES), embedder.dim)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_no_pictures_give_no_vectors(embedder):
    num_regions = len(embedder.regions)
    assert embedder.embed([]).shape == (0, embedder.dim)
    assert embedder.embed_regions([]).shape == (0, num_regions, embedder.dim)


def test_a_picture_alone_and_in_any_batch_is_the_same(embedder):
    pictures = draw_pictures(SIZES * 6)
    together = embedder.embed(pictures)
    alone = np.concatenate([embedder.embed([p]) for p in pictures[: len(SIZES)]])
    assert cosines(together[: len(SIZES)], alone).min() >= SAME
    assert (
        cosines(
            together[-len(SIZES) - 3 :][:3],
            embedder.embed(pictures[-len(SIZES) - 3 :][:3]),
        ).min()
        >= SAME
    )


def test_the_first_region_is_the_whole_picture(embedder):
    pictures = draw_pictures(SIZES)
    regions = embedder.embed_regions(pictures)
    assert embedder.regions[0] == WHOLE
    assert regions.shape == (len(SIZES), len(embedder.regions), embedder.dim)
    assert regions.dtype == np.float32
    assert np.linalg.norm(regions, axis=2) == pytest.approx(1, abs=1e-5)
    assert cosines(regions[:, 0], embedder.embed(pictures)).min() >= SAME


def test_a_region_is_nearer_to_what_it_shows_than_to_the_rest(embedder):
    """A picture pasted into a region of another one is found there."""
    region = embedder.regions[1]
    left, top = (round(500 * share) for share in region[:2])
    right, bottom = (round(500 * share) for share in region[2:])
    sizes = [(bottom - top, right - left), (500, 500), (300, 300)]
    inner, ground, other = draw_pictures(sizes, seed=3)
    pasted = ground.copy()
    pasted[top:bottom, left:right] = inner
    shown = embedder.embed_regions([pasted])[0, 1]
    own, foreign = embedder.embed([inner, other])
    assert shown @ own > shown @ foreign


def test_embedding_again_gives_the_same_bits(embedder):
    pictures = draw_pictures(SIZES)
    assert np.array_equal(embedder.embed(pictures), embedder.embed(pictures))


def test_different_pictures_have_different_vectors(embedder):
    first, second = embedder.embed(draw_pictures([(200, 200), (200, 200)]))
    assert first @ second < SAME


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((10, 10), np.uint8),
        np.zeros((10, 10, 4), np.uint8),
        np.zeros((10, 10, 3), np.float32),
        np.zeros((0, 10, 3), np.uint8),
    ],
    ids=["gray", "with alpha", "float", "without rows"],
)
def test_what_is_no_rgb_picture_is_refused(embedder, picture):
    with pytest.raises(ValueError, match="uint8"):
        embedder.embed([picture])


def test_the_name_loads_the_same_embedder_again(embedder):
    again = load_embedder(embedder.name)
    pictures = draw_pictures([(64, 64)])
    assert again.name == embedder.name
    assert again.weights_hash == embedder.weights_hash
    assert again.input_px == embedder.input_px > 0
    assert np.array_equal(again.embed(pictures), embedder.embed(pictures))


@pytest.mark.parametrize("kind", KINDS)
def test_other_weights_have_another_hash_and_other_vectors(kind, writers):
    first, second = (load_embedder(name_of(kind, writers[kind](s))) for s in (0, 1))
    picture = draw_pictures([(64, 64)])
    assert first.weights_hash != second.weights_hash
    assert len(first.weights_hash) == 64
    assert cosines(first.embed(picture), second.embed(picture))[0] < SAME


def test_a_missing_file_is_named_with_a_remedy(written):
    name, path = written
    missing = name.replace(path.name, "nowhere.bin")
    with pytest.raises(MissingWeights, match=r"nowhere\.bin.*(Train|Name) "):
        load_embedder(missing)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.95])
def test_a_file_that_was_cut_off_is_named(written, share):
    name, path = written
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    path.with_name(path.name + HASH_SUFFIX).unlink(missing_ok=True)
    with pytest.raises(CorruptWeights, match=path.name):
        load_embedder(name)


def test_a_file_that_does_not_fit_its_hash_is_refused(written):
    name, path = written
    write_hash(path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(CorruptWeights, match="SHA-256"):
        load_embedder(name)


@pytest.mark.parametrize("content", [b"hello", b"\x80\x02}q\x00.", b"PK\x05\x06" * 9])
def test_a_file_of_another_sort_is_named(written, content):
    name, path = written
    path.write_bytes(content)
    path.with_name(path.name + HASH_SUFFIX).unlink(missing_ok=True)
    with pytest.raises(CorruptWeights, match=path.name):
        load_embedder(name)


@pytest.mark.parametrize(
    ("kind", "other"),
    [(kind, other) for kind in KINDS for other in KINDS if kind != other],
)
def test_weights_of_another_kind_of_model_are_named(kind, other, writers):
    path = writers[other](0)
    with pytest.raises(CorruptWeights, match=path.name):
        load_embedder(name_of(kind, path))


@pytest.mark.parametrize(
    "name",
    ["", "Compact", "compact:", "clip", "open_clip:", "open_clip:ViT-B-32", "sscd"],
)
def test_an_unknown_name_lists_what_there_is(name):
    with pytest.raises(UnknownModel, match=r"compact.*open_clip:.*torchscript:"):
        load_embedder(name)


def test_a_misspelt_open_clip_model_is_answered_with_close_ones():
    with pytest.raises(UnknownModel, match="ViT-B-32"):
        load_embedder("open_clip:ViT-B32/openai")


def test_an_unknown_tag_is_answered_with_the_known_ones():
    with pytest.raises(MissingWeights, match="laion2b_s34b_b79k"):
        load_embedder("open_clip:ViT-B-32/laion9b")


def test_a_download_that_fails_says_how_to_bring_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(MissingWeights, match=r"download_pretrained.*copy the file"):
        load_embedder("open_clip:ViT-B-32/laion2b_s34b_b79k")


def test_an_unknown_device_is_refused(written):
    name, _ = written
    if name.startswith("compact"):
        pytest.skip("compact runs on the CPU whatever the device")
    with pytest.raises(ModelError, match="auto, cpu or cuda"):
        load_embedder(name, device="tpu")


def test_compact_never_imports_torch():
    program = (
        "import sys, numpy as np\n"
        "from models.registry import load_embedder\n"
        "embedder = load_embedder('compact')\n"
        "embedder.embed_regions([np.zeros((9, 9, 3), np.uint8)])\n"
        "print(sorted({'torch', 'open_clip', 'cv2'} & set(sys.modules)))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
