"""The steps of a scan, one by one, on the pictures of one scan."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.catalogue.features import Extractor
from detector.catalogue.search_index import SearchIndex
from detector.catalogue.stored_descriptions import StoredDescriptions
from detector.images import DecodedImage
from detector.matching.describe import WORKING_PX, Description, Query
from detector.matching.retrieve import (
    EMBEDDED,
    VOTED,
    Candidate,
    Channel,
    Kind,
    retrieve,
)
from detector.matching.verify import Inspection, Verification
from detector.store.store import Store
from models.embedder import Embedder
from scripts.benchmarks.timing import Timing, measure


@dataclass(frozen=True, slots=True)
class _Pair:
    """A query and its best candidate, everything about both at hand."""

    query: Query
    candidate: Candidate
    reference: Description


class Steps:
    """Times what a scan goes through for each picture."""

    def __init__(
        self,
        store: Store,
        extractor: Extractor,
        index: SearchIndex,
        files: Sequence[Path],
    ) -> None:
        """Read and decode the pictures.

        Args:
            store: where the references are described.
            extractor: decodes and embeds.
            index: up to date.
            files: pictures to work on.
        """
        self.store = store
        self.extractor = extractor
        self.index = index
        self.files = [path.read_bytes() for path in files]
        self.images = [extractor.decode(data) for data in self.files]

    def decode(self) -> Iterator[Timing]:
        """Bytes to pixels."""
        yield measure(
            "decode", f"to {WORKING_PX} px", self.extractor.decode, self.files
        )

    def describe(self) -> Iterator[Timing]:
        """Pixels to local features; nothing is at hand from the time before."""
        for name, work in (
            ("ORB", lambda image: _query(image).orb),
            ("ORB, mirrored", lambda image: _query(image).mirrored_orb),
            ("SIFT, where ORB leaves doubt", lambda image: _query(image).sift),
        ):
            yield measure("describe", name, work, self.images)

    def embed(self) -> Iterator[Timing]:
        """Pixels to vectors."""
        for embedder in self.extractor.embedders.values():
            yield measure(
                "embed",
                f"{embedder.name}, {len(embedder.regions)} regions",
                partial(_embed, embedder),
                self.images,
            )

    def search(self) -> Iterator[Timing]:
        """Codes, where they vote, and vectors to candidates."""
        local = self.index.local
        if local is not None:
            yield measure(
                "search",
                f"votes of both orientations, {local.num_codes:,} codes",
                partial(local.search, k=VOTED),
                self.codes(),
            )
        for _, embedder, index in self.index.channels:
            yield measure(
                "search",
                f"{len(embedder.regions)} vectors among {len(index):,}",
                partial(index.search, k=EMBEDDED),
                self.vectors(embedder),
            )

    def verify(self, whose: str) -> Iterator[Timing]:
        """Each picture's best candidate, by the cheap look and by the thorough one."""
        pairs = list(self._best_pairs())
        for name, is_thorough in (("by ORB", False), ("by ORB and SIFT", True)):
            yield measure(
                "verify",
                f"best candidate of {whose}, {name}",
                partial(_verify, thorough=is_thorough),
                pairs,
                unit="candidate",
            )

    def codes(self) -> list[list[NDArray[np.uint8]]]:
        """Codes of each picture: as it is, and mirrored."""
        queries = [_query(image) for image in self.images]
        return [[q.orb.descriptors, q.mirrored_orb.descriptors] for q in queries]

    def vectors(self, embedder: Embedder) -> list[NDArray[np.float32]]:
        """Vectors of each picture's regions."""
        return [_embed(embedder, image) for image in self.images]

    def _best_pairs(self) -> Iterator[_Pair]:
        channels = [Channel(e, i, Kind(kind)) for kind, e, i in self.index.channels]
        descriptions = StoredDescriptions(self.store)
        for image in self.images:
            query = _query(image)
            [found] = retrieve([query], self.index.local, channels)
            if not found:
                continue
            best = max(
                found,
                key=lambda c: (c.best_votes, max(c.scores.values()), c.reference_id),
            )
            reference = descriptions.descriptions([best.reference_id])
            # Worked out here, so that they are not counted to the first verification.
            _ = query.sift, query.mirrored_sift, query.small, query.mirrored_small
            yield _Pair(query, best, reference[best.reference_id])


def _embed(embedder: Embedder, image: DecodedImage) -> NDArray[np.float32]:
    vectors: NDArray[np.float32] = embedder.embed_regions([image.pixels])[0]
    return vectors


def _verify(pair: _Pair, *, thorough: bool) -> Verification:
    inspection = Inspection(pair.query, pair.candidate, pair.reference)
    return inspection.look(thorough=thorough)


def _query(image: DecodedImage) -> Query:
    return Query(image.pixels, image.width, image.height)
