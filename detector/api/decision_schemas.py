"""What goes over the wire of claims and decisions."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from detector.api.case_schemas import (
    CASE,
    CASE_ID,
    RIGHT_ID,
    TOKEN,
    CaseAnswer,
    Id,
    Prose,
    Word,
)
from detector.api.catalogue_schemas import example
from detector.api.flag_schemas import LISTING_ID
from detector.api.schemas import AS_WHOLE, Sha256, Wire

Version = Annotated[int, Field(strict=True, ge=1, le=2**31 - 1), AS_WHOLE]
Kind = Literal["restrict", "no_action"]
BATCH_ID = "bat_1c2b3a490b2cbd3a1f0e4d5c9a7e6f8d"
MAX_AT_ONCE = 10_000
BATCH: JsonDict = {
    "batch_id": BATCH_ID,
    "num_done": 1,
    "outcomes": [
        {
            "case_id": CASE_ID,
            "decision_id": "dec_1c2b3a490b2cbd3a1f0e4d5c9a7e6f8d",
            "why_not": None,
        }
    ],
}


class ClaimNext(Wire):
    """Which case is wanted."""

    model_config = Wire.model_config | {"json_schema_extra": example(queue="review")}

    queue: Word | None = Field(
        None,
        description="Only from this one, `second` for second opinions; from all that "
        "the caller works on if null.",
    )


class NextCase(Wire):
    """The case that was claimed, if one waited."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"case": CASE}]})

    case: CaseAnswer | None = Field(description="Null if none waits for the caller.")


class Seen(Wire):
    """Which state of a case the caller has seen."""

    model_config = Wire.model_config | {"json_schema_extra": example(version=3)}

    version: Version = Field(description="As the case was shown.")


class Noted(Seen):
    """Why, in words."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(version=3, note="Opened by mistake.")
    }

    note: Prose = Field(description="For colleagues.")


class Token(Wire):
    """Shows that the caller holds a case."""

    model_config = Wire.model_config | {"json_schema_extra": example(lease_token=TOKEN)}

    lease_token: Word = Field(description="As the claim was answered.")


class Held(Token, Seen):
    """Shows that the caller holds a case, in the state that they have seen."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(version=3, lease_token=TOKEN)
    }


class Skip(Held):
    """Why a case is passed on."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(
            version=3, lease_token=TOKEN, reason_code="policy_unclear"
        )
    }

    reason_code: Word = Field(description="One of the kind `hold`.")


class Dismissal(Skip):
    """Why nothing is done."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(
            version=3, lease_token=TOKEN, reason_code="different_product", note=None
        )
    }

    reason_code: Word = Field(description="One of the kind `no_action`.")
    note: Prose | None = Field(None, description="For colleagues.")


class Restriction(Dismissal):
    """Why a listing is to be restricted, and by which right."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(
            version=3,
            lease_token=TOKEN,
            reason_code="counterfeit_mark",
            right_id=RIGHT_ID,
            note=None,
        )
    }

    reason_code: Word = Field(description="One of the kind `restrict`.")
    right_id: Id | None = Field(
        None, description="Of the brand; null where the reason rests on none."
    )


class SecondOpinion(Restriction):
    """What somebody else makes of a case."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(
            version=4,
            lease_token=TOKEN,
            kind="no_action",
            reason_code="different_product",
            right_id=None,
            note=None,
        )
    }

    kind: Kind
    reason_code: Word = Field(description="One of that kind.")


class NewComment(Wire):
    """What is said to colleagues."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(text="Look at the seam.")
    }

    text: Prose


class CourtOrder(Seen):
    """What a court or an authority has ordered."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(
            version=3, order="restriction", document="7 O 12/26", note=None
        )
    }

    order: Literal["restriction", "lift", "close"]
    document: Word = Field(description="That shows it: a file number, or where it is.")
    note: Prose | None = Field(None, description="For colleagues.")


class BulkScope(Wire):
    """Which cases are looked at together."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(case_id=CASE_ID, by="cluster")
    }

    case_id: Id = Field(description="The one that was looked at.")
    by: Literal["cluster", "seller"] = Field(
        description="What the others have in common with it: the picture, on all "
        "marketplaces, or the seller."
    )


class SeenCase(Wire):
    """A case, in the state that the preview has shown."""

    case_id: Id
    version: Version


class BulkDecision(BulkScope):
    """What is made of all cases that a preview has shown."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(
            case_id=CASE_ID,
            by="cluster",
            kind="no_action",
            reason_code="shared_or_stock_photo",
            right_id=None,
            note=None,
            cases=[{"case_id": CASE_ID, "version": 2}],
            exceptions=[LISTING_ID],
        )
    }

    kind: Kind
    reason_code: Word
    right_id: Id | None = None
    note: Prose | None = Field(None, description="For colleagues.")
    cases: Annotated[list[SeenCase], Field(min_length=1, max_length=MAX_AT_ONCE)] = (
        Field(description="As they were shown; what has changed since is left alone.")
    )
    exceptions: Annotated[list[Id], Field(max_length=MAX_AT_ONCE)] = Field(
        [],
        description="Cases, or listings by our id of them, that are left alone; such a "
        "listing gets a case of its own.",
    )


class PreviewedListing(Wire):
    """A listing of a case, at a glance."""

    id: str = Field(description="Our id of it.")
    title: str | None
    sha256: Sha256 | None = Field(description="Of the picture that speaks for it.")
    evidence: str | None = Field(description="Path of a picture that shows the match.")


class PreviewedCase(Wire):
    """A case that would be decided with others, or why not."""

    case_id: str
    version: int = Field(ge=1)
    is_included: bool
    why_not: str | None
    marketplace_id: str
    seller_id: str | None
    listings: list[PreviewedListing]


class BulkPreview(Wire):
    """Every case that a decision would reach."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "num_included": 1,
                    "num_listings": 1,
                    "items": [
                        {
                            "case_id": CASE_ID,
                            "version": 2,
                            "is_included": True,
                            "why_not": None,
                            "marketplace_id": "market.example",
                            "seller_id": "seller-8",
                            "listings": [
                                {
                                    "id": LISTING_ID,
                                    "title": "Runner red",
                                    "sha256": "9c" * 32,
                                    "evidence": None,
                                }
                            ],
                        }
                    ],
                }
            ]
        }
    )

    num_included: int = Field(ge=0)
    num_listings: int = Field(ge=0, description="Of the cases that are included.")
    items: list[PreviewedCase] = Field(
        description="By their ids; no more than the policy lets decide at once."
    )


class BulkOutcome(Wire):
    """What became of a case."""

    case_id: str
    decision_id: str | None = Field(description="Null if it was left alone.")
    why_not: str | None


class BatchAnswer(Wire):
    """What became of each case of a batch."""

    model_config = ConfigDict(json_schema_extra={"examples": [BATCH]})

    batch_id: str
    num_done: int = Field(ge=0)
    outcomes: list[BulkOutcome]


class BulkAnswer(BatchAnswer):
    """What was decided at once."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**BATCH, "is_large": False}]}
    )

    is_large: bool = Field(description="Restrictions wait for a second opinion.")
