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
from detector.store.scan_tables import BasisRow, ScanImageRow, ScanMatchRow, ScanRow
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

_ROUNDING = 1e-6
"""What a case keeps of a similarity is rounded to this."""

Decode = Callable[[bytes], DecodedImage]


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found of a picture that a case names.

    Attributes:
        sha256: of the picture.
        match: with the reference that the case names.
        same_as: the picture whose result was taken over; None if it has its own.
        scanned_at: when.
    """

    sha256: str
    match: ScanMatchRow
    same_as: str | None
    scanned_at: datetime


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
        {"bases": bases, "matches": [_score(each) for each in matches]}
    )
    manifest = make_manifest(
        case_id, files, detector_version=version("counterfeit-detector")
    )
    data = write_archive({MANIFEST: manifest, **files})
    return Pack(data, sha256(manifest).hexdigest(), missing)


def _matches(session: Session, view: CaseView, story: CaseStory) -> list[_Found]:
    """Find what was measured of each picture that the case names."""
    named: dict[tuple[str, str], float] = {}
    for images in (
        view.row.images,
        *(_dicts(row.snapshot, "images") for row in story.listings),
    ):
        for image in images:
            if image.get("reference_id") is not None:
                key = (str(image["sha256"]), str(image["reference_id"]))
                named.setdefault(key, float(str(image["similarity"])))
    bases = {
        str(picture["sha256"]): picture["basis_id"]
        for picture in _dicts(view.row.basis, "pictures")
    }
    found = (
        _find(session, *key, similarity=similarity, basis_id=bases.get(key[0]))
        for key, similarity in sorted(named.items())
    )
    return [each for each in found if each is not None]


def _find(
    session: Session,
    digest: str,
    reference_id: str,
    *,
    similarity: float,
    basis_id: object,
) -> _Found | None:
    """Find the match that a case names; the picture may have been scanned again since.

    Of several, as after a change of the model, it is the one with the similarity that
    the case names, which the case's own model found, or else the oldest.
    """
    rows = session.execute(
        select(ScanMatchRow, ScanImageRow.same_as, ScanRow.started_at)
        .join(
            ScanImageRow,
            (ScanImageRow.scan_id == ScanMatchRow.scan_id)
            & (ScanImageRow.position == ScanMatchRow.position),
        )
        .join(ScanRow, ScanRow.id == ScanMatchRow.scan_id)
        .where(
            # A scan of listings names pictures by their hash, others by their file.
            ScanImageRow.sha256 == digest,
            ScanImageRow.image == ScanImageRow.sha256,
            ScanMatchRow.reference_id == reference_id,
        )
        .order_by(ScanRow.started_at, ScanRow.id)
    ).all()
    if not rows:
        return None
    match, same_as, at = min(
        rows,
        key=lambda row: (
            abs(row[0].similarity - similarity) > _ROUNDING,
            row[0].basis_id != basis_id,
        ),
    )
    return _Found(digest, match, same_as, at)


def _dicts(holder: Mapping[str, object], name: str) -> list[dict[str, object]]:
    found = holder.get(name)
    return found if isinstance(found, list) else []


def _bases(session: Session, matches: Sequence[_Found]) -> dict[str, object]:
    ids = {each.match.basis_id for each in matches}
    rows = session.scalars(select(BasisRow).where(BasisRow.id.in_(ids)))
    return {row.id: _plain(row) for row in rows}


def _add_pictures(
    files: dict[str, bytes],
    blobs: Blobs,
    matches: Sequence[_Found],
    decode: Decode,
) -> list[dict[str, str]]:
    """Add pictures, and draw them side by side; return what is missing, and why."""
    missing: list[dict[str, str]] = []
    for each in matches:
        names = (
            f"listing/{each.sha256}",
            f"reference/{each.match.reference_sha256}",
        )
        for name in names:
            if name not in files:
                try:
                    files[name] = blobs.read(name.partition("/")[2])
                except DetectorError as error:
                    missing.append({"file": name, "why": _reason(error)})
        if all(name in files for name in names):
            drawn = _evidence_name(each)
            try:
                query, reference = (decode(files[name]) for name in names)
                files[drawn] = draw_png(query, reference, as_match(each.match))
            except DetectorError as error:
                missing.append({"file": drawn, "why": _reason(error)})
    return missing


def _reason(error: DetectorError) -> str:
    """Say why a picture is not there; where it would lie is nobody's business."""
    return f"It is no longer kept, or cannot be read ({error.code})."


def _evidence_name(found: _Found) -> str:
    return f"evidence/{found.sha256}-{found.match.reference_id}.png"


def _score(found: _Found) -> dict[str, object]:
    """Write down a match, with the names of the files that it is of."""
    return {
        **_plain(found.match),
        "listing_file": f"listing/{found.sha256}",
        "reference_file": f"reference/{found.match.reference_sha256}",
        "evidence_file": _evidence_name(found),
        "same_as": found.same_as,
        "scanned_at": _plain_value(found.scanned_at),
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
