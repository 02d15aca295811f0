"""What goes over the wire of one case: all that the caller may know of it."""

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, Field, JsonValue
from pydantic.config import JsonDict

from detector.api.case_schemas import AT, CASE, DECISION, CaseAnswer, DecisionAnswer
from detector.api.flag_schemas import FLAG, LISTING_ID, FlaggedImage
from detector.api.schemas import Wire
from detector.listings.flags.signals import CAVEAT

SIGNAL: JsonDict = {
    "value": ["replica"],
    "direction": "supports",
    "text": "The title says: replica.",
}
DETAILS: JsonDict = {
    **CASE,
    "verdict": "match",
    "images": FLAG["images"],
    "signals": {"replica_words": SIGNAL},
    "reason": {
        "matched": ["Picture 0 is an edited photo of the reference front.jpg."],
        "supports": ["The title says: replica."],
        "against": [],
        "unknown": ["Its price cannot be held against the brand's."],
        "caveat": CAVEAT,
    },
    "listings": [
        {
            "id": LISTING_ID,
            "listing_id": "4711",
            "version": 1,
            "is_open": True,
            "snapshot": {"title": "Runner red, replica"},
            "evidence": ["/v1/flags/flag_9d7c3b5f0c0e5c1d2b4a6f8e/evidence?position=0"],
            "added_at": AT,
            "removed_at": None,
        }
    ],
    "decisions": [DECISION],
    "questions": [],
    "notices": [],
    "appeals": [],
    "actions": [],
    "comments": [
        {
            "id": "cmt_1c2b3a490b2cbd3a1f0e4d5c9a7e6f8d",
            "author": "user:usr_5f0c0e5c1d2b4a6f8e9d7c3b",
            "text": "Look at the seam.",
            "created_at": AT,
        }
    ],
    "history": [],
    "basis": None,
    "previous_id": None,
    "cluster_id": None,
    "events": ["applied", "gone", "undo"],
}


class CaseSignal(Wire):
    """One thing to be weighed by a person."""

    value: JsonValue = Field(
        description="Null is not known, which is neither no nor 0."
    )
    direction: Literal["supports", "against", "neutral", "unknown"]
    text: str


class ReasonAnswer(Wire):
    """Why the case is there, in words."""

    matched: list[str] = Field(description="Picture by picture.")
    supports: list[str]
    against: list[str]
    unknown: list[str]
    caveat: str


class CaseListing(Wire):
    """A listing that a case is about."""

    id: str = Field(description="Our id of it.")
    listing_id: str = Field(description="The marketplace's id of it.")
    version: int
    is_open: bool = Field(description="It is still dealt with in this case.")
    snapshot: dict[str, JsonValue] = Field(
        description="What it said when it came in; for a brand without its seller."
    )
    evidence: list[str] = Field(
        description="Paths of pictures that show the matches; none for a brand, which "
        "finds them with its questions."
    )
    added_at: datetime
    removed_at: datetime | None


class CaseQuestion(Wire):
    """What the brand was asked, and its answer."""

    id: str
    state: str
    text: str
    answer: str | None
    explanation: str | None
    asked_at: datetime
    due_at: datetime
    answered_at: datetime | None


class CaseNotice(Wire):
    """A brand's notice that names a listing of the case."""

    id: str
    state: str
    item_state: str
    listing_id: str | None
    claim_type: str
    reason_code: str
    explanation: str
    received_at: datetime


class CaseAppeal(Wire):
    """Somebody says that a decision was wrong."""

    id: str
    kind: str
    state: str
    grounds: str
    explanation: str
    answer: str | None
    received_at: datetime
    decided_at: datetime | None


class CaseAction(Wire):
    """What the marketplace was asked to do."""

    id: str
    kind: str
    state: str
    listing_id: str
    error: str | None
    requested_at: datetime | None
    ended_at: datetime | None


class CommentAnswer(Wire):
    """What a colleague says; nobody outside the platform sees it."""

    id: str
    author: str
    text: str
    created_at: datetime


class StepAnswer(Wire):
    """Something that was done."""

    seq: int = Field(ge=1)
    at: datetime
    event: str
    actor_id: str = Field(description="Says nothing by itself.")
    actor: str | None = Field(description="Their name, until it is taken off.")
    role: str
    subject: str
    subject_id: str
    case_id: str | None
    number: str | None = Field(description="Row of the table of transitions.")
    from_state: str | None
    to_state: str | None
    reason_code: str | None
    data: dict[str, JsonValue]
    versions: dict[str, JsonValue] = Field(
        description="Of models, thresholds and policy that held."
    )
    sha256: str = Field(description="Seals it, and what was before it.")


class CaseDetails(CaseAnswer):
    """All of a case that the caller may know; what they may not is empty or null."""

    model_config = ConfigDict(json_schema_extra={"examples": [DETAILS]})

    verdict: str | None = Field(description="Of the thresholds; a person decides.")
    images: list[FlaggedImage]
    signals: dict[str, CaseSignal]
    reason: ReasonAnswer
    listings: list[CaseListing]
    decisions: list[DecisionAnswer] = Field(
        description="The oldest first; a first opinion is hidden from whoever may give "
        "the second."
    )
    questions: list[CaseQuestion]
    notices: list[CaseNotice]
    appeals: list[CaseAppeal]
    actions: list[CaseAction]
    comments: list[CommentAnswer]
    history: list[StepAnswer]
    basis: dict[str, JsonValue] | None = Field(
        description="Models, thresholds and results that it was opened with; null "
        "outside the platform."
    )
    previous_id: str | None = Field(description="An earlier case about the listing.")
    cluster_id: str | None = Field(description="Null outside the platform.")
    events: list[str] = Field(
        description="What can happen to it now, whoever may do so; none outside the "
        "platform."
    )
