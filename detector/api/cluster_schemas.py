"""What goes over the wire of clusters."""

from datetime import datetime
from typing import Annotated

from fastapi import Path
from pydantic import ConfigDict, Field

from detector.api.flag_schemas import AT, LISTING_ID
from detector.api.list_schemas import PLAIN_ID
from detector.api.schemas import Sha256, Wire

ClusterId = Annotated[str, Path(pattern=PLAIN_ID, description="Id of the cluster.")]


class ClusterFirstSeen(Wire):
    """Who showed the picture first; the rest is null if that is another's affair."""

    at: datetime = Field(description="When that listing came to us.")
    listing_id: str | None = Field(description="Our id of the listing.")
    marketplace_id: str | None
    seller_id: str | None


class ClusterAnswer(Wire):
    """One picture in many listings, recompressed and resized as may be."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "clu_5f0c0e5c1d2b4a6f8e9d7c3b",
                    "num_pictures": 3,
                    "num_listings": 7,
                    "first_seen": {
                        "at": AT,
                        "listing_id": LISTING_ID,
                        "marketplace_id": "market.example",
                        "seller_id": "seller-8",
                    },
                }
            ]
        }
    )

    id: str
    num_pictures: int = Field(ge=0, description="Files that differ.")
    num_listings: int = Field(ge=0, description="That showed it, on all marketplaces.")
    first_seen: ClusterFirstSeen | None


class SightingAnswer(Wire):
    """A listing that showed the picture."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "sha256": "9c" * 32,
                    "listing_id": LISTING_ID,
                    "marketplace_id": "market.example",
                    "external_id": "4711",
                    "seller_id": "seller-8",
                    "first_seen_at": AT,
                }
            ]
        }
    )

    sha256: Sha256 = Field(description="Which file of it.")
    listing_id: str = Field(description="Our id of the listing.")
    marketplace_id: str
    external_id: str = Field(description="The marketplace's id of it.")
    seller_id: str | None
    first_seen_at: datetime = Field(
        description="When the event that first showed it came to us."
    )
