"""What goes over the wire of cases: which are wanted, and how one stands."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Path
from pydantic import ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from detector.api.flag_schemas import (
    BRAND_ID,
    FLAG_IMAGE,
    LISTING_ID,
    FlaggedBrand,
    FlaggedImage,
    FlaggedListing,
)
from detector.api.list_schemas import LINE, PLAIN_ID, UNSEEN
from detector.api.pagination import ChangesOptions
from detector.api.schemas import Share, Wire

CaseState = Literal[
    "open",
    "claimed",
    "awaiting_brand",
    "awaiting_second",
    "response_window",
    "action_pending",
    "actioned",
    "appealed",
    "awaiting_claimant",
    "appeal_review",
    "reinstating",
    "closed",
]
Closure = Literal[
    "no_action",
    "suppressed",
    "duplicate",
    "moot",
    "void",
    "withdrawn",
    "final_upheld",
    "reinstated",
    "window_expired",
    "court_order",
]
CaseId = Annotated[str, Path(pattern=PLAIN_ID, description="Id of the case.")]
Id = Annotated[str, StringConstraints(pattern=PLAIN_ID)]
Word = Annotated[str, StringConstraints(max_length=200, pattern=LINE)]
Prose = Annotated[
    str,
    StringConstraints(
        max_length=5_000,
        pattern=rf"^[^{UNSEEN}]([^\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]*[^{UNSEEN}])?$",
    ),
]
"""Some lines of text, with nothing unseen at their ends."""

AT = "2026-06-01T12:00:00Z"
CASE_ID = "case_0b2cbd3a1f0e4d5c9a7e6f8d1c2b3a49"
RIGHT_ID = "right_5f0c0e5c1d2b4a6f8e9d7c3b"
TOKEN = "7d1c0b2cbd3a1f0e4d5c9a7e6f8d1c2b"
DECISION: JsonDict = {
    "id": "dec_1c2b3a490b2cbd3a1f0e4d5c9a7e6f8d",
    "kind": "restrict",
    "opinion": 1,
    "state": "effective",
    "reason_code": "counterfeit_mark",
    "right_id": RIGHT_ID,
    "corroboration": ["replica_words"],
    "restriction": {
        "kind": "DECISION_VISIBILITY_CONTENT_REMOVED",
        "territories": ["DE", "FR"],
        "ends_on": None,
    },
    "note": "The seam is another one.",
    "decided_by": "user:usr_5f0c0e5c1d2b4a6f8e9d7c3b",
    "role": "reviewer",
    "batch_id": None,
    "likelihood": None,
    "undo_until": "2026-06-01T12:00:30Z",
    "told_at": None,
    "decided_at": AT,
}
CASE: JsonDict = {
    "case_id": CASE_ID,
    "state": "action_pending",
    "closure": None,
    "version": 3,
    "source": "match",
    "queue": "review",
    "listing": {
        "id": LISTING_ID,
        "marketplace_id": "market.example",
        "listing_id": "4711",
        "version": 1,
        "url": "https://market.example/items/4711",
        "seller_id": "seller-8",
    },
    "title": "Runner red, replica",
    "brand": {"id": BRAND_ID, "name": "Acme"},
    "relation": "edited_photo",
    "similarity": 0.932114,
    "likelihood": None,
    "best": FLAG_IMAGE,
    "decision": DECISION,
    "risk": 1.25,
    "is_random": False,
    "is_brand_silent": False,
    "is_litigated": False,
    "regime": "EU-DSA",
    "due_at": "2026-06-04T12:00:00Z",
    "lease": None,
    "opened_at": AT,
    "closed_at": None,
    "updated_at": AT,
}


class CaseOptions(ChangesOptions):
    """The query parameters of the list of cases."""

    state: CaseState | None = Field(None, description="Only those in this state.")
    closure: Closure | None = Field(None, description="Only those closed that way.")
    queue: Word | None = Field(
        None, description="Only those in this queue; for the platform's people."
    )
    brand_id: Id | None = Field(None, description="Only those of this brand.")
    marketplace_id: Word | None = Field(
        None, description="Only listings on this marketplace."
    )
    seller_id: Word | None = Field(
        None, description="Only listings of this seller; not for brands."
    )
    cluster_id: Id | None = Field(
        None, description="Only those of this picture; for the platform's people."
    )
    listing_id: Id | None = Field(
        None, description="Only those of this listing, by our id of it."
    )
    mine: bool = Field(False, description="Only those that the caller holds.")
    order: Literal["deadline", "newest_change"] | None = Field(
        None,
        description="`deadline`: what is due soonest comes first, of what waits to be "
        "decided; for the platform's people. `newest_change`: what changed last comes "
        "first. Neither with `updated_since`.",
    )


class LeaseAnswer(Wire):
    """Somebody works on it, and nobody else can."""

    held_by: str = Field(description="`user:…` or `key:…`.")
    until: datetime = Field(description="It ends then, unless it is kept up.")
    token: str | None = Field(
        description="To be sent with each write; null to all but the holder."
    )


class RestrictionAnswer(Wire):
    """What is restricted, where, how long."""

    kind: str = Field(description="As the EU transparency database names it.")
    territories: list[str] = Field(description="Countries: ISO 3166-1, two letters.")
    ends_on: str | None = Field(description="The last day; null if no end is set.")


class DecisionAnswer(Wire):
    """What a person made of a case."""

    model_config = ConfigDict(json_schema_extra={"examples": [DECISION]})

    id: str
    kind: Literal["restrict", "no_action"]
    opinion: int = Field(ge=1, le=2, description="2 for a second reviewer's.")
    state: Literal[
        "pending", "effective", "undone", "void", "overruled", "overturned"
    ] = Field(description="`pending` waits for the second opinion.")
    reason_code: str
    right_id: str | None
    corroboration: list[str] = Field(
        description="What speaks for it beside similar pictures."
    )
    restriction: RestrictionAnswer | None
    note: str | None = Field(description="For colleagues; null to all others.")
    decided_by: str | None = Field(description="Null to all but the platform's people.")
    role: str | None = Field(description="Likewise.")
    batch_id: str | None = Field(description="Of a decision on many; likewise.")
    likelihood: Share | None = Field(description="That was shown to whoever decided.")
    undo_until: datetime | None = Field(
        description="Nobody outside is told before; null while it is pending."
    )
    told_at: datetime | None
    decided_at: datetime


class CaseAnswer(Wire):
    """A listing that may infringe a brand's right, and how it stands.

    Similarity is measured, likelihood is calibrated, the decision is a person's: three
    things that are never mixed.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [CASE]})

    case_id: str
    state: CaseState = Field(
        description="To brands and marketplaces nothing has happened that can still "
        "be undone."
    )
    closure: Closure | None
    version: int = Field(ge=1, description="To be sent with each write.")
    source: str = Field(description="`match`, `notice` or `report`.")
    queue: str | None = Field(description="Null to all but the platform's people.")
    listing: FlaggedListing
    title: str | None = Field(description="Of the listing, now.")
    brand: FlaggedBrand
    relation: str | None = Field(
        description="What kind of match it was when it was opened."
    )
    similarity: Share | None = Field(
        description="Of the strongest picture when it was opened."
    )
    likelihood: Share | None = Field(
        description="Calibrated probability that a reviewer confirms; null where "
        "nothing was calibrated."
    )
    best: FlaggedImage | None = Field(
        description="The picture that speaks most for it; null if none matched."
    )
    decision: DecisionAnswer | None = Field(description="The one that holds.")
    risk: float | None = Field(
        description="Up is sooner, of those due alike; null outside the platform."
    )
    is_random: bool | None = Field(
        description="Drawn for unbiased measurement; null outside the platform."
    )
    is_brand_silent: bool = Field(description="It was asked, and did not answer.")
    is_litigated: bool = Field(description="A suit or complaint was filed.")
    regime: str = Field(description="Whose clocks hold.")
    due_at: datetime | None = Field(
        description="It is to be decided by then; null outside the platform."
    )
    lease: LeaseAnswer | None = Field(description="Null outside the platform.")
    opened_at: datetime
    closed_at: datetime | None
    updated_at: datetime
