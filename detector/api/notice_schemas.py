"""What goes over the wire of notices."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from detector.api.case_schemas import Id, Prose, Word
from detector.api.list_schemas import PLAIN_ID
from detector.api.pagination import RecordOptions
from detector.api.schemas import Wire
from detector.review.notices.notice import MAX_ITEMS

NoticeId = Annotated[str, Path(pattern=PLAIN_ID, description="Id of the notice.")]
NoticeState = Literal[
    "received", "incomplete", "accepted", "rejected", "partly_accepted", "withdrawn"
]
ItemState = Literal["open", "unknown_listing", "accepted", "rejected", "withdrawn"]
Statement = Literal["good_faith", "accuracy", "perjury"]
Country = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]
Url = Annotated[str, StringConstraints(max_length=2_000, pattern="^https?://[!-~]+$")]

GIVEN: JsonDict = {
    "external_id": "2026-0815",
    "marketplace_id": "market.example",
    "reason_code": "counterfeit_mark",
    "right_id": "right_0c9a7e1f5d2b4a6f8e9d7c3b",
    "explanation": "Test buy of 2026-05-20: the label has no serial number.",
    "items": [
        {"listing_id": "4711", "url": "https://market.example/items/4711"},
    ],
    "notifier": {"name": "Ada Acme", "email": "ip@acme.example", "role": "owner"},
    "signed": ["good_faith", "accuracy"],
}


class Notifier(Wire):
    """Who gives notice."""

    name: Word | None = None
    email: Annotated[
        str | None, Field(max_length=254, pattern="^[!-?A-~]+@[!-?A-~]+$")
    ] = None
    role: Literal["owner", "agent", "licensee", "trusted_flagger", "other"] = "owner"


class Contact(Wire):
    """How to reach the notifier by law, where the regime asks for it."""

    address: Word | None = None
    phone: Word | None = None
    signature: Word | None = None


class Evidence(Wire):
    """What else shows it."""

    kind: Literal[
        "test_buy", "comparison_image", "authenticity_features", "order", "other"
    ]
    reference: Word = Field(description="Where it is: a file's name, an order's id.")


class NewItem(Wire):
    """A listing that is claimed to infringe."""

    listing_id: Word = Field(description="The marketplace's own.")
    url: Url | None = None
    image_position: int | None = Field(
        None, ge=0, le=49, description="Of the picture that is meant."
    )


class NewNotice(Wire):
    """A claim about listings of one marketplace, on one right."""

    model_config = ConfigDict(json_schema_extra={"example": GIVEN})

    external_id: Word | None = Field(None, description="The notifier's own name of it.")
    marketplace_id: Word
    reason_code: Id = Field(description="Why; a reason to restrict.")
    right_id: Id | None = Field(None, description="The right that is infringed.")
    explanation: Prose = Field(
        description="What infringes, and how the notifier knows."
    )
    items: Annotated[list[NewItem], Field(min_length=1, max_length=MAX_ITEMS)]
    notifier: Notifier
    contact: Contact = Contact()
    evidence: Annotated[list[Evidence], Field(max_length=50)] = Field(
        default_factory=list
    )
    signed: Annotated[list[Statement], Field(max_length=3)] = Field(
        default_factory=list, description="Statements that the notifier signs."
    )
    territories: Annotated[list[Country], Field(max_length=250)] = Field(
        default_factory=list
    )
    message_to_seller: Annotated[Prose, Field(max_length=1_000)] | None = None
    discloses_identity: bool = Field(
        False, description="The seller may learn who gave notice."
    )


class NoticeCsvOptions(BaseModel):
    """What holds for all rows of a file."""

    model_config = ConfigDict(extra="forbid")

    marketplace_id: Word
    reason_code: Id
    right_id: Id | None = None
    explanation: Prose
    name: Word
    email: Word
    signed: Annotated[list[Statement], Field(max_length=3)] = Field(
        default_factory=list
    )


class WithdrawnItems(Wire):
    """What is taken back; all of the notice if no listing is named."""

    listing_ids: Annotated[list[Word], Field(max_length=MAX_ITEMS)] = Field(
        default_factory=list
    )


class NoticeOptions(RecordOptions):
    """The query parameters of the list of notices."""

    state: NoticeState | None = Field(None, description="Only those in that state.")
    brand_id: Id | None = Field(None, description="Only those of that brand.")
    marketplace_id: Word | None = Field(None, description="Only those about it.")


class MissingField(Wire):
    """What an incomplete notice lacks."""

    pointer: str
    message: str
    remedy: str


class ItemAnswer(Wire):
    """A listing of a notice, and what became of it."""

    listing_id: str
    url: str | None
    image_position: int | None
    state: ItemState
    reason_code: str | None
    case_id: str | None
    decided_at: datetime | None


class NoticeAnswer(Wire):
    """A notice, its receipt and its outcome."""

    notice_id: str
    external_id: str | None
    state: NoticeState
    brand_id: str
    marketplace_id: str
    right_id: str | None
    reason_code: str
    explanation: str
    territories: list[str]
    message_to_seller: str | None
    notifier: dict[str, str] | None = Field(
        description="Who gave it; null to marketplaces, as `contact` is."
    )
    contact: dict[str, str] | None
    evidence: list[dict[str, str]]
    discloses_identity: bool
    signed: list[str]
    missing: list[MissingField] = Field(
        description="What it lacks; it waits until that is sent."
    )
    warning: str = Field(description="What whoever gives notice should know.")
    items: list[ItemAnswer]
    received_at: datetime
    decided_at: datetime | None
    withdrawn_at: datetime | None


class NoticeRowAnswer(Wire):
    """What is wrong with a row of a file."""

    row: int
    column: str | None
    code: str
    message: str
    remedy: str


class NoticeFileAnswer(Wire):
    """What became of a file of listings: good rows are kept."""

    notices: list[NoticeAnswer]
    problems: list[NoticeRowAnswer]
