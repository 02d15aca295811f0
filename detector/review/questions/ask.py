"""Asking the brand, and taking the question back."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from detector.review.actor import Actor
from detector.review.advance import advance, lock_case
from detector.review.move import Given
from detector.review.policy import read_policy
from detector.review.questions.wording import write_question
from detector.review.tell import write_time
from detector.store.case_tables import QuestionRow
from detector.store.listing_tables import ListingRow
from detector.store.tables import BrandRow


def ask_brand(
    session: Session,
    case_id: str,
    *,
    actor: Actor,
    at: datetime,
    lease_token: str,
    template: str,
    text: str | None = None,
    version: int | None = None,
) -> QuestionRow:
    """Ask the brand about a case that the actor holds; its answer is evidence.

    Args:
        session: that writes.
        case_id: of the case.
        actor: who asks; the brand does not learn who.
        at: when.
        lease_token: of the claim.
        template: names what is asked; see `questions.toml`.
        text: asked in place of the template's words.
        version: of the case that the actor saw.

    Raises:
        InvalidInput: there is no such template.
    """
    case = lock_case(session, case_id, actor)
    listing = session.get_one(ListingRow, case.listing_id)
    brand = session.get_one(BrandRow, case.brand_id)
    policy = read_policy(session, case.marketplace).policy
    due_at = at + timedelta(hours=policy.brand_answer_h)
    written = write_question(template, case, listing, brand)
    row = QuestionRow(
        id="qst_" + uuid.uuid4().hex,
        case_id=case.id,
        brand_id=case.brand_id,
        template=template,
        text=text or written,
        asked_by=actor.id,
        asked_at=at,
        due_at=due_at,
        statements={},
    )
    session.add(row)
    session.flush()
    advance(
        session,
        case_id,
        "ask_brand",
        actor=actor,
        at=at,
        given=Given(
            lease_token=lease_token,
            data={"question_id": row.id, "answer_until": write_time(due_at)},
            told={"question": row.text},
        ),
        version=version,
    )
    return row


def take_question_back(
    session: Session,
    case_id: str,
    *,
    actor: Actor,
    at: datetime,
    version: int | None = None,
) -> None:
    """Take the open question of a case back; the case is open again."""
    advance(session, case_id, "take_question_back", actor=actor, at=at, version=version)
