"""What goes over the wire of statements of reasons and of their export."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Path
from pydantic import ConfigDict, Field, JsonValue
from pydantic.config import JsonDict

from detector.api.action_schemas import ACTION_ID
from detector.api.case_schemas import AT, CASE_ID, Id, Word
from detector.api.list_schemas import PLAIN_ID
from detector.api.pagination import ChangesOptions
from detector.api.schemas import Wire

StatementState = Literal["pending", "delivered", "exported", "submitted", "failed"]
StatementId = Annotated[str, Path(pattern=PLAIN_ID, description="Id of the statement.")]
ExportId = Annotated[str, Path(pattern=PLAIN_ID, description="Id of the export.")]
Record = dict[str, JsonValue]

STATEMENT_ID = "sor_9d7c3b5f0c0e5c1d2b4a6f8e0b2cbd3a"
EXPORT_ID = "exp_0b2cbd3a1f0e4d5c9a7e6f8d1c2b3a49"
RECORD: JsonDict = {
    "decision_visibility": ["DECISION_VISIBILITY_CONTENT_REMOVED"],
    "decision_facts": "The goods bear a mark of Acme without its consent. …",
    "decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT",
    "illegal_content_legal_ground": "Regulation (EU) 2017/1001, Article 9, …",
    "illegal_content_explanation": "Goods that bear a sign identical to …",
    "content_type": ["CONTENT_TYPE_PRODUCT"],
    "category": "STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS",
    "category_specification": ["KEYWORD_TRADEMARK_INFRINGEMENT"],
    "territorial_scope": ["DE", "FR"],
    "content_date": "2026-05-01",
    "application_date": "2026-06-01",
    "source_type": "SOURCE_VOLUNTARY",
    "automated_detection": "Yes",
    "automated_decision": "AUTOMATED_DECISION_NOT_AUTOMATED",
    "puid": STATEMENT_ID,
}
STATEMENT: JsonDict = {
    "statement_id": STATEMENT_ID,
    "case_id": CASE_ID,
    "action_id": ACTION_ID,
    "marketplace_id": "market.example",
    "state": "delivered",
    "language": "en",
    "template": "en/counterfeit_mark@1",
    "text": "Your listing was removed. …",
    "record": RECORD,
    "schema_version": "tdb-2025-07",
    "export_id": None,
    "error": None,
    "created_at": AT,
    "delivered_at": AT,
    "submitted_at": None,
}


class StatementOptions(ChangesOptions):
    """The query parameters of the list of statements."""

    state: StatementState | None = Field(None, description="Only those in this state.")
    case_id: Id | None = Field(None, description="Only those of this case.")
    marketplace_id: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None, description="Only those to sellers on this marketplace."
    )


class StatementAnswer(Wire):
    """A statement of reasons: what the seller and the register are told."""

    model_config = ConfigDict(json_schema_extra={"examples": [STATEMENT]})

    statement_id: str
    case_id: str
    action_id: str
    marketplace_id: str
    state: StatementState = Field(
        description="`delivered`: the seller has it; `exported`: it was sent to the "
        "register; `submitted`: that has taken it; `failed`: it has not, see `error`."
    )
    language: str
    template: str = Field(description="Whose words it has, and their version.")
    text: str = Field(description="For the seller.")
    record: Record | None = Field(
        description="For the EU transparency database, by its own names; null where "
        "none is owed."
    )
    schema_version: str | None = Field(description="Of the record.")
    export_id: str | None
    error: str | None
    created_at: datetime
    delivered_at: datetime | None
    submitted_at: datetime | None


class NewExport(Wire):
    """Which records are exported."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"marketplace_id": "market.example"}]},
    )

    marketplace_id: Word | None = Field(
        None, description="Whose; the caller's own, or all, by default."
    )


class FailedStatement(Wire):
    """A statement whose record is not valid, or was refused."""

    statement_id: str
    error: str | None


class ExportAnswer(Wire):
    """Records that are sent together, and what became of them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "export_id": EXPORT_ID,
                    "num_statements": 1,
                    "states": {"exported": 1},
                    "failed": [],
                }
            ]
        }
    )

    export_id: str | None = Field(description="Null if there was nothing to export.")
    num_statements: int = Field(ge=0, le=100)
    states: dict[StatementState, int] = Field(description="How many are in which.")
    failed: list[FailedStatement]


class ExportFile(Wire):
    """What to send to `POST /api/v1/statements` of the transparency database."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"statements": [RECORD]}]}
    )

    statements: list[Record]


class NewResponse(Wire):
    """What the transparency database has answered."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "status": 422,
                    "body": {
                        "errors": {"statement_0": {"content_date": ["It is no date."]}}
                    },
                },
                {"status": 201, "body": {}},
            ]
        },
    )

    status: int = Field(ge=100, le=599, description="The HTTP status.")
    body: dict[str, JsonValue] = Field(
        default_factory=dict,
        description="The JSON that came with it: `errors` names records by their place "
        "(`statement_0`), `existing` holds those that are there already.",
    )
