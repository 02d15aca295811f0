"""An evidence pack: all that a case rests on, in one file that anybody can check.

    manifest.json           every other file, with its SHA-256
    case.json               the case, its listings, decisions, notices, appeals, actions
    questions.json          what the brand was asked, and said
    statements.json         what the seller was told
    audit.jsonl             each step, sealed
    scores.json             each match: measured values, similarity, models, thresholds
    listing/… reference/…   the pictures, under their SHA-256
    evidence/….png          both side by side

No person is named: the record knows them by ids that say nothing.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from importlib.metadata import version

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.errors import DetectorError
from detector.images import DecodedImage
from detector.listings.flags.evidence import draw_png
from detector.listings.pictures.result import as_match
from detector.review.evidence.archive import (
    MANIFEST,
    make_manifest,
    write_archive,
    write_json,
)
from detector.review.queue.audit_list import AuditView
from detector.review.queue.case_list import CaseView, find_case
from detector.review.queue.case_story import CaseStory, tell_story
from detector.review.queue.explanation import explain
from detector.review.queue.scope import Scope
from detector.store.blobs import Blobs
from detector.store.listing_tables import PictureRow
from detector.store.scan_tables import BasisRow, ScanMatchRow
from detector.store.store import Store
from detector.store.table import Table
from detector.store.takedown_tables import StatementRow

EXPORTED = "evidence_exported"
"""The event by which the record tells that a pack was made; no part of one itself."""
NAMES = frozenset(
    {
        "decided_by",
        "asked_by",
        "answered_by",
        "created_by",
        "leased_by",
        "lease_token",
        "leased_until",
        "skipped_by",
        "note",
        "seconds",
        "batch_id",
        "random_key",
        "contact",
    }
)
"""Columns that tell who did something, or are for colleagues; in no pack."""

Decode = Callable[[bytes], DecodedImage]


@dataclass(frozen=True, slots=True)
class Pack:
    """An evidence pack.

    Attributes:
        data: the file.
        manifest_sha256: what it comes down to; as the record keeps it.
        missing: what could not be packed, and why.
    """

    data: bytes
    manifest_sha256: str
    missing: Sequence[Mapping[str, str]]


def pack_case(store: Store, case_id: str, *, scope: Scope, decode: Decode) -> Pack:
    """Pack a case; the same case makes the same bytes.

    Args:
        store: where everything is.
        case_id: of the case.
        scope: what whoever asks may know.
        decode: reads a picture file as the matcher does.

    Raises:
        Unknown: there is no such case, or none that is seen.
    """
    with store.database.read() as session:
        view = find_case(session, case_id, scope=scope)
        story = tell_story(session, view, scope=scope)
        statements = session.scalars(
            select(StatementRow)
            .where(StatementRow.case_id == case_id)
            .order_by(StatementRow.id)
        ).all()
        matches = _matches(session, view, story)
        bases = _bases(session, matches)
    files: dict[str, bytes] = {}
    missing = _add_pictures(files, store.blobs, matches, decode)
    files["case.json"] = write_json({**_case(view, story), "missing": missing})
    files["questions.json"] = write_json([_plain(row) for row in story.questions])
    files["statements.json"] = write_json([_plain(row) for row in statements])
    files["audit.jsonl"] = b"".join(
        _entry(each) for each in story.history if each.row.event != EXPORTED
    )
    files["scores.json"] = write_json(
        {"bases": bases, "matches": [_score(picture, row) for picture, row in matches]}
    )
    manifest = make_manifest(
        case_id, files, detector_version=version("counterfeit-detector")
    )
    data = write_archive({MANIFEST: manifest, **files})
    return Pack(data, sha256(manifest).hexdigest(), missing)


def _matches(
    session: Session, view: CaseView, story: CaseStory
) -> list[tuple[PictureRow, ScanMatchRow]]:
    """Find what was measured of each picture that the case names."""
    named: set[tuple[str, str]] = set()
    for images in (view.row.images, *(_images(row.snapshot) for row in story.listings)):
        for image in images:
            if image.get("reference_id") is not None:
                named.add((str(image["sha256"]), str(image["reference_id"])))
    found: list[tuple[PictureRow, ScanMatchRow]] = []
    for digest, reference_id in sorted(named):
        row = session.execute(
            select(PictureRow, ScanMatchRow)
            .join(
                ScanMatchRow,
                (ScanMatchRow.scan_id == PictureRow.result_scan_id)
                & (ScanMatchRow.position == PictureRow.result_position),
            )
            .where(
                PictureRow.sha256 == digest, ScanMatchRow.reference_id == reference_id
            )
        ).first()
        if row is not None:
            found.append((row[0], row[1]))
    return found


def _images(snapshot: Mapping[str, object]) -> list[dict[str, object]]:
    images = snapshot.get("images")
    return images if isinstance(images, list) else []


def _bases(
    session: Session, matches: Sequence[tuple[PictureRow, ScanMatchRow]]
) -> dict[str, object]:
    ids = {row.basis_id for _, row in matches}
    rows = session.scalars(select(BasisRow).where(BasisRow.id.in_(ids)))
    return {row.id: _plain(row) for row in rows}


def _add_pictures(
    files: dict[str, bytes],
    blobs: Blobs,
    matches: Sequence[tuple[PictureRow, ScanMatchRow]],
    decode: Decode,
) -> list[dict[str, str]]:
    """Add pictures, and draw them side by side; return what is missing, and why."""
    missing: list[dict[str, str]] = []
    for picture, row in matches:
        names = (
            f"listing/{picture.sha256}",
            f"reference/{row.reference_sha256}",
        )
        for name in names:
            if name not in files:
                try:
                    files[name] = blobs.read(name.partition("/")[2])
                except DetectorError as error:
                    missing.append({"file": name, "why": _reason(error)})
        if all(name in files for name in names):
            drawn = _evidence_name(picture, row)
            try:
                query, reference = (decode(files[name]) for name in names)
                files[drawn] = draw_png(query, reference, as_match(row))
            except DetectorError as error:
                missing.append({"file": drawn, "why": _reason(error)})
    return missing


def _reason(error: DetectorError) -> str:
    """Say why a picture is not there; where it would lie is nobody's business."""
    return f"It is no longer kept, or cannot be read ({error.code})."


def _evidence_name(picture: PictureRow, row: ScanMatchRow) -> str:
    return f"evidence/{picture.sha256}-{row.reference_id}.png"


def _score(picture: PictureRow, row: ScanMatchRow) -> dict[str, object]:
    """Write down a match, with the names of the files that it is of."""
    return {
        **_plain(row),
        "listing_file": f"listing/{picture.sha256}",
        "reference_file": f"reference/{row.reference_sha256}",
        "evidence_file": _evidence_name(picture, row),
        "same_as": picture.same_as,
        "scanned_at": _plain_value(picture.scanned_at),
    }


def _case(view: CaseView, story: CaseStory) -> dict[str, object]:
    row = view.row
    reason = explain(row.images, story.signals)
    return {
        "case": {**_plain(row), "state": view.state, "signals": dict(story.signals)},
        "brand": {"id": view.brand.id, "name": view.brand.name},
        "reason": {
            "matched": list(reason.matched),
            "supports": list(reason.supports),
            "against": list(reason.against),
            "unknown": list(reason.unknown),
            "caveat": reason.caveat,
        },
        "listings": [
            {**_plain(each), "external_id": story.names[each.listing_id]}
            for each in story.listings
        ],
        "decisions": [_plain(each) for each in view.decisions],
        "notices": [
            {"notice": _plain(notice), "item": _plain(item)}
            for notice, item in story.notices
        ],
        "appeals": [_plain(each) for each in story.appeals],
        "actions": [_plain(each) for each in story.actions],
    }


def _entry(view: AuditView) -> bytes:
    """Write a step down as it was sealed, on a line of its own."""
    row = view.row
    content = {
        **{column.name: getattr(row, column.name) for column in row.__table__.columns},
        "at": row.at.isoformat(),
        "role": view.actor.role,
    }
    return json.dumps(content, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def _plain(row: Table) -> dict[str, object]:
    return {
        column.name: _plain_value(getattr(row, column.name))
        for column in row.__table__.columns
        if column.name not in NAMES
    }


def _plain_value(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime | date) else value
