"""Routes of the words that cases are worked on with: reasons, questions to brands."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import ConfigDict, Field

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.pagination import Page
from detector.api.permission import needs, with_key
from detector.api.schemas import Wire
from detector.review.questions.wording import TEMPLATES
from detector.review.reasons import REASONS

router = APIRouter(prefix="/v1", tags=["cases"], dependencies=[with_key])

Reader = Annotated[Principal, Depends(needs(Capability.CASES_READ))]


class ReasonCodeAnswer(Wire):
    """Why something is done, or not."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "counterfeit_mark",
                    "kind": "restrict",
                    "says": "Goods bear the brand's mark without authorization.",
                    "right": "trademark",
                    "ground": "illegal",
                }
            ]
        }
    )

    code: str = Field(description="Stays for ever.")
    kind: Literal["restrict", "no_action", "hold", "order"] = Field(
        description="What it is a reason for; `hold` passes a case on."
    )
    says: str = Field(description="It in a sentence.")
    right: str = Field(
        description="Type of right that a restriction rests on; `none` if on none."
    )
    ground: Literal["illegal", "incompatible"] | None = Field(
        description="`incompatible` with the marketplace's terms; null but for what "
        "restricts."
    )


class QuestionTemplate(Wire):
    """What a brand can be asked."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "is_it_genuine", "text": "Are the goods of {title} genuine?"}
            ]
        }
    )

    name: str
    text: str = Field(description="With names in braces, which are filled in.")


@router.get("/reason-codes", operation_id="list_reason_codes")
def list_codes(caller: Reader) -> Page[ReasonCodeAnswer]:
    """List the reason codes, on one page."""
    items = [
        ReasonCodeAnswer(
            code=each.code,
            kind=each.kind.value,
            says=each.says,
            right=each.right,
            ground=each.ground,
        )
        for each in REASONS.values()
    ]
    return Page(items=items, next_cursor=None)


@router.get("/question-templates", operation_id="list_question_templates")
def list_templates(caller: Reader) -> Page[QuestionTemplate]:
    """List what brands can be asked, on one page."""
    items = [QuestionTemplate(name=name, text=text) for name, text in TEMPLATES.items()]
    return Page(items=items, next_cursor=None)
