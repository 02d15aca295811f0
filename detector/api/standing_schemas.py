"""What goes over the wire of standing and of the report of figures."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from detector.api.catalogue_schemas import AT, BRAND_ID
from detector.api.pagination import PageOptions, RecordOptions
from detector.api.schemas import Share, Wire

TierName = Literal["new", "standard", "good_faith", "restricted"]
SubjectKind = Literal["brand", "notifier", "seller"]
Count = Annotated[int, Field(ge=0)]

RATE: JsonDict = {
    "count": 29,
    "num": 30,
    "rate": 0.966667,
    "lower": 0.868,
    "upper": 0.992,
}
OUTCOMES: JsonDict = {
    "accepted": 29,
    "rejected": 1,
    "withdrawn": 0,
    "countered": 1,
    "neutral": 2,
    "takedown_rate": RATE,
    "counter_notice_rate": RATE,
    "accuracy": RATE,
}
FIGURES: JsonDict = {
    "since": AT,
    "until": AT,
    "total": OUTCOMES,
    "by_reason": {"counterfeit_mark": OUTCOMES},
}
CHANGE: JsonDict = {
    "standing_id": "std_5f0c0e5c1d2b4a6f8e9d7c3b",
    "subject": "brand",
    "subject_id": BRAND_ID,
    "tier": "standard",
    "reason": "Enough is known of the notices.",
    "figures": FIGURES,
    "warned_at": None,
    "locked_until": None,
    "created_at": AT,
}
CONDITION: JsonDict = {
    "tier": "good_faith",
    "name": "takedown_rate_lower",
    "wanted": 0.9,
    "found": 0.868,
    "is_met": False,
    "reason_code": None,
}
METRIC: JsonDict = {
    "group": "detection",
    "name": "precision",
    "value": 0.82,
    "num": 240,
    "lower": 0.766,
    "upper": 0.864,
}


class Rate(Wire):
    """A share with its Wilson bounds; null of nothing."""

    count: Count
    num: Count
    rate: Share | None
    lower: Share | None
    upper: Share | None


class DecidedItemsAnswer(Wire):
    """What became of notice items that were decided."""

    accepted: Count = Field(description="Restricted, also if an appeal overturned it.")
    rejected: Count = Field(description="Not, by an error of the claimant.")
    withdrawn: Count
    countered: Count = Field(description="Accepted ones that an appeal overturned.")
    neutral: Count = Field(description="Not restricted, by nobody's error; in no rate.")
    takedown_rate: Rate = Field(
        description="accepted / (accepted + rejected + withdrawn)"
    )
    counter_notice_rate: Rate = Field(description="countered / accepted")
    accuracy: Rate = Field(
        description="(accepted - countered) / (accepted + rejected + withdrawn)"
    )


class FiguresAnswer(Wire):
    """Outcomes over a window, in all and by what the notices claimed."""

    since: datetime
    until: datetime
    total: DecidedItemsAnswer
    by_reason: dict[str, DecidedItemsAnswer]


class StandingChange(Wire):
    """A tier that was entered, or a warning, and the figures that led there."""

    model_config = ConfigDict(json_schema_extra={"examples": [CHANGE]})

    standing_id: str
    subject: SubjectKind
    subject_id: str = Field(description="Id of the brand, or address of the notifier.")
    tier: TierName
    reason: str
    figures: FiguresAnswer
    warned_at: datetime | None = Field(
        description="When it was told that the tier is about to be lost."
    )
    locked_until: datetime | None = Field(
        description="Until when `good_faith` cannot be entered."
    )
    created_at: datetime


class ConditionAnswer(Wire):
    """One thing that a tier asks for."""

    tier: TierName
    name: Literal[
        "num_decided",
        "takedown_rate_lower",
        "takedown_rate",
        "counter_notice_rate",
        "locked_until",
    ] = Field(
        description="`counter_notice_rate` is not to be passed, others are to be "
        "reached; `locked_until` is met when there is no lock, or it is over."
    )
    wanted: float | None
    found: float | None = Field(description="Null if nothing was counted.")
    is_met: bool
    reason_code: str | None = Field(description="Null for all notices.")


class BrandStanding(Wire):
    """Where a brand stands, by figures as they are now."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "brand_id": BRAND_ID,
                    "tier": "standard",
                    "since": AT,
                    "warned_at": None,
                    "locked_until": None,
                    "shortfall": "The takedown rate may be as low as 0.868 over 30 "
                    "items; at least 0.9 is asked for.",
                    "figures": FIGURES,
                    "conditions": [CONDITION],
                }
            ]
        }
    )

    brand_id: str
    tier: TierName
    since: datetime | None = Field(description="Null if no tier was ever entered.")
    warned_at: datetime | None
    locked_until: datetime | None
    shortfall: str | None = Field(
        description="What is missing to earn `good_faith`; null if nothing is."
    )
    figures: FiguresAnswer
    conditions: list[ConditionAnswer] = Field(
        description="What `standard` and `good_faith` ask for."
    )


class StandingOptions(RecordOptions):
    """The query parameters of the list of changes."""

    subject: SubjectKind | None = Field(None, description="Only of these.")
    subject_id: Annotated[str, Field(max_length=300)] | None = Field(
        None, description="Only of this brand, or of this notifier's address."
    )


class ReportOptions(BaseModel):
    """The query parameters of the report."""

    model_config = PageOptions.model_config

    days: int = Field(90, ge=1, le=3_660, description="Length of the window, to now.")


class MetricAnswer(Wire):
    """A figure, and what it was counted from."""

    group: Literal["detection", "review", "transparency"]
    name: str
    value: float | None = Field(description="Null of nothing.")
    num: Count = Field(description="From how many it was counted.")
    lower: float | None = Field(description="Of the 95 % interval, of shares.")
    upper: float | None


class ReportAnswer(Wire):
    """All figures of a window."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"since": AT, "until": AT, "metrics": [METRIC]}]
        }
    )

    since: datetime
    until: datetime
    metrics: list[MetricAnswer]
