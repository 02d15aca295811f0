"""What goes over the wire of appeals."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Path
from pydantic import ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from detector.api.case_schemas import Id, Prose, Word
from detector.api.flag_schemas import FlaggedBrand
from detector.api.list_schemas import PLAIN_ID
from detector.api.pagination import PageOptions
from detector.api.schemas import Wire
from detector.review.appeals.appeal import AppealKind

AppealId = Annotated[str, Path(pattern=PLAIN_ID, description="Id of the appeal.")]
AppealState = Literal[
    "received",
    "incomplete",
    "forwarded",
    "in_review",
    "upheld",
    "overturned",
    "withdrawn",
    "lapsed",
]
Grounds = Literal[
    "authorised",
    "genuine_second_hand",
    "own_photo",
    "licensed_photo",
    "not_the_product",
    "right_invalid_or_expired",
    "wrong_item",
    "never_sold",
    "other",
]
Statement = Literal["truth", "perjury", "jurisdiction"]
Token = Annotated[str, StringConstraints(max_length=100)]

GIVEN: JsonDict = {
    "kind": "counter_notice",
    "grounds": "genuine_second_hand",
    "explanation": "I bought the shoes in the brand's own store; the receipt is here.",
    "documents": [{"kind": "invoice", "reference": "receipt-2025-11-03.pdf"}],
    "signed": ["truth"],
    "contact": {"name": "Sam Seller"},
}


class Document(Wire):
    """What shows it."""

    kind: Literal[
        "invoice",
        "letter_of_authorization",
        "licence",
        "order",
        "court_order",
        "retraction",
        "other",
    ]
    reference: Word = Field(description="Where it is: a file's name, an order's id.")


class AppealContact(Wire):
    """Who appeals, and how to reach them."""

    name: Word | None = None
    email: Word | None = None
    address: Word | None = None
    phone: Word | None = None
    signature: Word | None = None


class NewAppeal(Wire):
    """Somebody says that a decision was wrong."""

    model_config = ConfigDict(json_schema_extra={"example": GIVEN})

    kind: AppealKind
    grounds: Grounds
    explanation: Prose
    external_id: Word | None = Field(None, description="The sender's own name of it.")
    documents: Annotated[list[Document], Field(max_length=50)] = Field(
        default_factory=list
    )
    signed: Annotated[list[Statement], Field(max_length=3)] = Field(
        default_factory=list, description="Statements that whoever appeals signs."
    )
    contact: AppealContact = AppealContact()


class ClaimantAnswer(Wire):
    """What the claimant makes of an appeal that was forwarded."""

    answer: Literal["sues", "withdraws"]
    document: Word | None = Field(
        None, description="Shows the suit or complaint; needed with `sues`."
    )
    note: Prose | None = None


class HeldAppeal(Wire):
    """The lease under which an appeal is held."""

    lease_token: Token


class AppealDecision(HeldAppeal):
    """The decision of an appeal, with reasons that are sent to whoever appealed."""

    outcome: Literal["upheld", "overturned"] = Field(
        description="`upheld`: the decision stands."
    )
    answer: Prose = Field(description="The reasons.")
    reason_code: Id | None = Field(
        None, description="Why it is restricted after all, if nothing had been done."
    )
    right_id: Id | None = Field(None, description="The right that that rests on.")


class AppealOptions(PageOptions):
    """The query parameters of the list of appeals."""

    state: AppealState | None = Field(None, description="Only those in that state.")
    case_id: Id | None = Field(None, description="Only those of that case.")


class MissingPart(Wire):
    """What an incomplete appeal lacks."""

    pointer: str
    message: str
    remedy: str


class AppealAnswer(Wire):
    """An appeal, its receipt and its outcome; who decided is not said."""

    appeal_id: str
    external_id: str | None
    case_id: str
    title: str | None = Field(description="Of the listing, now.")
    brand: FlaggedBrand
    marketplace_id: str
    forwards: bool = Field(
        description="The case's regime hands appeals on to the claimant."
    )
    kind: AppealKind
    state: AppealState
    grounds: str
    explanation: str
    documents: list[Document]
    signed: list[str]
    contact: AppealContact | None = Field(
        description="Shown to whoever may know it: a claimant where the law says so."
    )
    missing: list[MissingPart]
    claimant_answer: str | None
    answer: str | None = Field(description="The decision's reasons.")
    due_at: datetime | None = Field(
        description="The next step is to be taken by then; null outside the platform, "
        "and when it is over."
    )
    received_at: datetime
    forwarded_at: datetime | None
    decided_at: datetime | None


class TakenAppeal(Wire):
    """An appeal that the caller holds."""

    lease_token: str
    leased_until: datetime
    case_version: int
    appeal: AppealAnswer
