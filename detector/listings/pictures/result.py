"""What is known of a listing picture: the result in force, read back from its scan."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from detector.catalogue.references import Reference, chunks, find_references
from detector.matching.match import Match, Quad, Relation, Verdict
from detector.store.listing_tables import PictureRow
from detector.store.scan_tables import Point, ScanMatchRow


@dataclass(frozen=True, slots=True)
class PictureResult:
    """A picture that was looked at.

    Attributes:
        sha256: of its bytes.
        verdict: over all matches, when it was looked at; None if it is unreadable.
        matches: the most similar first, also those below the thresholds.
        references: of the matches by id, those only that are still searched, and still
            show what they showed.
        cluster_id: of the pictures that are the same, recompressed or resized.
        same_as: the picture whose result was taken over; None if it has its own.
        error_code: why there is no verdict; None if there is one.
        error: likewise, in words.
        width: of the picture, in pixels; None if it is unreadable.
        height: likewise.
        is_kept: its bytes are kept.
        basis_id: what the matches were computed with.
        watermark: change of the catalogue that they have seen.
    """

    sha256: str
    verdict: Verdict | None
    matches: tuple[Match, ...]
    references: Mapping[str, Reference]
    cluster_id: str | None
    same_as: str | None
    error_code: str | None
    error: str | None
    width: int | None
    height: int | None
    is_kept: bool
    basis_id: str | None
    watermark: int | None


def read_results(session: Session, digests: Iterable[str]) -> dict[str, PictureResult]:
    """Read the results in force of pictures; those never looked at are left out."""
    rows: list[PictureRow] = []
    for some in chunks(sorted(set(digests))):
        rows += session.scalars(select(PictureRow).where(PictureRow.sha256.in_(some)))
    found = _stored_matches(session, rows)
    references = find_references(
        session, {m.reference_id for matches in found.values() for m in matches}
    )
    return {row.sha256: _result(row, found[row.sha256], references) for row in rows}


def _stored_matches(
    session: Session, rows: Sequence[PictureRow]
) -> dict[str, list[ScanMatchRow]]:
    """Read the matches of pictures' results, the most similar first."""
    places = {
        (row.result_scan_id, row.result_position): row.sha256
        for row in rows
        if row.result_scan_id is not None
    }
    matches: dict[str, list[ScanMatchRow]] = defaultdict(list)
    keys = list(places)
    for start in range(0, len(keys), 100):
        some = keys[start : start + 100]
        query = select(ScanMatchRow).where(
            tuple_(ScanMatchRow.scan_id, ScanMatchRow.position).in_(some)
        )
        for row in session.scalars(query.order_by(ScanMatchRow.rank)):
            matches[places[row.scan_id, row.position]].append(row)
    return matches


def _result(
    row: PictureRow,
    matches: Sequence[ScanMatchRow],
    references: Mapping[str, Reference],
) -> PictureResult:
    return PictureResult(
        sha256=row.sha256,
        verdict=None if row.verdict is None else Verdict(row.verdict),
        matches=tuple(as_match(match) for match in matches),
        references={
            match.reference_id: references[match.reference_id]
            for match in matches
            if _still_shows(references.get(match.reference_id), match)
        },
        cluster_id=row.cluster_id,
        same_as=row.same_as,
        error_code=row.error_code,
        error=row.error,
        width=row.width,
        height=row.height,
        is_kept=row.is_kept,
        basis_id=row.basis_id,
        watermark=row.watermark,
    )


def _still_shows(reference: Reference | None, match: ScanMatchRow) -> bool:
    """Tell whether a reference is searched, under the picture that was matched."""
    return reference is not None and reference.image_sha256 == match.reference_sha256


def as_match(row: ScanMatchRow) -> Match:
    """Turn a stored match into what the matcher said."""
    homography = row.homography
    return Match(
        reference_id=row.reference_id,
        similarity=row.similarity,
        likelihood=row.likelihood,
        relation=Relation(row.relation),
        mirrored=row.mirrored,
        num_inliers=row.num_inliers,
        query_region=_quad(row.query_region),
        reference_region=_quad(row.reference_region),
        query_overlap=row.query_overlap,
        reference_overlap=row.reference_overlap,
        homography=None if homography is None else np.array(homography, np.float64),
        signals=dict(row.signals),
    )


def _quad(points: list[Point] | None) -> Quad | None:
    return None if points is None else cast(Quad, tuple((p[0], p[1]) for p in points))
