"""Erases what a brand gave us: its catalogue, its people, what it said."""

import shutil
from collections.abc import Sequence

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from detector.catalogue.brands import brand_key
from detector.catalogue.changes import ChangeLog
from detector.catalogue.reference_changes import remove_references
from detector.catalogue.references import chunks
from detector.events.audience import Audience
from detector.events.endpoints import delete_endpoint
from detector.review.erasure.texts import ERASED, SILENT
from detector.store.access_tables import (
    ApiKeyRow,
    SignInLinkRow,
    UserRow,
    UserSessionRow,
)
from detector.store.audit_tables import ActorRow
from detector.store.case_tables import DecisionRow
from detector.store.event_tables import WebhookEndpointRow
from detector.store.listing_tables import FlagRow, PictureRow, WatchedPictureRow
from detector.store.scan_tables import ScanMatchRow
from detector.store.standing_tables import CalibrationRow, StandingRow
from detector.store.store import Store
from detector.store.tables import (
    AuthorizedSellerRow,
    BrandRow,
    DescriptionRow,
    EmbeddingRow,
    ImageRow,
    ProductRow,
    ReferenceRow,
    RightRow,
)
from detector.store.takedown_tables import LegalHoldRow, NoticeItemRow, NoticeRow
from detector.store.work_tables import (
    HealthCheckRow,
    ImportProblemRow,
    ImportRow,
    ImportSeenRow,
)

NOTICE: dict[str, object] = {
    "external_id": None,
    "right_id": None,
    "notifier": {},
    "contact": {},
    "explanation": ERASED,
    "evidence": [],
    "statements": {},
    "message_to_seller": None,
    "missing": [],
}


def erase_brand(store: Store, session: Session, brand_id: str) -> dict[str, int]:
    """Erase all of a brand but its cases, which have their own way to go.

    Running services stop to find its references with their next look at the
    catalogue's changes.

    Args:
        store: has the files.
        session: that writes.
        brand_id: whose.

    Returns:
        How many rows of each kind.
    """
    counts = {
        "references": _erase_references(store, session, brand_id),
        "notices": _erase_notices(session, brand_id),
        "people_and_keys": _erase_people(session, brand_id),
        "imports_and_checks": _erase_imports(store, session, brand_id),
    }
    for table in (
        ProductRow,
        RightRow,
        AuthorizedSellerRow,
        WatchedPictureRow,
        CalibrationRow,
    ):
        found = table.brand_id == brand_id
        session.execute(delete(table).where(found), execution_options=SILENT)
    about = StandingRow.subject_id == brand_id
    session.execute(delete(StandingRow).where(about), execution_options=SILENT)
    for flag in session.scalars(select(FlagRow).where(FlagRow.brand_id == brand_id)):
        flag.state, flag.is_sample = "withdrawn", False
        flag.images, flag.signals, flag.authorization = [], {}, None
    session.execute(
        update(LegalHoldRow)
        .where(LegalHoldRow.subject_id == brand_id, LegalHoldRow.lifted_at.is_not(None))
        .values(reason=ERASED),
        execution_options=SILENT,
    )
    row = session.get_one(BrandRow, brand_id)
    # Cases refer to it; the name is free for another one.
    row.name = f"{ERASED} {brand_id}"
    row.key, row.state = brand_key(row.name), "disabled"
    session.flush()
    return counts


def _erase_references(store: Store, session: Session, brand_id: str) -> int:
    of_brand = ReferenceRow.brand_id == brand_id
    rows = session.execute(
        select(ReferenceRow.id, ReferenceRow.image_sha256)
        .where(of_brand)
        .order_by(ReferenceRow.id)
    ).all()
    ids, digests = [id for id, _ in rows], sorted({digest for _, digest in rows})
    remove_references(session, ChangeLog(session), ids)
    for some in chunks(ids):
        matches = delete(ScanMatchRow).where(ScanMatchRow.reference_id.in_(some))
        session.execute(matches, execution_options=SILENT)
    for some in chunks(digests):
        _erase_images(store, session, some)
    return len(ids)


def _erase_images(store: Store, session: Session, digests: Sequence[str]) -> None:
    """Erase pictures that no other brand has, and files that no listing shows."""
    others = select(ReferenceRow.image_sha256).where(
        ReferenceRow.image_sha256.in_(digests)
    )
    gone = sorted(set(digests) - set(session.scalars(others)))
    for table, column in (
        (DescriptionRow, DescriptionRow.image_sha256),
        (EmbeddingRow, EmbeddingRow.image_sha256),
        (ImageRow, ImageRow.sha256),
    ):
        session.execute(delete(table).where(column.in_(gone)), execution_options=SILENT)
    kept = select(PictureRow.sha256).where(
        PictureRow.sha256.in_(gone), PictureRow.is_kept
    )
    for digest in set(gone) - set(session.scalars(kept)):
        store.blobs.delete(digest, unused_s=0)


def _erase_notices(session: Session, brand_id: str) -> int:
    ids = session.scalars(
        select(NoticeRow.id).where(NoticeRow.brand_id == brand_id)
    ).all()
    for some in chunks(ids):
        session.execute(
            update(NoticeRow).where(NoticeRow.id.in_(some)).values(NOTICE),
            execution_options=SILENT,
        )
        session.execute(
            update(NoticeItemRow)
            .where(NoticeItemRow.notice_id.in_(some))
            .values(external_id=ERASED, url=None),
            execution_options=SILENT,
        )
    rights = select(RightRow.id).where(RightRow.brand_id == brand_id)
    session.execute(
        update(DecisionRow)
        .where(DecisionRow.right_id.in_(rights))
        .values(right_id=None),
        execution_options=SILENT,
    )
    return len(ids)


def _erase_people(session: Session, brand_id: str) -> int:
    users = session.scalars(
        select(UserRow.id).where(UserRow.brand_id == brand_id)
    ).all()
    for sessions in (UserSessionRow, SignInLinkRow):
        found = sessions.user_id.in_(users)
        session.execute(delete(sessions).where(found), execution_options=SILENT)
    keys = session.scalars(
        select(ApiKeyRow.prefix).where(ApiKeyRow.brand_id == brand_id)
    ).all()
    for table in (UserRow, ApiKeyRow):
        session.execute(
            delete(table).where(table.brand_id == brand_id), execution_options=SILENT
        )
    principals = [f"user:{id}" for id in users] + [f"key:{prefix}" for prefix in keys]
    session.execute(
        update(ActorRow)
        .where(or_(ActorRow.brand_id == brand_id, ActorRow.principal.in_(principals)))
        .values(principal=None, name=None),
        execution_options=SILENT,
    )
    endpoints = session.scalars(
        select(WebhookEndpointRow.id).where(WebhookEndpointRow.brand_id == brand_id)
    ).all()
    for id in endpoints:
        delete_endpoint(session, Audience(brand_id=brand_id), id)
    return len(users) + len(keys)


def _erase_imports(store: Store, session: Session, brand_id: str) -> int:
    ids = session.scalars(
        select(ImportRow.id).where(ImportRow.brand_id == brand_id)
    ).all()
    for some in chunks(ids):
        for table in (ImportProblemRow, ImportSeenRow):
            found = table.import_id.in_(some)
            session.execute(delete(table).where(found), execution_options=SILENT)
    for id in ids:
        shutil.rmtree(store.uploads_folder / id, ignore_errors=True)
    checks = delete(HealthCheckRow).where(HealthCheckRow.brand_id == brand_id)
    num_checks = len(session.scalars(checks.returning(HealthCheckRow.id)).all())
    imports = delete(ImportRow).where(ImportRow.brand_id == brand_id)
    session.execute(imports, execution_options=SILENT)
    return len(ids) + num_checks
