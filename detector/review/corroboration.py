"""What speaks for a restriction beside likeness: without it there is none.

A similar picture is never by itself a verdict; nor is a low price, a young seller or
that somebody's pictures were removed before.
"""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.store.case_tables import CaseRow, QuestionRow
from detector.store.takedown_tables import AppealRow, NoticeItemRow, NoticeRow

TELLING = frozenset({"replica_words", "gtin_conflict", "known_fake_match"})
"""Signals that say more than that pictures are alike."""
BRAND, NOTICE, RIGHTS = "brand_confirmed", "notice", "image_rights"
OWNED = frozenset({"owned", "licensed"})
COPIED = "copied_brand_image"
LIVE_ITEMS = ("open", "accepted")


def find_corroboration(
    session: Session, case: CaseRow, *, reason_code: str | None
) -> list[str]:
    """List what corroborates a restriction, by name; nothing if nothing does.

    Args:
        session: to look up answers and notices with.
        case: that is decided.
        reason_code: why it is to be restricted: a photo that was copied is a matter of
            rights in the photo.
    """
    found = sorted(name for name in TELLING if _supports(case.signals, name))
    rights = case.signals.get(RIGHTS)
    value = rights.get("value") if isinstance(rights, dict) else None
    if reason_code == COPIED and value in OWNED:
        found.append(RIGHTS)
    answer = session.scalar(
        select(QuestionRow.answer)
        .where(QuestionRow.case_id == case.id, QuestionRow.answer.is_not(None))
        .order_by(QuestionRow.answered_at.desc())
        .limit(1)
    )
    if answer == "counterfeit":
        found.append(BRAND)
    if has_live_notice(session, case.id) or _has_live_complaint(session, case.id):
        found.append(NOTICE)
    return found


def has_live_notice(
    session: Session, case_id: str, *, listing_id: str | None = None
) -> bool:
    """Say whether a notice that was not withdrawn names a listing of the case.

    Args:
        session: that reads.
        case_id: of the case.
        listing_id: the only one that counts; any of the case's if None.
    """
    query = (
        select(NoticeItemRow.notice_id)
        .join(NoticeRow, NoticeRow.id == NoticeItemRow.notice_id)
        .where(
            NoticeItemRow.case_id == case_id,
            NoticeItemRow.state.in_(LIVE_ITEMS),
            NoticeRow.state != "incomplete",
        )
        .limit(1)
    )
    if listing_id is not None:
        query = query.where(NoticeItemRow.listing_id == listing_id)
    return session.scalar(query) is not None


def _has_live_complaint(session: Session, case_id: str) -> bool:
    """Say whether whoever gave notice insists on it."""
    query = (
        select(AppealRow.id)
        .where(
            AppealRow.case_id == case_id,
            AppealRow.kind == "notifier_complaint",
            AppealRow.state.in_(("received", "in_review")),
        )
        .limit(1)
    )
    return session.scalar(query) is not None


def _supports(signals: Mapping[str, object], name: str) -> bool:
    signal = signals.get(name)
    return isinstance(signal, dict) and signal.get("direction") == "supports"
