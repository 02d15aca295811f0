"""What goes over the wire of what decisions teach."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Path
from pydantic import ConfigDict, Field, JsonValue, StringConstraints
from pydantic.config import JsonDict

from detector.api.case_schemas import AT, Id
from detector.api.catalogue_schemas import BRAND_ID
from detector.api.list_schemas import LINE, PLAIN_ID
from detector.api.pagination import PageOptions
from detector.api.schemas import AS_WHOLE, Sha256, Wire

CalibrationState = Literal["proposed", "applied", "replaced", "rejected"]
Method = Literal["sigmoid", "isotonic"]
CalibrationId = Annotated[
    str, Path(pattern=PLAIN_ID, description="Id of the calibration.")
]
LearnedReferenceId = Annotated[
    str, Path(pattern=PLAIN_ID, description="Id of the reference.")
]
Why = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=LINE)]
Count = Annotated[int, Field(ge=0)]

CALIBRATION_ID = "cal_9d7c3b5f0c0e5c1d2b4a6f8e0b2cbd3a"
CALIBRATION: JsonDict = {
    "calibration_id": CALIBRATION_ID,
    "brand_id": BRAND_ID,
    "state": "proposed",
    "method": "sigmoid",
    "parameters": {"slope": 12.1, "offset": -8.4},
    "report": {
        "num": 240,
        "num_confirmed": 180,
        "brier": 0.11,
        "base_brier": 0.1875,
        "ece": 0.03,
        "table": [
            {"lower": 0.9, "upper": 1.0, "num": 120, "said": 0.95, "came_true": 0.96}
        ],
        "changes": {
            "num_flags": 300,
            "num_become_likely": 12,
            "num_become_unlikely": 3,
            "flags": [],
        },
    },
    "created_at": AT,
    "applied_at": None,
}
FAKE: JsonDict = {
    "reference_id": "ref_5f0c0e5c1d2b4a6f8e9d7c3b",
    "external_id": "known-fake/" + "9c" * 12,
    "brand_id": BRAND_ID,
    "picture_sha256": "9c" * 32,
}
RECORD: JsonDict = {
    "reference_id": "ref_5f0c0e5c1d2b4a6f8e9d7c3b",
    "brand_id": BRAND_ID,
    "num_confirmed": 0,
    "num_dismissed": 25,
    "is_quarantined": True,
    "quarantine_reason": "Of 25 decided cases 0 were confirmed: at most 0.098, "
    "below 0.1.",
    "updated_at": AT,
}


class CalibrationOptions(PageOptions):
    """The query parameters of the list of calibrations."""

    state: CalibrationState | None = Field(None, description="Only those.")


class NewCalibration(Wire):
    """What is to be fitted."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"method": "sigmoid", "brand_id": None}]}
    )

    method: Method = Field("sigmoid", description="Kind of curve.")
    brand_id: Id | None = Field(
        None,
        description="Of this brand only; null for all, and each with cases enough.",
    )


class CalibrationAnswer(Wire):
    """How similarity turns into likelihood, and how far that can be believed."""

    model_config = ConfigDict(json_schema_extra={"examples": [CALIBRATION]})

    calibration_id: str
    brand_id: str | None = Field(description="Null for all brands without their own.")
    state: CalibrationState = Field(
        description="`rejected` tells no more than the share of confirmed cases does."
    )
    method: Method
    parameters: dict[str, JsonValue]
    report: dict[str, JsonValue] = Field(
        description="Brier score, expected calibration error and reliability table on "
        "cases that were not fitted, and which flags would change side."
    )
    created_at: datetime
    applied_at: datetime | None


class CalibrationAnswers(Wire):
    """What was proposed."""

    items: list[CalibrationAnswer]


class RecordOptions(PageOptions):
    """The query parameters of the list of references' records."""

    quarantined: bool | None = Field(
        None, description="Only those that are held back, or that are not."
    )
    brand_id: Id | None = Field(None, description="Only those of this brand.")


class Quarantine(Wire):
    """Why a reference is to raise no flag."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "It shows a plain box."}]}
    )

    reason: Why


class ReferenceRecordAnswer(Wire):
    """What became of a reference's matches."""

    model_config = ConfigDict(json_schema_extra={"examples": [RECORD]})

    reference_id: str
    brand_id: str
    num_confirmed: Count = Field(description="Decided cases, over the rule's window.")
    num_dismissed: Count
    is_quarantined: bool = Field(description="It raises no flag.")
    quarantine_reason: str | None
    updated_at: datetime


class NewKnownFake(Wire):
    """Which picture of the case it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"position": 0}]})

    position: Annotated[int, Field(strict=True, ge=0, le=10_000), AS_WHOLE] = Field(
        description="Of the picture in the listing."
    )


class KnownFakeAnswer(Wire):
    """The reference that the picture became."""

    model_config = ConfigDict(json_schema_extra={"examples": [FAKE]})

    reference_id: str
    external_id: str
    brand_id: str
    picture_sha256: Sha256
