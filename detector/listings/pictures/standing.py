"""Whether what was found of a picture still holds, now that the catalogue moved on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.errors import ImageTooLarge
from detector.listings.engine import Engine
from detector.listings.pictures.look import unpack_vectors
from detector.listings.scan_record import Basis
from detector.matching.match import Match, Relation, Verdict
from detector.matching.matcher import conclude
from detector.matching.retrieve import EMBEDDED
from detector.store.listing_tables import PictureRow
from detector.store.scan_tables import ScanMatchRow
from detector.store.tables import CatalogueChangeRow

MOST_CHANGES = 5_000
"""Changes after which looking again costs less than looking through them."""
VECTORS_ONLY = "vectors_only"
"""Signal of a match for which no picture was at hand to verify it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Judges stored results against the engine as it is now.

    Attributes:
        engine: what pictures are matched with.
        basis: of the engine, read before anything is judged.
    """

    engine: Engine
    basis: Basis

    def in_force(self, session: Session, rows: Sequence[PictureRow]) -> set[str]:
        """Name the pictures whose result would be the same today.

        Models and thresholds must be those of now. References that came since the
        result must be none that the picture's vectors come near; where points vote as
        well, any that came may matter. References that went need no second look:
        their matches are left out when a result is read.
        """
        holding = {row.sha256 for row in rows if self._is_same_basis(row)}
        late = [
            row
            for row in rows
            if row.sha256 in holding
            and row.verdict is not None
            and (row.watermark or 0) < self.basis.watermark
        ]
        if not late:
            return holding
        added = self._added_since(session, min(row.watermark or 0 for row in late))
        for row in late:
            new = {id for id, seq in added.items() if seq > (row.watermark or 0)}
            if new and not self._is_far_from(session, row, new):
                holding.discard(row.sha256)
        return holding

    def judge_vectors(self, row: PictureRow) -> tuple[tuple[Match, ...], Verdict]:
        """Match a picture by its stored vectors, as its bytes are gone.

        Similarities are the embedding's normalized scores, placed so that its threshold
        for `match` falls on that for `review`: nothing was verified, so it is never
        more. A lower one would flag too much: of edited packshots that copy nothing
        42 % lie above the embedding's own threshold for `review`, 7 % above this one.
        Without a calibration it is nothing at all.
        """
        calibration = self.engine.copy_channel.embedder.calibration
        if calibration is None or not self._has_vectors(row):
            return (), Verdict.NO_MATCH
        scoring = self.engine.matcher.scoring
        review, match = scoring.review_threshold, scoring.match_threshold
        matches = [
            _as_match(
                id,
                float(np.interp(score, (0, calibration.match, 1), (0, review, 1))),
                score,
            )
            for id, score in self._nearest(row)[:10]
            if score >= calibration.gate
        ]
        verdict = conclude(matches, match_threshold=match, review_threshold=review)
        return tuple(matches), verdict

    def _is_same_basis(self, row: PictureRow) -> bool:
        if row.error_code is not None:
            # The limit may be another by now; its file is what it was.
            return row.error_code != ImageTooLarge.code
        return row.basis_id == self.basis.id

    def _added_since(self, session: Session, watermark: int) -> Mapping[str, int]:
        """List what came after a change number, with the number of its last change."""
        query = (
            select(CatalogueChangeRow.reference_id, CatalogueChangeRow.seq)
            .where(CatalogueChangeRow.seq > watermark, CatalogueChangeRow.kind == "add")
            .order_by(CatalogueChangeRow.seq)
        )
        return {id: seq for id, seq in session.execute(query)}

    def _is_far_from(self, session: Session, row: PictureRow, added: set[str]) -> bool:
        votes = self.engine.index.local is not None
        calibration = self.engine.copy_channel.embedder.calibration
        if votes or calibration is None or not self._has_vectors(row):
            return False
        if len(added) > MOST_CHANGES or added & _matched(session, row):
            return False
        return not any(
            id in added and score > calibration.gate for id, score in self._nearest(row)
        )

    def _has_vectors(self, row: PictureRow) -> bool:
        weights = self.engine.copy_channel.embedder.weights_hash
        return row.vectors is not None and row.weights_hash == weights

    def _nearest(self, row: PictureRow) -> list[tuple[str, float]]:
        if row.vectors is None:
            return []
        vectors, offsets = unpack_vectors(row.vectors)
        [hits] = self.engine.copy_channel.nearest(
            vectors[None], offsets[None], EMBEDDED
        )
        return [(hit.id, hit.score) for hit in hits]


def _matched(session: Session, row: PictureRow) -> set[str]:
    """Name the references of a result; one that was replaced counts as added."""
    query = select(ScanMatchRow.reference_id).where(
        ScanMatchRow.scan_id == row.result_scan_id,
        ScanMatchRow.position == row.result_position,
    )
    return set(session.scalars(query))


def _as_match(reference_id: str, similarity: float, score: float) -> Match:
    return Match(
        reference_id=reference_id,
        similarity=similarity,
        likelihood=None,
        relation=Relation.LOOKALIKE,
        mirrored=False,
        num_inliers=0,
        query_region=None,
        reference_region=None,
        query_overlap=0.0,
        reference_overlap=0.0,
        homography=None,
        signals={"embedding": score, VECTORS_ONLY: 1.0},
    )
