"""Signals that only cases know of: the seller's past, the reference's, the answer.

They stand beside those of the flag (`detector.listings.flags.signals`), in the same
form: value, direction, sentence; what is not known is null.
"""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from detector.store.case_tables import CaseRow, DecisionRow
from detector.store.listing_tables import ListingRow, PictureRow, SightingRow
from detector.store.scan_tables import ScanMatchRow

WIDELY = 10
"""Sellers from which on a reference says little: anybody may show it."""
LOOKED_AT = 1_000
"""Most sightings that are looked through."""
FINAL = ("final_upheld", "window_expired")
ANSWERS = {
    "counterfeit": ("supports", "The brand says that it is a counterfeit."),
    "genuine": ("against", "The brand says that it is genuine."),
    "authorized": ("against", "The brand says that it allows the seller."),
    "cannot_tell": ("neutral", "The brand cannot tell."),
}

Signals = dict[str, object]


def gather_case_signals(
    session: Session, listing: ListingRow, *, reference_ids: Sequence[str]
) -> Signals:
    """Look up what past cases and other sellers say about a new case.

    Args:
        session: to read with.
        listing: that the case is about.
        reference_ids: that its pictures match, the strongest first.
    """
    return {
        "seller_history": _seller_history(session, listing),
        "reference_distinctiveness": _distinctiveness(session, reference_ids),
        "brand_confirmed": _signal(None, "unknown", "The brand has not been asked."),
    }


def answer_signal(answer: str) -> Signals:
    """Say what a brand's answer means as a signal.

    Args:
        answer: `genuine`, `authorized`, `counterfeit` or `cannot_tell`.
    """
    direction, text = ANSWERS[answer]
    return _signal(answer, direction, text)


def _signal(value: object, direction: str, text: str) -> Signals:
    return {"value": value, "direction": direction, "text": text}


def _seller_history(session: Session, listing: ListingRow) -> Signals:
    """Count how cases about the seller ended; what was undone counts for nothing."""
    if listing.seller_id is None:
        return _signal(None, "unknown", "The seller is not known.")
    query = (
        select(
            CaseRow.closure, DecisionRow.state, func.count(func.distinct(CaseRow.id))
        )
        .join(DecisionRow, DecisionRow.case_id == CaseRow.id)
        .where(
            CaseRow.marketplace == listing.marketplace,
            CaseRow.seller_id == listing.seller_id,
            DecisionRow.kind == "restrict",
            DecisionRow.state.in_(("effective", "overturned")),
        )
        .group_by(CaseRow.closure, DecisionRow.state)
    )
    upheld = overturned = 0
    for closure, state, num in session.execute(query):
        if state == "overturned":
            overturned += num
        elif closure in FINAL:
            upheld += num
    value = {"restricted_finally": upheld, "restricted_wrongly": overturned}
    if upheld + overturned == 0:
        return _signal(
            value, "neutral", "Nothing of this seller was restricted before."
        )
    text = (
        f"Of this seller {upheld} listings were restricted for good before, "
        f"{overturned} wrongly."
    )
    if upheld > overturned:
        return _signal(value, "supports", text)
    return _signal(value, "against" if overturned > upheld else "neutral", text)


def _distinctiveness(session: Session, reference_ids: Sequence[str]) -> Signals:
    """Count whose listings show what is like the reference."""
    if not reference_ids:
        return _signal(None, "unknown", "How many show the reference is not known.")
    some = (
        select(SightingRow.listing_id, SightingRow.seller_id)
        .join(PictureRow, PictureRow.sha256 == SightingRow.picture_sha256)
        .join(
            ScanMatchRow,
            (ScanMatchRow.scan_id == PictureRow.result_scan_id)
            & (ScanMatchRow.position == PictureRow.result_position),
        )
        .where(
            ScanMatchRow.reference_id == reference_ids[0],
            PictureRow.verdict != "no_match",
        )
        .limit(LOOKED_AT)
        .subquery()
    )
    sellers = (
        select(ListingRow.marketplace, some.c.seller_id)
        .join(some, some.c.listing_id == ListingRow.id)
        .distinct()
        .subquery()
    )
    num = session.scalar(select(func.count()).select_from(sellers)) or 0
    text = f"Pictures like this reference were seen at {num} sellers."
    if num >= WIDELY:
        return _signal(num, "against", f"{text} It says little by itself.")
    return _signal(num, "neutral", text)
