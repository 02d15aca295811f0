"""The embedding as the only gate: who is let through, and what is found behind it."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from detector.matching.describe import Description, Query
from detector.matching.embedding_ranker import EmbeddingRanker
from detector.matching.inspect import glance
from detector.matching.match import Relation, Verdict
from detector.matching.matcher import Matcher
from detector.matching.retrieve import Candidate, Channel, Kind, gate
from index.faiss_index import FaissIndex
from models.calibration import Calibration
from models.compact import CompactEmbedder
from tests.catalogues import GridEmbedder
from tests.detector.matching.products import (
    CATALOGUE,
    SCORING,
    SIDE_PX,
    InMemory,
    decoded,
    draw_product,
    match,
    name_of,
)
from tests.detector.matching.seller_edits import EDITS, MIRRORED
from tests.drawing import draw_scene


@pytest.fixture(scope="module")
def channel() -> Channel:
    embedder = CompactEmbedder()
    index = FaissIndex(embedder.dim)
    pictures = [decoded(draw_product(*each)).pixels for each in CATALOGUE]
    index.add([name_of(*each) for each in CATALOGUE], embedder.embed(pictures))
    return Channel(embedder, index, Kind.COPY)


@pytest.fixture(scope="module")
def gated(references, channel) -> Matcher:
    return Matcher(
        references=InMemory(references),
        local_index=None,
        channels=[channel],
        scoring=SCORING,
    )


def calibrated(calibration: Calibration | None) -> Channel:
    embedder = GridEmbedder()
    embedder.calibration = calibration
    return Channel(embedder, FaissIndex(embedder.dim), Kind.COPY)


def with_gate(lowest: float) -> Channel:
    background = np.eye(48, dtype=np.float32)
    return calibrated(Calibration(background, 0.5, 1, lowest, 0.9, 0.8))


def scored(*scores: float) -> list[Candidate]:
    return [
        Candidate(f"r{i:02d}", scores={Kind.COPY: s, Kind.SEMANTIC: 0.0})
        for i, s in enumerate(scores)
    ]


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("kind", ["shoes", "boxes"])
def test_an_edited_copy_is_found_without_votes(gated, kind, edit):
    result = match(gated, EDITS[edit](draw_product(kind)))
    best = result.matches[0]
    assert best.reference_id == name_of(kind)
    assert best.mirrored == (edit in MIRRORED)
    assert best.similarity > SCORING.review_threshold


def test_the_copy_itself_is_the_same_photo_without_votes(gated):
    best = match(gated, draw_product("bags")).matches[0]
    assert best.reference_id == "bags-0"
    assert best.relation is Relation.SAME_PHOTO


def test_a_stranger_is_no_match_without_votes(gated):
    result = match(gated, draw_scene(500, 400, seed=5))
    assert result.verdict is Verdict.NO_MATCH


class Counting(InMemory):
    """References that are counted when they are looked at."""

    def __init__(self, known: Mapping[str, Description]) -> None:
        super().__init__(known)
        self.num_described = 0

    def descriptions(self, reference_ids: Sequence[str]) -> dict[str, Description]:
        self.num_described += len(reference_ids)
        return super().descriptions(reference_ids)

    def codes(self, reference_ids: Sequence[str]) -> dict[str, NDArray[np.uint8]]:
        found = super().descriptions(reference_ids)
        return {name: each.votes for name, each in found.items()}


def crowd(references: Mapping[str, Description], times: int) -> dict[str, Description]:
    """Repeat the references under other ids, as many as a gate lets through."""
    return {
        f"{name}~{number}": description
        for number in range(times)
        for name, description in references.items()
    }


def test_a_glance_reads_the_best_voted_and_the_nearest_alone(references, channel):
    known = crowd(references, 50 // len(references) + 1)
    source = Counting(known)
    candidates = [
        Candidate(name, scores={Kind.COPY: 1 / (rank + 2), Kind.SEMANTIC: 0.0})
        for rank, name in enumerate(sorted(known))
    ]
    image = decoded(EDITS["crop"](draw_product("shoes")))
    query = Query(image.pixels, image.width, image.height)
    chosen = glance(query, candidates, source.codes(sorted(known)))
    assert len(chosen) <= 13 < len(candidates)
    assert candidates[0] in chosen
    best = max(chosen, key=lambda c: c.best_votes)
    assert best.reference_id.startswith(name_of("shoes") + "~")
    assert best.votes > best.mirrored_votes


def test_a_reference_that_is_gone_is_not_glanced_at(references):
    image = decoded(draw_product("shoes"))
    query = Query(image.pixels, image.width, image.height)
    names = sorted(references)
    codes = InMemory(references).codes(names[1:])
    chosen = glance(query, [Candidate(name) for name in names], codes)
    assert names[0] not in {c.reference_id for c in chosen}
    assert glance(query, [Candidate(name) for name in names], {}) == []


def test_what_points_do_not_agree_with_is_not_looked_at(references, channel):
    source = Counting(references)
    matcher = Matcher(
        references=source, local_index=None, channels=[channel], scoring=SCORING
    )
    stranger, copy = draw_scene(500, 400, seed=5), draw_product("bags")
    assert match(matcher, stranger).matches == ()
    assert source.num_described <= 13
    assert match(matcher, copy).matches


def test_pictures_matched_together_match_as_each_does_alone(gated):
    shown = [
        draw_product("shoes"),
        draw_scene(500, 400, seed=5),
        EDITS["mirror"](draw_product("boxes")),
        EDITS["crop"](draw_product("bags")),
    ]
    together = gated.match_all([decoded(each) for each in shown], limit=3)
    assert len({result.verdict for result in together}) > 1
    for image, result in zip(shown, together, strict=True):
        alone = gated.match(decoded(image), limit=3)
        assert result.verdict == alone.verdict
        for found, expected in zip(result.matches, alone.matches, strict=True):
            assert found.reference_id == expected.reference_id
            assert found.similarity == pytest.approx(expected.similarity, abs=1e-6)
    assert gated.match_all([]) == []


def test_vectors_that_are_known_are_not_worked_out_again(gated, channel):
    image = decoded(draw_product("shoes"))
    key = channel.embedder.weights_hash
    far = -channel.embedder.embed_regions([image.pixels])[0]
    [known] = gated.match_all([image], vectors=[{key: far}])
    assert known.matches == ()
    assert gated.match(image).matches


def test_the_gate_lets_the_best_through_and_nobody_under_it():
    candidates = scored(0.1, 0.5, 0.3, 0.7)
    chosen = gate(candidates, [with_gate(0.3)])
    assert [c.scores[Kind.COPY] for c in chosen] == [0.7, 0.5]


def test_the_gate_lets_fifty_through_at_most_and_breaks_ties_by_id():
    rng = np.random.default_rng(0)
    candidates = scored(*[0.5] * 90)
    shuffled = [candidates[i] for i in rng.permutation(90)]
    names = [c.reference_id for c in gate(shuffled, [with_gate(0.0)])]
    assert names == [f"r{i:02d}" for i in range(50)]


def test_without_a_calibration_whatever_is_alike_at_all_is_let_through():
    chosen = gate(scored(0.05, -0.1, 0.0), [calibrated(None)])
    assert [c.reference_id for c in chosen] == ["r00"]


def test_a_ranker_orders_everything_by_the_normalized_score(channel):
    page = Image.new("RGB", (3 * SIDE_PX, 2 * SIDE_PX), "white")
    page.paste(draw_product("boxes"), (SIDE_PX, 40))
    for shown, least in ((draw_product("boxes"), 0.5), (page, 0.2)):
        picture = decoded(shown)
        [result] = EmbeddingRanker(channel).match_all([picture], limit=50)
        found = result.matches
        assert found[0].reference_id == "boxes-0"
        assert found[0].similarity > least
        scores = [each.similarity for each in found]
        assert scores == sorted(scores, reverse=True)
        assert {each.reference_id for each in found} == channel.index.ids
        vectors = channel.embedder.embed_regions([picture.pixels])[0]
        own = channel.embedder.embed([decoded(draw_product("boxes")).pixels])[0]
        offsets = channel.embedder.calibration.offsets(vectors)
        assert scores[0] == pytest.approx(float((vectors @ own - offsets).max()), 1e-4)


def test_a_rankers_verdict_is_that_of_the_calibrated_thresholds(channel):
    calibration = channel.embedder.calibration
    ranker = EmbeddingRanker(channel)
    seen = set()
    for shown in (
        draw_product("boxes"),
        draw_scene(300, 200, seed=1),
        *(EDITS[edit](draw_product("shirts")) for edit in EDITS),
    ):
        [result] = ranker.match_all([decoded(shown)])
        best = result.matches[0].similarity
        assert (result.verdict is Verdict.MATCH) == (best >= calibration.match)
        assert (result.verdict is Verdict.NO_MATCH) == (best < calibration.review)
        seen.add(result.verdict)
    assert len(seen) >= 2
