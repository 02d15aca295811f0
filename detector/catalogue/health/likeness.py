"""Pictures that look the same: within a brand's catalogue, and among other brands'."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.catalogue.features import Extractor
from detector.catalogue.health.own import OwnPicture
from detector.catalogue.health.watch import Watch
from detector.catalogue.references import find_references
from detector.catalogue.stored_descriptions import StoredDescriptions
from detector.errors import DetectorError
from detector.matching.describe import Query
from detector.matching.match import Match, Relation
from detector.matching.matcher import judge
from detector.matching.retrieve import Candidate
from detector.matching.scoring import Scoring
from detector.matching.verify import Inspection
from detector.store.store import Store
from detector.workers import map_in_order
from index.vector_index import VectorIndex

SAME_PICTURE_GATE = 0.9
"""Cosine from which two pictures of one brand are looked at closely. Measured: the same
picture saved at quality 40 has 0.95, at a third of its size 0.98."""

COLLISION_GATE = 0.8
"""Likewise for other brands' pictures, where a shared photo may have been trimmed:
with 4 % off it has 0.95. Of packshots of a supermarket, 0.02 % of all pairs have it."""

LOOKALIKE = 0.8
"""Cosine from which another picture of the brand counts as looking nearly the same."""

MAX_LOOKS = 8
"""Pictures that one is compared with closely, the nearest first; about 25 ms each."""

_ROWS_AT_ONCE = 512
_FIRST_HITS = 32

Vectors = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Likenesses:
    """What was found, by the pictures' SHA-256.

    Attributes:
        same: groups of different files that show the same picture.
        colliding: pictures that look the same as one of another brand.
        lookalikes: how many other products' pictures look nearly the same.
        unreadable: pictures whose file could not be read.
    """

    same: tuple[frozenset[str], ...]
    colliding: frozenset[str]
    lookalikes: Mapping[str, int]
    unreadable: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Look:
    """What a close look at one picture found."""

    same: tuple[str, ...] = ()
    collides: bool = False
    is_readable: bool = True


@dataclass(frozen=True, slots=True)
class LikenessSearch:
    """What it takes to find pictures that look the same.

    Attributes:
        store: has the files.
        extractor: decodes them.
        descriptions: of all brands' references.
        index: of all brands' copy embeddings.
        scoring: the live one.
        brand: name of the brand.
        own_ids: its references.
    """

    store: Store
    extractor: Extractor
    descriptions: StoredDescriptions
    index: VectorIndex
    scoring: Scoring
    brand: str
    own_ids: frozenset[str]

    def run(
        self,
        pictures: Sequence[OwnPicture],
        vectors: Vectors,
        *,
        threads: int,
        watch: Watch,
    ) -> Likenesses:
        """Look at every picture; one that shows what another does is looked at once.

        Args:
            pictures: of the brand, those that have a vector, each file once.
            vectors: SHA-256 → (dim,), L2-normalized.
            threads: pictures looked at at once.
            watch: told of each picture.
        """
        near, lookalikes = _neighbours(pictures, vectors)
        same = _Groups()
        colliding, unreadable = set(), set()

        def look(picture: OwnPicture) -> _Look:
            return self._look(picture, near[picture.sha256], vectors[picture.sha256])

        with closing(map_in_order(look, pictures, threads=threads)) as looks:
            for picture, found in zip(pictures, looks, strict=False):
                for other in found.same:
                    same.join(picture.sha256, other)
                if found.collides:
                    colliding.add(picture.sha256)
                if not found.is_readable:
                    unreadable.add(picture.sha256)
                watch.advance()
                if watch.is_stopping:
                    break
        return Likenesses(
            tuple(same.groups()),
            frozenset(colliding),
            lookalikes,
            frozenset(unreadable),
        )

    def _look(
        self,
        picture: OwnPicture,
        near: Sequence[OwnPicture],
        vector: NDArray[np.float32],
    ) -> _Look:
        foreign = self._foreign(vector)
        with self.store.database.read() as session:
            known = find_references(session, foreign)
        # The index may hold what the brand has disabled or added meanwhile.
        known = {name: r for name, r in known.items() if r.brand != self.brand}
        foreign = [name for name in foreign if name in known]
        is_same_file = any(r.image_sha256 == picture.sha256 for r in known.values())
        if not near and (is_same_file or not foreign):
            return _Look(collides=is_same_file)
        try:
            data = self.store.blobs.read(picture.sha256)
            image = self.extractor.decode(data)
        except DetectorError:
            return _Look(collides=is_same_file, is_readable=False)
        query = Query(image.pixels, image.width, image.height)
        same = tuple(
            other.sha256 for other in near if self._is_same(query, other.reference_id)
        )
        collides = is_same_file or any(self._is_copy(query, name) for name in foreign)
        return _Look(same, collides)

    def _foreign(self, vector: NDArray[np.float32]) -> list[str]:
        """Name the nearest references that are not the brand's, in the live index."""
        k = _FIRST_HITS
        while True:
            hits = self.index.search(vector[None], k)[0]
            close = [hit.id for hit in hits if hit.score >= COLLISION_GATE]
            foreign = [name for name in close if name not in self.own_ids]
            is_all = len(close) < len(hits) or len(hits) < k
            if is_all or len(foreign) >= MAX_LOOKS:
                return foreign[:MAX_LOOKS]
            k *= 4

    def _is_same(self, query: Query, reference_id: str) -> bool:
        match = self._compare(query, reference_id)
        return match is not None and match.relation is Relation.SAME_PHOTO

    def _is_copy(self, query: Query, reference_id: str) -> bool:
        match = self._compare(query, reference_id)
        return (
            match is not None
            and match.relation in (Relation.SAME_PHOTO, Relation.EDITED_PHOTO)
            and match.similarity >= self.scoring.match_threshold
        )

    def _compare(self, query: Query, reference_id: str) -> Match | None:
        try:
            found = self.descriptions.descriptions([reference_id])
        except DetectorError:
            return (
                None  # told where it belongs: nothing of another brand's is told here
            )
        if reference_id not in found:
            return None
        candidate = Candidate(reference_id)
        inspection = Inspection(query, candidate, found[reference_id])
        verification = inspection.look(thorough=False, flips=(False,))
        return judge(query, verification, self.scoring)


def _neighbours(
    pictures: Sequence[OwnPicture], vectors: Vectors
) -> tuple[dict[str, list[OwnPicture]], dict[str, int]]:
    """Find each picture's nearest ones of the brand, and count its look-alikes.

    A pair is listed once, with the smaller picture: pixels are compared in the frame of
    the reference, and a small one enlarged would miss detail.
    """
    near: dict[str, list[OwnPicture]] = defaultdict(list)
    lookalikes: dict[str, int] = {}
    if not pictures:
        return near, lookalikes
    matrix = np.stack([vectors[picture.sha256] for picture in pictures])
    pairs = set()
    for start in range(0, len(pictures), _ROWS_AT_ONCE):
        scores = matrix[start : start + _ROWS_AT_ONCE] @ matrix.T
        for row, scores_of_one in enumerate(scores, start=start):
            picture = pictures[row]
            (alike,) = np.nonzero(scores_of_one >= LOOKALIKE)
            others = [
                (-float(scores_of_one[i]), int(i)) for i in alike.tolist() if i != row
            ]
            lookalikes[picture.sha256] = sum(
                _is_other_product(picture, pictures[i]) for _, i in others
            )
            nearest = sorted(o for o in others if -o[0] >= SAME_PICTURE_GATE)
            pairs |= {_ordered(pictures, row, i) for _, i in nearest[:MAX_LOOKS]}
    for small, large in sorted(pairs):
        near[pictures[small].sha256].append(pictures[large])
    return near, lookalikes


def _is_other_product(picture: OwnPicture, other: OwnPicture) -> bool:
    """Tell other products apart; where none is known, each picture counts as one."""
    return picture.product_id is None or picture.product_id != other.product_id


def _ordered(
    pictures: Sequence[OwnPicture], first: int, second: int
) -> tuple[int, int]:
    def size(i: int) -> tuple[int, int]:
        return pictures[i].width * pictures[i].height, i

    small, large = sorted((first, second), key=size)
    return small, large


class _Groups:
    """Joins what belongs together."""

    def __init__(self) -> None:
        self._leaders: dict[str, str] = {}

    def join(self, first: str, second: str) -> None:
        """Put two things, and all that they were joined with, into one group."""
        leaders = {self._leader(first), self._leader(second)}
        for leader in leaders:
            self._leaders[leader] = min(leaders)

    def groups(self) -> list[frozenset[str]]:
        """List the groups, each of two or more."""
        members: dict[str, set[str]] = defaultdict(set)
        for name in self._leaders:
            members[self._leader(name)].add(name)
        return [frozenset(members[leader]) for leader in sorted(members)]

    def _leader(self, name: str) -> str:
        while self._leaders.setdefault(name, name) != name:
            name = self._leaders[name]
        return name
