"""What goes over the wire of actions and of what became of them."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Path
from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from detector.api.case_schemas import (
    AT,
    CASE_ID,
    Id,
    Prose,
    RestrictionAnswer,
    Word,
)
from detector.api.flag_schemas import LISTING_ID
from detector.api.list_schemas import PLAIN_ID
from detector.api.pagination import ChangesOptions
from detector.api.schemas import Wire
from detector.review.actions.acknowledge import Outcome

ActionState = Literal[
    "scheduled", "requested", "sent", "applied", "failed", "lifted", "superseded"
]
ActionKind = Literal["restrict", "lift"]
ActionId = Annotated[str, Path(pattern=PLAIN_ID, description="Id of the action.")]

ACTION_ID = "act_9d7c3b5f0c0e5c1d2b4a6f8e0b2cbd3a"
ACTION: JsonDict = {
    "action_id": ACTION_ID,
    "case_id": CASE_ID,
    "kind": "restrict",
    "state": "sent",
    "listing": {
        "id": LISTING_ID,
        "marketplace_id": "market.example",
        "listing_id": "4711",
        "url": "https://market.example/items/4711",
    },
    "restriction": {
        "kind": "DECISION_VISIBILITY_CONTENT_REMOVED",
        "territories": ["DE", "FR"],
        "ends_on": None,
    },
    "lifts_id": None,
    "reason": "counterfeit_mark",
    "num_failures": 0,
    "error": None,
    "external_id": None,
    "requested_at": AT,
    "ended_at": None,
    "statement": {
        "statement_id": "sor_9d7c3b5f0c0e5c1d2b4a6f8e0b2cbd3a",
        "language": "en",
        "text": "Your listing was removed. …",
    },
}


class ActionOptions(ChangesOptions):
    """The query parameters of the list of actions."""

    waiting: bool | None = Field(
        None,
        description="`true`: only those to be acted on and acknowledged now, whether "
        "they were fetched before or not.",
    )
    state: ActionState | None = Field(None, description="Only those in this state.")
    kind: ActionKind | None = Field(None, description="Only those of this kind.")
    case_id: Id | None = Field(None, description="Only those of this case.")
    marketplace_id: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None, description="Only listings on this marketplace."
    )


class ActionListing(Wire):
    """The listing that is to be restricted, or of which that is to be lifted."""

    id: str = Field(description="Our id of it.")
    marketplace_id: str
    listing_id: str = Field(description="The marketplace's id of it.")
    url: str | None


class StatementText(Wire):
    """What the seller is to be told, no later than the restriction begins."""

    statement_id: str
    language: str
    text: str


class ActionAnswer(Wire):
    """A command to the marketplace."""

    model_config = ConfigDict(json_schema_extra={"examples": [ACTION]})

    action_id: str
    case_id: str
    kind: ActionKind
    state: ActionState = Field(
        description="`scheduled`: can still be undone; `requested`: to be done; "
        "`sent`: fetched; `failed`: asked for again later; `superseded`: nobody asks "
        "for it any more."
    )
    listing: ActionListing
    restriction: RestrictionAnswer
    lifts_id: str | None = Field(description="Of a lift: the action that it ends.")
    reason: str = Field(description="A reason code; of a lift, what led to it.")
    num_failures: int = Field(ge=0)
    error: str | None = Field(description="Why it failed the last time.")
    external_id: str | None = Field(description="The marketplace's own of it.")
    requested_at: datetime | None
    ended_at: datetime | None
    statement: StatementText | None = Field(
        description="For the seller; null with lifts."
    )


class NewAcknowledgement(Wire):
    """What became of an action."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"outcome": "applied", "external_id": "R-1"}]},
    )

    outcome: Outcome = Field(
        description="`applied`: it is done, of a lift: lifted; `failed`: it is asked "
        "for again later; `gone`: the listing has ended. The same once more changes "
        "nothing."
    )
    error: Prose | None = Field(None, description="Why it failed.")
    external_id: Word | None = Field(
        None, description="The marketplace's own of what it did."
    )
