"""Calibrations: proposed from decided cases, looked at, then applied by somebody."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.errors import Conflict, Unknown
from detector.listings.flags.lessons import APPLIED, read_curves
from detector.matching.likelihood import Curve
from detector.matching.match import Verdict
from detector.review import audit
from detector.review.actor import Actor
from detector.review.learning.examples import Example, read_examples
from detector.review.learning.fit import (
    Method,
    assess,
    find_shortage,
    fit,
    parameters_of,
)
from detector.review.learning.rules import read_rules
from detector.store.listing_tables import FlagRow
from detector.store.paging import SortKey, page
from detector.store.standing_tables import CalibrationRow

PROPOSED, REPLACED, REJECTED = "proposed", "replaced", "rejected"
WITHDRAWN = "withdrawn"
MAX_SHOWN = 100
"""Matches that a report names; all are counted."""
BATCH = 1_000


def propose_calibrations(
    session: Session,
    method: Method,
    *,
    actor: Actor,
    at: datetime,
    brand_id: str | None = None,
) -> list[CalibrationRow]:
    """Fit curves to what was decided: for a brand, or for all and each that can.

    A curve that tells no more than the mere share of confirmed cases is kept as
    rejected. None is in force before it is applied.

    Args:
        session: that writes.
        method: kind of curve.
        actor: who asks for it.
        at: now.
        brand_id: of this brand only; None for the curve of all brands, and one of each
            brand with examples enough.

    Raises:
        Conflict: too few cases were decided.
    """
    examples = read_examples(session)
    sets: list[tuple[str | None, list[Example]]] = [(None, examples)]
    brands = sorted({each.brand_id for each in examples})
    own = {id: [each for each in examples if each.brand_id == id] for id in brands}
    if brand_id is not None:
        sets = [(brand_id, own.get(brand_id, []))]
    else:
        sets += [(id, some) for id, some in own.items() if not find_shortage(some)]
    shortage = find_shortage(sets[0][1])
    if shortage is not None:
        raise Conflict(
            shortage,
            remedy="Decide more cases first; until then the calibration of all brands "
            "holds, if one is applied.",
        )
    return [
        _propose(session, id, some, method, actor=actor, at=at) for id, some in sets
    ]


def apply_calibration(
    session: Session, calibration_id: str, *, actor: Actor, at: datetime
) -> CalibrationRow:
    """Let a calibration hold for what is flagged from now on.

    Raises:
        Unknown: there is none of that id.
        Conflict: it is not waiting to be applied.
    """
    row = find_calibration(session, calibration_id)
    audit.record(
        session,
        actor,
        "apply_calibration",
        at=at,
        subject="calibration",
        subject_id=row.id,
        data={"brand_id": row.brand_id, "method": row.method},
    )
    # What is recorded is recorded one after the other, so nobody else applies one now.
    session.refresh(row)
    if row.state != PROPOSED:
        raise Conflict(
            f"The calibration {row.id} is {row.state}.",
            remedy="Only one that is proposed can be applied; propose another one.",
        )
    same = (
        CalibrationRow.brand_id.is_(None)
        if row.brand_id is None
        else CalibrationRow.brand_id == row.brand_id
    )
    for old in session.scalars(
        select(CalibrationRow).where(CalibrationRow.state == APPLIED, same)
    ):
        old.state = REPLACED
    row.state, row.applied_by, row.applied_at = APPLIED, actor.id, at
    session.flush()
    return row


def find_calibration(session: Session, calibration_id: str) -> CalibrationRow:
    """Look a calibration up.

    Raises:
        Unknown: there is none of that id.
    """
    row = session.get(CalibrationRow, calibration_id)
    if row is None:
        raise Unknown(
            f"There is no calibration {calibration_id[:100]!r}.",
            remedy="GET /v1/calibrations lists them.",
        )
    return row


def list_calibrations(
    session: Session, *, state: str | None, cursor: str | None, limit: int
) -> tuple[list[CalibrationRow], str | None]:
    """List calibrations in pages, in the order in which they were proposed."""
    query = select(CalibrationRow)
    if state is not None:
        query = query.where(CalibrationRow.state == state)
    keys: list[SortKey] = [CalibrationRow.created_at, CalibrationRow.id]
    return page(session, query, keys=keys, cursor=cursor, limit=limit)


def _propose(
    session: Session,
    brand_id: str | None,
    examples: Sequence[Example],
    method: Method,
    *,
    actor: Actor,
    at: datetime,
) -> CalibrationRow:
    curve, quality = fit(examples, method), assess(examples, method)
    row = CalibrationRow(
        id="cal_" + uuid.uuid4().hex,
        brand_id=brand_id,
        state=PROPOSED if quality.is_better_than_nothing else REJECTED,
        method=method.value,
        parameters=dict(parameters_of(curve)),
        report={
            **quality.as_json(),
            "changes": _find_changes(session, brand_id, curve),
        },
        proposed_by=actor.id,
        applied_by=None,
        applied_at=None,
        created_at=at,
    )
    session.add(row)
    session.flush()
    return row


def _find_changes(
    session: Session, brand_id: str | None, curve: Curve
) -> dict[str, object]:
    """List the flags that would be likely, or be so no more.

    Without a calibration in force a flag counts as likely if its verdict is `match`.
    """
    likely = read_rules().calibration.likely
    curves = read_curves(session)
    query = select(
        FlagRow.id, FlagRow.brand_id, FlagRow.similarity, FlagRow.verdict
    ).where(FlagRow.state != WITHDRAWN, FlagRow.similarity.is_not(None))
    if brand_id is not None:
        query = query.where(FlagRow.brand_id == brand_id)
    shown: list[dict[str, object]] = []
    counts = {True: 0, False: 0}
    num = 0
    rows = session.execute(
        query.order_by(FlagRow.id).execution_options(yield_per=BATCH)
    )
    for id, whose, similarity, verdict in rows:
        if similarity is None or (brand_id is None and whose in curves):
            continue  # its own curve holds
        num += 1
        held = curves.get(whose) or curves.get(None)
        before = (
            verdict == Verdict.MATCH if held is None else held(similarity) >= likely
        )
        after = curve(similarity) >= likely
        if before == after:
            continue
        counts[after] += 1
        if len(shown) < MAX_SHOWN:
            shown.append(
                {
                    "flag_id": id,
                    "similarity": similarity,
                    "likelihood": round(curve(similarity), 6),
                    "was_likely": bool(before),
                    "is_likely": bool(after),
                }
            )
    return {
        "num_flags": num,
        "num_become_likely": counts[True],
        "num_become_unlikely": counts[False],
        "flags": shown,
    }
