"""What decisions have taught about pictures and references, as flags need it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from detector.catalogue.references import chunks
from detector.listings.pictures.result import PictureResult
from detector.matching.likelihood import Curve, read_curve
from detector.store.standing_tables import (
    CalibrationRow,
    DismissedLikenessRow,
    ReferenceRecordRow,
)

APPLIED = "applied"


@dataclass(frozen=True, slots=True)
class Lessons:
    """What was learned of the pictures and references at hand.

    Attributes:
        quarantined: references that raise no flag.
        dismissed: pairs of a picture, or of its cluster, and a reference.
        curves: brand → its curve; None → that of all brands without one.
    """

    quarantined: frozenset[str]
    dismissed: frozenset[tuple[str, str]]
    curves: Mapping[str | None, Curve]

    def silence(self, result: PictureResult, reference_id: str) -> bool:
        """Say whether a match of a picture is to raise no flag."""
        names = (result.sha256, result.cluster_id or result.sha256)
        return reference_id in self.quarantined or any(
            (name, reference_id) in self.dismissed for name in names
        )

    def likelihood(self, brand_id: str, similarity: float) -> float | None:
        """Say how likely a reviewer confirms a match; None where not calibrated."""
        curve = self.curves.get(brand_id) or self.curves.get(None)
        return None if curve is None else round(curve(similarity), 6)


def read_lessons(session: Session, results: Iterable[PictureResult]) -> Lessons:
    """Read what was learned of pictures, and of what they match."""
    some = list(results)
    ids = sorted({match.reference_id for each in some for match in each.matches})
    digests = {each.sha256 for each in some}
    clusters = {each.cluster_id for each in some if each.cluster_id is not None}
    quarantined: set[str] = set()
    dismissed: set[tuple[str, str]] = set()
    for part in chunks(ids):
        held_back = select(ReferenceRecordRow.reference_id).where(
            ReferenceRecordRow.reference_id.in_(part),
            ReferenceRecordRow.is_quarantined,
        )
        quarantined.update(session.scalars(held_back))
        pairs = select(DismissedLikenessRow).where(
            DismissedLikenessRow.reference_id.in_(part),
            or_(
                DismissedLikenessRow.picture_sha256.in_(digests),
                DismissedLikenessRow.cluster_id.in_(clusters),
            ),
        )
        for row in session.scalars(pairs):
            dismissed.add((row.picture_sha256, row.reference_id))
            if row.cluster_id is not None:
                dismissed.add((row.cluster_id, row.reference_id))
    return Lessons(frozenset(quarantined), frozenset(dismissed), read_curves(session))


def read_curves(session: Session) -> dict[str | None, Curve]:
    """Read the curves in force: by brand, and under None that of all others."""
    rows = session.scalars(
        select(CalibrationRow).where(CalibrationRow.state == APPLIED)
    )
    return {row.brand_id: read_curve(row.method, row.parameters) for row in rows}
