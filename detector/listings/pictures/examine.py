"""Looks at pictures nobody has looked at yet: many at once, each as far as needed."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from sqlalchemy import select

from detector.catalogue.references import Reference, find_references
from detector.errors import DetectorError
from detector.images import DecodedImage
from detector.listings.engine import Engine
from detector.listings.pictures.known import KnownPictures
from detector.listings.pictures.look import (
    Look,
    Opened,
    look_at_all,
    open_picture,
)
from detector.listings.pictures.result import PictureResult, read_results
from detector.listings.pictures.standing import Standing
from detector.matching.geometry import Matrix, project
from detector.matching.match import Match, Quad, Verdict
from detector.matching.steps import Step, timed
from detector.store.listing_tables import PictureBytesRow, PictureRow
from detector.store.store import Store

CHUNK = 16
"""Pictures looked at before the next are read: bounds what is held in memory."""
MOST_MATCHES = 10
WORTH_KEEPING = 0.05
"""Similarity below which a match is not kept, unless it is the best."""

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found of one picture.

    Attributes:
        sha256: of its bytes.
        look: what was worked out of it; None if it is unreadable, or its bytes gone.
        matches: best first.
        verdict: over them; None if it is unreadable.
        references: of the matches, by id.
        same_as: the picture whose result was taken over; None if it has its own.
        error: why it is unreadable.
    """

    sha256: str
    look: Look | None = None
    matches: tuple[Match, ...] = ()
    verdict: Verdict | None = None
    references: Mapping[str, Reference] | None = None
    same_as: str | None = None
    error: DetectorError | None = None


class Examiner:
    """Decodes, embeds, searches and verifies, in threads that are shared.

    Args:
        store: where pictures' bytes wait.
        known: pictures that were looked at before.
        threads: pictures worked on at once.
    """

    def __init__(self, store: Store, known: KnownPictures, *, threads: int) -> None:
        self._store = store
        self._known = known
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="scan")

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def examine(self, digests: Sequence[str], standing: Standing) -> list[Examined]:
        """Examine pictures whose bytes are at hand; others are left out.

        Matched pictures' bytes are put into the blob store on the way.
        """
        engine = standing.engine

        def open_one(digest: str) -> Opened | Examined | None:
            data = self._read(digest)
            if data is None:
                return None
            try:
                with timed(engine.observe, Step.DECODE):
                    return open_picture(data, engine.extractor)
            except DetectorError as error:
                return Examined(digest, error=error)

        def look_at_some(share: Sequence[Opened]) -> list[Look]:
            with timed(engine.observe, Step.LOOK):
                return look_at_all(share, engine.extractor)

        tried = self._map(open_one, digests)
        found = [each for each in tried if isinstance(each, Examined)]
        opened = [each for each in tried if isinstance(each, Opened)]
        looked = self._map(look_at_some, self._shares(opened))
        images = {each.sha256: each.image for each in opened}
        pairs = [(look, images[look.sha256]) for share in looked for look in share]
        twins = self._twins([look for look, _ in pairs], standing)

        found += [
            as_twin(look, twins[look.sha256])
            for look, _ in pairs
            if look.sha256 in twins
        ]
        shares = self._shares([pair for pair in pairs if pair[0].sha256 not in twins])
        for some in self._map(lambda share: self._match(share, engine), shares):
            found += some
        self._map(self._keep_evidence, found)
        return found

    def _shares(self, items: Sequence[Item]) -> list[Sequence[Item]]:
        """Deal items out to the threads; what is worked on together gains from it."""
        shares = [items[number :: self._threads] for number in range(self._threads)]
        return [share for share in shares if share]

    def _keep_evidence(self, examined: Examined) -> None:
        """Keep the bytes that evidence is drawn from; others leave hash and vectors."""
        if examined.verdict in (Verdict.MATCH, Verdict.REVIEW):
            data = self._read(examined.sha256)
            if data is not None:
                self._store.blobs.put(data)

    def _map(
        self, work: Callable[[Item], Result], items: Sequence[Item]
    ) -> list[Result]:
        return list(self._pool.map(work, items))

    def _read(self, digest: str) -> bytes | None:
        """Read a picture's bytes, where they wait or where evidence is kept."""
        query = select(PictureBytesRow.data).where(PictureBytesRow.sha256 == digest)
        with self._store.database.read() as session:
            data = session.scalar(query)
            row = session.get(PictureRow, digest) if data is None else None
        blobs = self._store.blobs
        if row is not None and row.is_kept and blobs.size(digest) is not None:
            return blobs.read(digest)
        return data

    def _twins(
        self, looks: Sequence[Look], standing: Standing
    ) -> dict[str, PictureResult]:
        """Find pictures so alike that their results hold for these."""
        with self._store.database.read() as session:
            self._known.refresh(session)
            found = {
                look.sha256: twin
                for look in looks
                if (twin := self._known.find_twin(session, look)) is not None
                and twin != look.sha256
            }
            query = select(PictureRow).where(PictureRow.sha256.in_(set(found.values())))
            rows = session.scalars(query).all() if found else []
            holding = standing.in_force(session, rows)
            results = read_results(session, holding)
        return {
            digest: results[twin] for digest, twin in found.items() if twin in results
        }

    def _match(
        self, pairs: Sequence[tuple[Look, DecodedImage]], engine: Engine
    ) -> list[Examined]:
        weights = engine.copy_channel.embedder.weights_hash
        results = engine.matcher.match_all(
            [image for _, image in pairs],
            limit=MOST_MATCHES,
            vectors=[{weights: look.vectors} for look, _ in pairs],
        )
        found = []
        for (look, _), result in zip(pairs, results, strict=True):
            matches = tuple(
                match
                for rank, match in enumerate(result.matches)
                if rank == 0 or match.similarity >= WORTH_KEEPING
            )
            with self._store.database.read() as session:
                references = find_references(session, [m.reference_id for m in matches])
            found.append(
                Examined(
                    look.sha256, look, matches, result.verdict, references=references
                )
            )
        return found


def as_twin(look: Look, twin: PictureResult) -> Examined:
    """Take over the result of a picture that differs in nothing but its size."""
    return Examined(
        look.sha256,
        look,
        tuple(
            _moved(m, (twin.width or look.width, twin.height or look.height), look)
            for m in twin.matches
            if m.reference_id in twin.references
        ),
        twin.verdict,
        references=twin.references,
        same_as=twin.sha256,
    )


def _moved(match: Match, size: tuple[int, int], look: Look) -> Match:
    """Move a match from a picture of one size to the same one of another.

    Pixel centres lie at whole numbers: half a pixel is added before scaling.
    """
    x, y = look.width / size[0], look.height / size[1]
    scale = np.array([[x, 0, x / 2 - 0.5], [0, y, y / 2 - 0.5], [0, 0, 1]])
    homography = match.homography
    return replace(
        match,
        query_region=_region(match.query_region, scale),
        homography=None if homography is None else scale @ homography,
    )


def _region(region: Quad | None, scale: Matrix) -> Quad | None:
    if region is None:
        return None
    first, second, third, fourth = (
        (round(float(x), 1), round(float(y), 1))
        for x, y in project(scale, np.array(region))
    )
    return first, second, third, fourth
