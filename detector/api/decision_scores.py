"""The route of what was decided, by similarity."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ConfigDict, Field

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.openapi import problems
from detector.api.permission import needs, with_key
from detector.api.schemas import Wire
from detector.api.service import service_of
from detector.catalogue.brands import unknown_brand
from detector.review.learning.thresholds import report_scores
from detector.store.tables import BrandRow

router = APIRouter(prefix="/v1", tags=["learning"], dependencies=[with_key])

Auditor = Annotated[Principal, Depends(needs(Capability.AUDIT_READ))]


class ScorePoint(Wire):
    """What a threshold would have done."""

    threshold: float = Field(description="Similarity from which cases are opened.")
    precision: float = Field(
        description="Share of the cases above that were confirmed."
    )
    recall: float = Field(description="Share of the confirmed cases that lie above.")


class ScoreBin(Wire):
    """Decided cases of a range of similarity."""

    lower: float
    upper: float
    num_confirmed: int
    num_dismissed: int


class ChangedCase(Wire):
    """A decided case that would not have been opened."""

    case_id: str
    similarity: float
    is_confirmed: bool


class ThresholdPreview(Wire):
    """What would change if no case were opened below a threshold."""

    threshold: float
    num_lost: int = Field(description="Confirmed cases that were not opened then.")
    num_spared: int = Field(description="Dismissed cases that were not opened then.")
    num_open: int = Field(description="Cases that wait now, and were not opened then.")
    changed: list[ChangedCase] = Field(
        description="The most similar first, 50 at most."
    )


class DecisionScores(Wire):
    """What was decided, by similarity.

    Only flagged listings become cases: recall is of these, not of all copies there are.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "match_threshold": 0.74,
                    "review_threshold": 0.37,
                    "num_confirmed": 1,
                    "num_dismissed": 1,
                    "curve": [{"threshold": 0.9, "precision": 1.0, "recall": 1.0}],
                    "histogram": [
                        {
                            "lower": 0.9,
                            "upper": 0.95,
                            "num_confirmed": 1,
                            "num_dismissed": 0,
                        }
                    ],
                    "preview": None,
                }
            ]
        }
    )

    match_threshold: float = Field(description="In force: from here it is a `match`.")
    review_threshold: float = Field(description="In force: from here it is flagged.")
    num_confirmed: int
    num_dismissed: int
    curve: list[ScorePoint] = Field(description="Falling; empty if none was confirmed.")
    histogram: list[ScoreBin]
    preview: ThresholdPreview | None = Field(description="Of `threshold`, if given.")


@router.get(
    "/decision-scores",
    operation_id="show_decision_scores",
    responses=problems({404: "No such brand."}),
)
def show(
    request: Request,
    caller: Auditor,
    brand_id: Annotated[str | None, Query(max_length=100)] = None,
    threshold: Annotated[float | None, Query(ge=0, le=1)] = None,
) -> DecisionScores:
    """Show what was decided at which similarity, and preview another threshold."""
    service = service_of(request)
    scoring = service.engine.matcher.scoring
    with service.store.database.read() as session:
        if brand_id is not None and session.get(BrandRow, brand_id) is None:
            raise unknown_brand(brand_id)
        report = report_scores(session, brand_id=brand_id, threshold=threshold)
    preview = None
    if report.preview is not None:
        preview = {
            **asdict(report.preview),
            "changed": [
                {name: getattr(each, name) for name in ChangedCase.model_fields}
                for each in report.preview.changed
            ],
        }
    return DecisionScores.model_validate(
        {
            **asdict(report),
            "match_threshold": scoring.match_threshold,
            "review_threshold": scoring.review_threshold,
            "preview": preview,
        }
    )
