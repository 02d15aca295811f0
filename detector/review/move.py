"""One step of a case, as guards and effects see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from detector.review.actor import Actor
from detector.review.policy import Policy
from detector.review.workflow import Transition
from detector.store.case_tables import CaseRow


@dataclass(frozen=True, slots=True)
class Given:
    """What comes with an event; what is not needed is left empty.

    Attributes:
        reason_code: why.
        note: why, in words; for colleagues.
        right_id: that a restriction rests on.
        lease_token: shows that the case is held.
        decision_id: the decision that is being made.
        statements: what was signed: name → text version.
        data: anything else that belongs on record; JSON, and nothing that a seller
            wrote: the record cannot be erased.
        told: what those are told whom the step concerns, beside the data.
    """

    reason_code: str | None = None
    note: str | None = None
    right_id: str | None = None
    lease_token: str | None = None
    decision_id: str | None = None
    statements: Mapping[str, object] = field(default_factory=dict)
    data: Mapping[str, object] = field(default_factory=dict)
    told: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Move:
    """One step: the case is locked, and still as it was while guards look at it.

    Attributes:
        session: that writes.
        case: whose step it is.
        transition: the row of the table.
        actor: who causes it.
        at: when; the only clock that guards and effects may read.
        policy: of the marketplace, now.
        given: what came with the event.
    """

    session: Session
    case: CaseRow
    transition: Transition
    actor: Actor
    at: datetime
    policy: Policy
    given: Given
