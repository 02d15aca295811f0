"""Writes down what was found of pictures, in the transaction that makes use of it."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.catalogue.references import chunks
from detector.listings.pictures.examine import Examined
from detector.listings.pictures.known import KnownPictures
from detector.listings.pictures.look import pack_vectors
from detector.listings.pictures.standing import Standing
from detector.listings.scan_record import keep_basis, match_rows
from detector.matching.match import Verdict
from detector.store.clock import next_seq
from detector.store.listing_tables import PictureRow
from detector.store.scan_tables import ScanImageRow, ScanRow
from detector.store.table import utc_now

CLOCK = "picture"


def keep_results(
    session: Session,
    examined: Sequence[Examined],
    *,
    standing: Standing,
    known: KnownPictures,
) -> None:
    """Store results, and put new pictures into their clusters.

    From here to the end of the transaction no other process stores pictures, nor
    changes who shows them: two that are the same then find each other, whoever looked
    at them, and nobody waits for rows that another one holds.
    """
    first = next_seq(session, CLOCK, len(examined))
    if not examined:
        return
    scan_id = "scan_" + uuid.uuid4().hex
    _write_scan(session, scan_id, examined, standing)
    known.refresh(session)
    rows = picture_rows(session, [each.sha256 for each in examined])
    weights = standing.engine.copy_channel.embedder
    for position, each in enumerate(examined):
        row, look = rows.get(each.sha256), each.look
        if row is None:
            row = PictureRow(sha256=each.sha256, seq=first + position)
        row.result_scan_id, row.result_position = scan_id, position
        row.verdict, row.same_as = each.verdict, each.same_as
        row.error_code = each.error.code if each.error else None
        row.error = str(each.error) if each.error else None
        row.basis_id, row.watermark = standing.basis.id, standing.basis.watermark
        row.scanned_at = utc_now()
        if look is not None:
            is_evidence = each.verdict in (Verdict.MATCH, Verdict.REVIEW)
            row.is_kept = row.is_kept or is_evidence
            row.format, row.width, row.height = look.format, look.width, look.height
            row.model, row.weights_hash = weights.name, weights.weights_hash
            row.vectors = pack_vectors(look)
            row.perceptual_hash = look.perceptual_hash
            row.thumbnail = look.thumbnail.tobytes()
            if row.cluster_id is None:
                row.cluster_id = known.place(session, look)
        session.add(row)
        # The next picture may be the same as this one.
        session.flush()


def picture_rows(session: Session, digests: Sequence[str]) -> dict[str, PictureRow]:
    """Read the rows of pictures, as they are now; unknown ones are left out."""
    found: dict[str, PictureRow] = {}
    for some in chunks(digests):
        query = select(PictureRow).where(PictureRow.sha256.in_(some))
        rows = session.scalars(query.execution_options(populate_existing=True))
        found |= {row.sha256: row for row in rows}
    return found


def _write_scan(
    session: Session,
    scan_id: str,
    examined: Sequence[Examined],
    standing: Standing,
) -> None:
    keep_basis(session, standing.basis)
    session.add(ScanRow(id=scan_id, finished_at=utc_now()))
    session.flush()
    for position, each in enumerate(examined):
        session.add(
            ScanImageRow(
                scan_id=scan_id,
                position=position,
                image=each.sha256,
                sha256=each.sha256,
                verdict=each.verdict,
                error=str(each.error) if each.error else None,
                same_as=each.same_as,
            )
        )
    session.flush()
    for position, each in enumerate(examined):
        session.add_all(
            match_rows(
                (scan_id, position),
                each.matches,
                each.references or {},
                basis=standing.basis,
            )
        )
    session.flush()
