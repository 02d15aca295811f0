"""Keeps scans: every picture, every match, and what it was computed with."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from sqlalchemy.orm import Session

from detector.catalogue.references import Reference
from detector.listings.scan import ScannedImage
from detector.matching.match import Match, Quad
from detector.store.inserting import insert_new
from detector.store.scan_tables import (
    BasisRow,
    ScanImageRow,
    ScanMatchRow,
    ScanRow,
)
from detector.store.store import Store
from detector.store.table import utc_now

BATCH_SIZE = 32
"""Pictures in one transaction."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What matches are computed with; needed to compute them again.

    Attributes:
        recipe: of the local features.
        models: kind, model and weights hash of each embedder.
        policy: every threshold by name.
        watermark: change number that the indexes have taken in.
    """

    recipe: str
    models: tuple[dict[str, str], ...]
    policy: dict[str, float | str]
    watermark: int

    @property
    def id(self) -> str:
        """Hash of all but the watermark, which moves with every import."""
        content = json.dumps([self.recipe, self.models, self.policy], sort_keys=True)
        return "basis_" + sha256(content.encode()).hexdigest()[:24]


class ScanRecord:
    """Writes one scan, in batches; a scan cut short keeps what was written."""

    def __init__(self, store: Store, basis: Basis) -> None:
        self.id = "scan_" + uuid.uuid4().hex
        self._store = store
        self._basis = basis
        self._num_written = 0
        self._waiting: list[ScannedImage] = []
        with store.database.write() as session:
            keep_basis(session, basis)
            session.add(ScanRow(id=self.id))

    def add(self, scanned: ScannedImage) -> None:
        """Take the next result."""
        self._waiting.append(scanned)
        if len(self._waiting) >= BATCH_SIZE:
            self._write(is_last=False)

    def finish(self) -> None:
        """Write the rest and mark the scan as complete."""
        self._write(is_last=True)

    def _write(self, *, is_last: bool) -> None:
        with self._store.database.write() as session:
            for position, scanned in enumerate(self._waiting, start=self._num_written):
                session.add(self._image_row(position, scanned))
                session.flush()
                session.add_all(self._match_rows(position, scanned))
            if is_last:
                session.get_one(ScanRow, self.id).finished_at = utc_now()
        self._num_written += len(self._waiting)
        self._waiting = []

    def _image_row(self, position: int, scanned: ScannedImage) -> ScanImageRow:
        return ScanImageRow(
            scan_id=self.id,
            position=position,
            image=scanned.image,
            sha256=scanned.sha256,
            verdict=scanned.result.verdict if scanned.result else None,
            error=scanned.error,
        )

    def _match_rows(
        self, position: int, scanned: ScannedImage
    ) -> Sequence[ScanMatchRow]:
        matches = scanned.result.matches if scanned.result else ()
        return match_rows(
            (self.id, position), matches, scanned.references, basis=self._basis
        )


def keep_basis(session: Session, basis: Basis) -> None:
    """Store what matches are computed with, once."""
    insert_new(
        session,
        BasisRow,
        id=basis.id,
        recipe=basis.recipe,
        models=list(basis.models),
        policy=basis.policy,
    )


def match_rows(
    place: tuple[str, int],
    matches: Sequence[Match],
    references: Mapping[str, Reference],
    *,
    basis: Basis,
) -> list[ScanMatchRow]:
    """Turn matches into rows; those whose reference has gone are left out.

    Args:
        place: scan and position of the picture.
        matches: of the picture, best first.
        references: by id.
        basis: what they were computed with.
    """
    return [
        _match_row(
            place, rank, match, references[match.reference_id].image_sha256, basis
        )
        for rank, match in enumerate(matches)
        if match.reference_id in references
    ]


def _match_row(
    place: tuple[str, int],
    rank: int,
    match: Match,
    reference_sha256: str,
    basis: Basis,
) -> ScanMatchRow:
    scan_id, position = place
    homography = match.homography
    return ScanMatchRow(
        scan_id=scan_id,
        position=position,
        rank=rank,
        reference_id=match.reference_id,
        reference_sha256=reference_sha256,
        basis_id=basis.id,
        watermark=basis.watermark,
        similarity=match.similarity,
        likelihood=match.likelihood,
        relation=match.relation,
        mirrored=match.mirrored,
        num_inliers=match.num_inliers,
        query_region=_points(match.query_region),
        reference_region=_points(match.reference_region),
        query_overlap=match.query_overlap,
        reference_overlap=match.reference_overlap,
        homography=None if homography is None else np.asarray(homography).tolist(),
        signals={name: float(value) for name, value in match.signals.items()},
    )


def _points(region: Quad | None) -> list[list[float]] | None:
    return None if region is None else [[float(x), float(y)] for x, y in region]
