"""What goes over the wire of questions to brands."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Path
from pydantic import ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from detector.api.case_schemas import Prose
from detector.api.list_schemas import PLAIN_ID
from detector.api.pagination import PageOptions
from detector.api.schemas import Sha256, Share, Wire
from detector.review.questions.answer import AnswerKind
from detector.review.questions.wording import TEMPLATES

QuestionId = Annotated[str, Path(pattern=PLAIN_ID, description="Id of the question.")]
Id = Annotated[str, StringConstraints(pattern=PLAIN_ID)]
QuestionState = Literal["open", "answered", "expired", "withdrawn"]
Statement = Literal["good_faith", "accuracy"]

QUESTION: JsonDict = {
    "question_id": "qst_0c9a7e1f5d2b4a6f8e9d7c3b",
    "case_id": "case_5f0c0e5c1d2b4a6f8e9d7c3b",
    "state": "open",
    "question": "Is the listing “Runner, red” on market.example yours?",
    "asked_at": "2026-06-01T12:00:00Z",
    "answer_until": "2026-06-03T12:00:00Z",
    "brand": {"id": "brand_0c9a7e1f5d2b4a6f8e9d7c3b", "name": "Acme"},
    "listing": {
        "id": "lst_5f0c0e5c1d2b4a6f8e9d7c3b",
        "marketplace_id": "market.example",
        "listing_id": "4711",
        "url": "https://market.example/items/4711",
        "title": "Runner, red",
        "price": "49.90",
        "currency": "EUR",
        "condition": "used",
        "seller_id": "seller-8",
    },
    "images": [
        {
            "position": 0,
            "sha256": "9c" * 32,
            "reference_id": "ref_5f0c0e5c1d2b4a6f8e9d7c3b",
            "external_id": "shoes/runner-red/front.jpg",
            "similarity": 0.932114,
            "relation": "edited_photo",
        }
    ],
    "answer": None,
    "explanation": None,
    "answered_at": None,
}


class QuestionOptions(PageOptions):
    """The query parameters of the list of questions."""

    state: QuestionState | None = Field(None, description="Only those in that state.")
    case_id: Id | None = Field(None, description="Only those of that case.")
    brand_id: Id | None = Field(None, description="Only those to that brand.")


class NewQuestion(Wire):
    """A question to the brand about a case that the caller holds."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"template": "is_it_yours", "lease_token": "9d7c3b5f0c0e5c1d"}
        }
    )

    template: Literal["is_it_yours", "is_it_genuine", "whose_photo"] = Field(
        "is_it_yours", description=f"One of {', '.join(sorted(TEMPLATES))}."
    )
    text: Prose | None = Field(None, description="In place of the template's words.")
    lease_token: Annotated[str, StringConstraints(max_length=100)] = Field(
        description="Of the claim."
    )
    version: int | None = Field(
        None, ge=1, description="Of the case that the caller saw."
    )


class BrandAct(Wire):
    """A restriction that an answer is to lead to by itself."""

    reason_code: Id = Field(description="Why; GET /v1/reason-codes lists them.")
    right_id: Id | None = Field(None, description="The right that it rests on.")


class NewAnswer(Wire):
    """What a brand says of a listing."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "answer": "counterfeit",
                "explanation": "The sole has another pattern than any of ours.",
                "signed": ["good_faith", "accuracy"],
            }
        }
    )

    answer: AnswerKind
    explanation: Prose | None = Field(None, description="What it goes by.")
    signed: Annotated[list[Statement], Field(max_length=2)] = Field(
        default_factory=list,
        description="Statements that the answering person signs; both are needed to "
        "call something a counterfeit.",
    )
    act_on: BrandAct | None = Field(
        None,
        description="Lets the answer act by itself, where the brand is in good "
        "standing and the marketplace allows it.",
    )


class AskedBrand(Wire):
    """The brand that is asked."""

    id: str
    name: str


class AskedListing(Wire):
    """The listing, as its newest version has it."""

    id: str
    marketplace_id: str
    listing_id: str
    url: str | None
    title: str | None
    price: str | None
    currency: str | None
    condition: str | None
    seller_id: str | None


class AskedImage(Wire):
    """A picture of the listing that resembles one of the brand's."""

    position: int
    sha256: Sha256
    reference_id: str | None
    external_id: str | None
    similarity: Share | None
    relation: str | None


class QuestionAnswer(Wire):
    """A question to a brand; who asked it is not said."""

    model_config = ConfigDict(json_schema_extra={"example": QUESTION})

    question_id: str
    case_id: str
    state: QuestionState
    question: str
    asked_at: datetime
    answer_until: datetime
    brand: AskedBrand
    listing: AskedListing
    images: list[AskedImage]
    answer: AnswerKind | None
    explanation: str | None
    answered_at: datetime | None
