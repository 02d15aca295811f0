"""Opening a case, with what holds at that time frozen into it."""

import uuid
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.listings.pictures.result import read_results
from detector.review.actor import SYSTEM, Actor
from detector.review.advance import begin
from detector.review.case_signals import gather_case_signals
from detector.review.clocks.regimes import read_regime
from detector.review.move import Given
from detector.review.policy import read_policy
from detector.review.risk import estimate_risk
from detector.store.case_tables import CaseListingRow, CaseRow
from detector.store.listing_tables import FlagRow, ListingRow
from detector.store.scan_tables import BasisRow

MATCH, NOTICE = "match", "notice"
SHOWN = (
    "title",
    "description",
    "price",
    "currency",
    "condition",
    "gtin",
    "url",
    "seller",
)
"""Of a listing's details, what a case keeps as it was."""


def find_open_case(session: Session, listing_id: str, brand_id: str) -> CaseRow | None:
    """Find the open case that a listing is in, of a brand."""
    query = (
        select(CaseRow)
        .join(CaseListingRow, CaseListingRow.case_id == CaseRow.id)
        .where(
            CaseListingRow.listing_id == listing_id,
            CaseListingRow.brand_id == brand_id,
            CaseListingRow.is_open,
        )
    )
    return session.scalar(query)


def open_case(
    session: Session,
    listing: ListingRow,
    brand_id: str,
    *,
    flag: FlagRow | None,
    at: datetime,
    source: str = MATCH,
    actor: Actor = SYSTEM,
    given: Given | None = None,
    regime: str | None = None,
) -> CaseRow:
    """Open a case about one listing, with what holds now frozen into it.

    A flag that an authorization covers, and that is no sample, makes a case that is
    closed as suppressed.

    Args:
        session: that writes; has made sure that none is open.
        listing: that it is about.
        brand_id: whose right may be infringed.
        flag: that opens it; None if a notice does.
        at: now.
        source: `match`, `notice` or `report`.
        actor: who opens it.
        given: what comes with it.
        regime: whose clocks hold; that of the marketplace's policy if None.
    """
    held = read_policy(session, listing.marketplace)
    key = _draw()
    is_covered = flag is not None and flag.state == "suppressed" and not flag.is_sample
    images = [] if flag is None else list(flag.images)
    case = CaseRow(
        id="case_" + uuid.uuid4().hex,
        listing_id=listing.id,
        brand_id=brand_id,
        marketplace=listing.marketplace,
        seller_id=listing.seller_id,
        cluster_id=None if flag is None else find_cluster(session, flag),
        previous_id=_previous(session, listing.id, brand_id),
        source=source,
        queue="sample" if flag is not None and flag.is_sample else "review",
        is_random=1 - key < held.policy.random_share,
        random_key=key,
        risk=0.0
        if flag is None
        else estimate_risk(flag.verdict, flag.similarity, flag.signals),
        regime=read_regime(regime or held.policy.regime).name,
        policy_version=held.version,
        basis=_basis(session, flag),
        images=images,
        signals={
            **({} if flag is None else flag.signals),
            **gather_case_signals(
                session,
                listing,
                reference_ids=[] if flag is None else _reference_ids(flag),
            ),
        },
        skipped_by=[],
        opened_at=at,
    )
    move = begin(
        session,
        case,
        "suppress" if is_covered else "open",
        [case_listing(case.id, listing, brand_id, flag, at, is_open=not is_covered)],
        actor=actor,
        at=at,
        given=given or Given(),
    )
    return move.case


def case_listing(
    case_id: str,
    listing: ListingRow,
    brand_id: str,
    flag: FlagRow | None,
    at: datetime,
    *,
    is_open: bool,
) -> CaseListingRow:
    """Make the row of a listing in a case, with what the listing says now."""
    return CaseListingRow(
        case_id=case_id,
        listing_id=listing.id,
        brand_id=brand_id,
        flag_id=None if flag is None else flag.id,
        version=listing.version,
        is_open=is_open,
        snapshot={
            **{name: listing.details.get(name) for name in SHOWN},
            "images": [] if flag is None else list(flag.images),
        },
        added_at=at,
        removed_at=None,
    )


def _draw() -> float:
    """Draw a number, 0..1, that nobody can foresee."""
    digest = sha256(uuid.uuid4().bytes).digest()
    return int.from_bytes(digest[:7], "big") / (1 << 56)


def _previous(session: Session, listing_id: str, brand_id: str) -> str | None:
    query = (
        select(CaseRow.id)
        .join(CaseListingRow, CaseListingRow.case_id == CaseRow.id)
        .where(
            CaseListingRow.listing_id == listing_id,
            CaseListingRow.brand_id == brand_id,
        )
        .order_by(CaseRow.opened_at.desc())
        .limit(1)
    )
    return session.scalar(query)


def _strongest_first(flag: FlagRow) -> list[dict[str, object]]:
    return sorted(
        flag.images,
        key=lambda image: float(str(image.get("similarity") or 0.0)),
        reverse=True,
    )


def _reference_ids(flag: FlagRow) -> list[str]:
    images = _strongest_first(flag)
    return [str(image["reference_id"]) for image in images if image["reference_id"]]


def find_cluster(session: Session, flag: FlagRow) -> str | None:
    """Find the cluster of a flag's strongest picture."""
    if not flag.images:
        return None
    digest = str(_strongest_first(flag)[0]["sha256"])
    result = read_results(session, [digest]).get(digest)
    return None if result is None else result.cluster_id


def _basis(session: Session, flag: FlagRow | None) -> dict[str, object]:
    """Freeze what the flag was found with: models, thresholds, watermarks."""
    if flag is None:
        return {}
    results = read_results(session, {str(image["sha256"]) for image in flag.images})
    ids = {result.basis_id for result in results.values() if result.basis_id}
    rows = session.scalars(select(BasisRow).where(BasisRow.id.in_(ids)))
    return {
        "verdict": flag.verdict,
        "similarity": flag.similarity,
        "relation": flag.relation,
        "pictures": [
            {"sha256": digest, "basis_id": each.basis_id, "watermark": each.watermark}
            for digest, each in sorted(results.items())
        ],
        "bases": {
            row.id: {"recipe": row.recipe, "models": row.models, "policy": row.policy}
            for row in rows
        },
    }
