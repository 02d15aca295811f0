"""What goes over the wire: the same objects that `detector scan` prints."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.config import JsonDict

from detector.matching.match import Relation, Verdict

Share = Annotated[float, Field(ge=0, le=1)]
Point = Annotated[list[float], Field(min_length=2, max_length=2)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
ReferenceRole = Literal[
    "official", "packaging", "logo", "detail", "lifestyle", "known_fake"
]
DataUri = Annotated[str, Field(pattern="^data:image/png;base64,")]

LIKENESS: JsonDict = {
    "similarity": 0.932114,
    "likelihood": None,
    "relation": "edited_photo",
    "mirrored": False,
    "num_inliers": 74,
    "query_region": [[12.5, 40.0], [611.3, 38.9], [612.0, 640.1], [11.8, 641.0]],
    "reference_overlap": 0.8105,
    "query_overlap": 0.3612,
}
MODEL: JsonDict = {"kind": "copy", "model": "compact", "weights_hash": "3f" * 32}
POLICY: JsonDict = {"version": "2", "match_threshold": 0.8, "review_threshold": 0.5}
BASIS: JsonDict = {
    "recipe": "orb800-sift500-v2",
    "models": [MODEL],
    "policy": POLICY,
    "watermark": 82,
}
DATA_URI = "data:image/png;base64,iVBORw0KGgo="


def as_whole(value: object) -> object:
    """Take 24.0 for 24: JSON has one kind of number."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


AS_WHOLE = BeforeValidator(as_whole)
"""Goes with `strict`: no text and no truth value is a number, but 24.0 is one."""


class Wire(BaseModel):
    """Base of all: nothing is sent that is not described."""

    model_config = ConfigDict(extra="forbid")


class Options(BaseModel):
    """The query parameters of a comparison."""

    model_config = ConfigDict(extra="forbid")

    evidence: bool = Field(
        False, description="Draw what was found, as PNG in `data:` URIs."
    )


class MatchOptions(Options):
    """The query parameters of a match."""

    limit: int = Field(10, ge=1, le=100, description="Most matches to return.")


class ReferenceNames(Wire):
    """Which reference a match is about."""

    reference_id: str
    external_id: str = Field(description="The brand's own name of the picture.")
    brand: str
    product_id: str | None = Field(description="The brand's own id of what it shows.")
    reference_role: ReferenceRole = Field(
        description="What the reference is; `known_fake` is a picture of a counterfeit."
    )


class LikenessAnswer(Wire):
    """How a picture resembles a reference. Never by itself a verdict."""

    similarity: Share = Field(description="Measured; up is more alike.")
    likelihood: Share | None = Field(
        description="Calibrated probability that a reviewer confirms; null where "
        "nothing was calibrated."
    )
    relation: Relation = Field(description="What kind of likeness it is.")
    mirrored: bool
    num_inliers: int = Field(ge=0, description="Point pairs that agree.")
    query_region: Annotated[list[Point], Field(min_length=4, max_length=4)] | None = (
        Field(description="Outline of the reference on the picture: x, y in pixels.")
    )
    reference_overlap: Share = Field(description="Share of the reference that shows.")
    query_overlap: Share = Field(description="Share of the picture it covers.")


class MatchedReference(LikenessAnswer, ReferenceNames):
    """One reference that the picture resembles."""


class ModelAnswer(Wire):
    """An embedder; vectors of two weights hashes never mix."""

    kind: Literal["copy", "semantic"]
    model: str
    weights_hash: str


class PolicyAnswer(Wire):
    """What turns measurements into a similarity and a verdict."""

    version: str
    match_threshold: Share
    review_threshold: Share


class BasisAnswer(Wire):
    """What an answer was computed with, to compute it again."""

    recipe: str = Field(description="Of the local features.")
    models: list[ModelAnswer]
    policy: PolicyAnswer
    watermark: int | None = Field(
        description="The last change of the catalogue that was searched; null where "
        "no catalogue was."
    )


class EvidenceAnswer(Wire):
    """A match as a picture that a person can check at a glance."""

    reference_id: str
    image: DataUri


class MatchAnswer(Wire):
    """What `detector scan --format jsonl` prints of a picture, and its basis."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "sha256": "9c" * 32,
                    "verdict": "match",
                    "error": None,
                    "matches": [
                        {
                            "reference_id": "ref_5f0c0e5c1d2b4a6f8e9d7c3b",
                            "external_id": "shoes/runner-red/front.jpg",
                            "brand": "Acme",
                            "product_id": "RUN-RED-42",
                            "reference_role": "official",
                            **LIKENESS,
                        }
                    ],
                    "basis": BASIS,
                    "evidence": [],
                }
            ]
        }
    )

    sha256: Sha256 = Field(description="Of the picture's bytes.")
    verdict: Verdict = Field(
        description="What the thresholds make of the best match; a person decides."
    )
    error: None = Field(
        None, description="Always null: what fails is answered as a problem."
    )
    matches: list[MatchedReference] = Field(
        description="Best first; those below the thresholds too."
    )
    basis: BasisAnswer
    evidence: list[EvidenceAnswer] = Field(
        description="Of the matches worth looking at, if it was asked for."
    )


class CompareAnswer(Wire):
    """What picture `a` has in common with picture `b`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "a_sha256": "9c" * 32,
                    "b_sha256": "1d" * 32,
                    "match": LIKENESS,
                    "basis": {**BASIS, "models": [], "watermark": None},
                    "evidence": DATA_URI,
                }
            ]
        }
    )

    a_sha256: Sha256
    b_sha256: Sha256
    match: LikenessAnswer | None = Field(
        description="Null if nothing of `b` could be placed on `a`."
    )
    basis: BasisAnswer
    evidence: DataUri | None


class Alive(Wire):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Ready(Wire):
    """The service can match pictures."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"status": "ready", "models": [MODEL]},
            ]
        }
    )

    status: Literal["ready"] = "ready"
    models: list[ModelAnswer]


class JobsAnswer(Wire):
    """How many jobs there are in each state."""

    ready: int = Field(ge=0, description="To be worked on, now or later.")
    leased: int = Field(ge=0, description="Being worked on.")
    done: int = Field(ge=0)
    dead: int = Field(ge=0, description="Given up; see why, then retry them.")
    canceled: int = Field(ge=0)


class QueueAnswer(Wire):
    """The jobs of a kind that are not over."""

    kind: str
    ready: int = Field(ge=0, description="To be worked on, now or later.")
    later: int = Field(ge=0, description="Of those, not within a minute.")
    leased: int = Field(ge=0, description="Being worked on.")
    dead: int = Field(ge=0, description="Given up.")
    oldest_due_s: float = Field(
        ge=0, description="Seconds that the oldest that is due has waited."
    )


class ServiceAnswer(Wire):
    """What is served, and how far it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "version": "0.1.0",
                    "references": 82,
                    "watermark": 82,
                    "last_changed_at": "2026-06-01T12:00:00Z",
                    "models": [MODEL],
                    "jobs": {
                        "ready": 1,
                        "leased": 1,
                        "done": 12,
                        "dead": 0,
                        "canceled": 0,
                    },
                    "queues": [
                        {
                            "kind": "listing_scan",
                            "ready": 1,
                            "later": 0,
                            "leased": 1,
                            "dead": 0,
                            "oldest_due_s": 0.4,
                        }
                    ],
                }
            ]
        }
    )

    version: str = Field(description="Of the software.")
    references: int = Field(ge=0, description="How many can be found.")
    watermark: int = Field(description="The last change that the index has taken in.")
    last_changed_at: AwareDatetime | None = Field(
        description="When the catalogue was last changed; null if it never was."
    )
    models: list[ModelAnswer]
    jobs: JobsAnswer
    queues: list[QueueAnswer] = Field(description="By kind, what is not over.")
