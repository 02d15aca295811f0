"""Candidates: what the channels return, and whom it is worth to verify."""

from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image

from detector.matching.describe import Query
from detector.matching.retrieve import (
    VOTED,
    Candidate,
    Channel,
    Kind,
    retrieve,
    shortlist,
)
from index.faiss_index import FaissIndex
from index.local_index import LocalIndex
from models.calibration import Calibration
from models.embedder import RGB, WHOLE, Region, Vectors
from tests.detector.matching.products import (
    CATALOGUE,
    decoded,
    described,
    draw_product,
    name_of,
    white,
)


class MeanColors:
    """An embedder without weights: colours of a four by four grid, per region."""

    name = "mean-colors"
    weights_hash = "none"
    dim = 48
    input_px = 4
    regions = (WHOLE, Region(0, 0, 0.5, 1), Region(0.5, 0, 1, 1))
    calibration: Calibration | None = None

    def embed(self, images: Sequence[RGB]) -> Vectors:
        vectors: Vectors = self.embed_regions(images)[:, 0]
        return vectors

    def embed_regions(self, images: Sequence[RGB]) -> Vectors:
        rows = [[self._embed_one(image, r) for r in self.regions] for image in images]
        return np.array(rows, np.float32).reshape(-1, len(self.regions), self.dim)

    def _embed_one(self, image: RGB, region: Region) -> np.ndarray:
        height, width = image.shape[:2]
        left, right = round(region.left * width), round(region.right * width)
        part = image[round(region.top * height) :, left:right].astype(np.float64)
        cells = [
            cell.mean(axis=(0, 1)) - 128
            for strip in np.array_split(part, 4)
            for cell in np.array_split(strip, 4, axis=1)
        ]
        vector = np.concatenate(cells)
        vector /= max(float(np.linalg.norm(vector)), 1e-9)
        return vector


def query_of(image) -> Query:
    picture = decoded(image)
    return Query(picture.pixels, picture.width, picture.height)


@pytest.fixture(scope="module")
def voting() -> LocalIndex:
    index = LocalIndex()
    for kind, number in CATALOGUE:
        index.add(
            [name_of(kind, number)], [described(draw_product(kind, number)).votes]
        )
    return index


@pytest.fixture(scope="module")
def colors() -> FaissIndex:
    index = FaissIndex(MeanColors.dim)
    names = [name_of(*each) for each in CATALOGUE]
    pictures = [np.asarray(draw_product(*each)) for each in CATALOGUE]
    index.add(names, MeanColors().embed(pictures))
    return index


@pytest.mark.parametrize(("kind", "number"), CATALOGUE)
def test_the_votes_of_a_copy_go_to_its_reference(voting, kind, number):
    [found] = retrieve([query_of(draw_product(kind, number))], voting, [])
    best = max(found, key=lambda c: c.best_votes)
    assert best.reference_id == name_of(kind, number)
    assert best.votes > 2 * best.mirrored_votes


def test_the_votes_of_a_flipped_copy_are_mirrored_votes(voting):
    flipped = draw_product("shoes").transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    [found] = retrieve([query_of(flipped)], voting, [])
    best = max(found, key=lambda c: c.best_votes)
    assert best.reference_id == "shoes-0"
    assert best.mirrored_votes == best.best_votes > 2 * best.votes


@pytest.mark.parametrize("kind", Kind)
def test_an_embedding_counts_under_its_kind_with_its_best_region(colors, kind):
    embedder = MeanColors()
    # A collage: only the region of the left half resembles the reference.
    left = np.asarray(draw_product("bags"))
    pixels = np.concatenate([left, np.zeros_like(left)], axis=1)
    query = Query(pixels, pixels.shape[1], pixels.shape[0])
    channel = Channel(embedder, colors, kind)
    [candidates] = retrieve([query], LocalIndex(), [channel])
    found = {c.reference_id: c for c in candidates}
    assert len(found) == len(CATALOGUE)
    regions = embedder.embed_regions([pixels])[0]
    for name, candidate in found.items():
        shown = np.asarray(draw_product(name[:-2], int(name[-1])))
        expected = float((regions @ embedder.embed([shown])[0]).max())
        assert candidate.scores[kind] == pytest.approx(expected, abs=1e-4)
        assert sum(candidate.scores.values()) == candidate.scores[kind]
        assert candidate.best_votes == 0.0
    assert max(found.values(), key=lambda c: c.scores[kind]).reference_id == "bags-0"


def test_what_several_channels_return_is_one_candidate(voting, colors):
    channels = [Channel(MeanColors(), colors, kind) for kind in Kind]
    [found] = retrieve([query_of(draw_product("bottles"))], voting, channels)
    names = [c.reference_id for c in found]
    assert len(set(names)) == len(names) <= len(CATALOGUE)
    own = next(c for c in found if c.reference_id == "bottles-0")
    assert min(own.votes, *own.scores.values()) > 0


def test_empty_indexes_return_nothing():
    channel = Channel(MeanColors(), FaissIndex(MeanColors.dim), Kind.COPY)
    assert retrieve([query_of(draw_product("bags"))], LocalIndex(), [channel]) == [[]]


def test_a_picture_without_points_gets_no_votes(voting):
    assert retrieve([query_of(white())], voting, []) == [[]]


def random_candidates(rng: np.random.Generator) -> list[Candidate]:
    """Coarse numbers, so that many are equal, and many are zero."""
    return [
        Candidate(
            f"r{number:02d}",
            votes=float(rng.integers(0, 4)),
            mirrored_votes=float(rng.integers(0, 4)),
            scores={kind: float(rng.integers(-1, 5)) / 4 for kind in Kind},
        )
        for number in rng.permutation(40)
    ]


@pytest.mark.parametrize("num_best", [1, 3, 10, VOTED])
def test_a_shortlist_takes_the_best_and_never_depends_on_the_order(num_best):
    rng = np.random.default_rng(0)
    for _ in range(30):
        candidates = random_candidates(rng)
        chosen = shortlist(candidates, num_best)
        shuffled = [candidates[i] for i in rng.permutation(len(candidates))]
        assert shortlist(shuffled, num_best) == chosen
        names = [c.reference_id for c in chosen]
        assert len(set(names)) == len(names)
        voted = sorted(
            (c for c in candidates if c.best_votes > 0),
            key=lambda c: (-c.best_votes, c.reference_id),
        )
        assert chosen[: min(num_best, len(voted))] == voted[:num_best]
        for kind in Kind:
            best = max(candidates, key=lambda c: c.scores[kind])
            tied = sorted(
                c.reference_id
                for c in candidates
                if c.scores[kind] == best.scores[kind]
            )
            assert tied[0] in names


def test_nobody_is_chosen_for_nothing():
    nothing = [Candidate("a"), Candidate("b", scores=dict.fromkeys(Kind, -0.2))]
    assert shortlist(nothing, 10) == []
    assert shortlist([], 10) == []
