"""What goes over the wire about rights and authorized sellers."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from detector.api.list_schemas import (
    AT,
    DAYS_LEFT,
    STANDING,
    STATE,
    Countries,
    Day,
    EntryName,
    Link,
    Name,
    ProductId,
    StandingOptions,
    State,
    Text,
    TwoLetters,
)
from detector.api.schemas import AS_WHOLE, Wire
from detector.catalogue.validity import Validity

MAX_PRODUCTS = 1_000

NiceClass = Annotated[int, Field(strict=True, ge=1, le=45), AS_WHOLE]
RightType = Literal["trademark", "copyright", "design", "patent", "gi"]
SellerRelation = Literal["own_store", "reseller", "licensee", "distributor"]


class RightFields(Wire):
    """What a registry says of a right; null takes a field away."""

    type: RightType | None = Field(None, description="Null changes nothing.")
    state: State | None = Field(None, description=STATE)
    office: TwoLetters | None = Field(
        None, description="WIPO ST.3, such as EM, WO or US; only a copyright has none."
    )
    application_no: Name | None = None
    registration_no: Name | None = None
    mark_text: Text | None = Field(None, description="The words of the mark.")
    image: Link | None = Field(
        None, description="A web address, or a path within a ZIP."
    )
    nice_classes: Annotated[list[NiceClass], Field(max_length=45)] | None = None
    territories: Countries | None = Field(
        None, description="Countries, EU for the Union; none where the office says it."
    )
    owner: Text | None = None
    status: Name | None = Field(None, description="In the words of the registry.")
    registered_on: Day | None = Field(None, description="The first day it holds.")
    expires_on: Day | None = Field(None, description="The last day it holds.")
    representative: Text | None = None
    authority_document: Text | None = Field(None, description="Where it is kept.")


RIGHT: JsonDict = {
    "right_id": "TM-ACME-EU",
    "type": "trademark",
    "state": "active",
    "office": "EM",
    "application_no": "018000001",
    "registration_no": "018000001",
    "mark_text": "ACME",
    "image": "https://acme.example/marks/acme.png",
    "nice_classes": [18, 25],
    "territories": ["EU"],
    "owner": "Acme GmbH",
    "status": "registered",
    "registered_on": "2020-05-01",
    "expires_on": "2030-04-30",
    "representative": "Doe & Partners",
    "authority_document": "contracts/poa-2026.pdf",
}


class NewRight(RightFields):
    """A right to be added."""

    model_config = ConfigDict(json_schema_extra={"examples": [RIGHT]})

    right_id: EntryName = Field(description="The brand's own name of it.")
    type: RightType


class RightChange(RightFields):
    """What to change of a right; what is left out stays as it is."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"state": "disabled", "expires_on": None}]}
    )


class RightAnswer(Wire):
    """A trademark, copyright or other right of a brand."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "right_5f0c0e5c1d2b4a6f8e9d7c3b",
                    **RIGHT,
                    "effective_state": "active",
                    "expires_in_days": 1429,
                    "created_at": AT,
                    "updated_at": AT,
                }
            ]
        }
    )

    id: str
    right_id: str = Field(description="The brand's own name of it.")
    type: RightType
    state: State
    effective_state: Validity = Field(description=STANDING)
    expires_in_days: int | None = Field(description=DAYS_LEFT)
    office: str | None
    application_no: str | None
    registration_no: str | None
    mark_text: str | None
    image: str | None
    nice_classes: list[int]
    territories: list[str]
    owner: str | None
    status: str | None
    registered_on: date | None
    expires_on: date | None
    representative: str | None
    authority_document: str | None
    created_at: datetime
    updated_at: datetime


class SellerFields(Wire):
    """What a seller is allowed; null takes a limit away."""

    relation: SellerRelation | None = Field(None, description="Null changes nothing.")
    state: State | None = Field(None, description=STATE)
    product_scope: Annotated[list[ProductId], Field(max_length=MAX_PRODUCTS)] | None = (
        Field(
            None,
            description="The brand's ids of the products; none for all. 10,000 "
            "characters in all.",
        )
    )
    countries: Countries | None = Field(None, description="None for all.")
    valid_from: Day | None = Field(None, description="The first day.")
    valid_to: Day | None = Field(None, description="The last day.")
    evidence_ref: Text | None = Field(None, description="Where the contract is.")


SELLER: JsonDict = {
    "marketplace": "ebay",
    "seller_id": "acme-outlet",
    "relation": "reseller",
    "state": "active",
    "product_scope": ["RUN-RED-42"],
    "countries": ["DE", "AT"],
    "valid_from": "2026-01-01",
    "valid_to": "2026-12-31",
    "evidence_ref": "contracts/2026-017",
}


class NewSeller(SellerFields):
    """A seller to be authorized."""

    model_config = ConfigDict(json_schema_extra={"examples": [SELLER]})

    marketplace: Name
    seller_id: Name = Field(description="As the marketplace calls the seller.")
    relation: SellerRelation


class SellerChange(SellerFields):
    """What to change of an authorized seller; what is left out stays as it is."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"state": "disabled", "valid_to": None}]}
    )


class SellerAnswer(Wire):
    """A seller whom the brand allows to use its pictures."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "seller_5f0c0e5c1d2b4a6f8e9d7c3b",
                    **SELLER,
                    "effective_state": "active",
                    "expires_in_days": 213,
                    "created_at": AT,
                    "updated_at": AT,
                }
            ]
        }
    )

    id: str
    marketplace: str
    seller_id: str = Field(description="As the marketplace calls the seller.")
    relation: SellerRelation
    state: State
    effective_state: Validity = Field(description=STANDING)
    expires_in_days: int | None = Field(description=DAYS_LEFT)
    product_scope: list[str] = Field(description="None for all products.")
    countries: list[str] = Field(description="None for all countries.")
    valid_from: date | None
    valid_to: date | None
    evidence_ref: str | None
    created_at: datetime
    updated_at: datetime


class RightOptions(StandingOptions):
    """The query parameters of a list of rights."""

    type: RightType | None = Field(None, description="Only those of this type.")


class SellerOptions(StandingOptions):
    """The query parameters of a list of authorized sellers."""

    marketplace: Name | None = Field(
        None, description="Only those on this one, spelled as in the list."
    )
