"""Route of what people sign: the words that a name stands for."""

from fastapi import APIRouter
from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from detector.api.permission import AnyPrincipal, with_key
from detector.api.schemas import Wire
from detector.review.notices import notice
from detector.review.questions import answer

router = APIRouter(prefix="/v1/declarations", tags=["notices"], dependencies=[with_key])

EXAMPLE: JsonDict = {"good_faith": "I believe in good faith that what I say is so."}


class DeclarationsAnswer(Wire):
    """What is signed, by the names that go into `signed`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"answer": EXAMPLE, "notice": EXAMPLE, "warning": notice.WARNING}
            ]
        }
    )

    answer: dict[str, str] = Field(description="With an answer to a question.")
    notice: dict[str, str] = Field(
        description="With a notice; `perjury` where 17 USC 512 holds."
    )
    warning: str = Field(description="What whoever signs should know.")


@router.get("", operation_id="show_declarations")
def show(caller: AnyPrincipal) -> DeclarationsAnswer:
    """Show the words of the statements that people sign."""
    return DeclarationsAnswer(
        answer=dict(answer.STATEMENTS),
        notice=dict(notice.STATEMENTS),
        warning=notice.WARNING,
    )
