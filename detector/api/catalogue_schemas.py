"""What goes over the wire about brands and their catalogues."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints
from pydantic.config import JsonDict

from detector.api.pagination import ChangesOptions
from detector.api.schemas import ReferenceRole, Sha256, Wire

PLAIN = r"^[^\x00-\x1f\x7f-\x9f]*$"
"""One line of text; PostgreSQL keeps no zero bytes."""
PLAIN_LINES = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PLAIN)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=1_000, pattern=PLAIN)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=PLAIN)]
LongText = Annotated[str, StringConstraints(max_length=10_000, pattern=PLAIN_LINES)]
Link = Annotated[str, StringConstraints(min_length=1, max_length=2_000, pattern=PLAIN)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=PLAIN)]
Country = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Money = Annotated[str, StringConstraints(pattern=r"^\d{1,12}(\.\d{1,4})?$")]

State = Literal["active", "disabled"]
ReferenceState = Literal["active", "disabled", "expired"]
ImageRights = Literal["owned", "licensed", "unknown"]

BRAND_ID = "brand_5f0c0e5c1d2b4a6f8e9d7c3b"
AT = "2026-06-01T12:00:00Z"


def example(**values: object) -> JsonDict:
    """Give a model its one example."""
    return {"examples": [values]}  # type: ignore[list-item]


class NewBrand(Wire):
    """A brand to be added."""

    model_config = Wire.model_config | {"json_schema_extra": example(name="Acme")}

    name: Line


class BrandChange(Wire):
    """What to change of a brand."""

    state: State = Field(
        description="None of a disabled brand's references is found; its keys do not "
        "open."
    )


class BrandAnswer(Wire):
    """A brand."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(
            id=BRAND_ID, name="Acme", state="active", created_at=AT
        )
    }

    id: str
    name: str
    state: State
    created_at: datetime


class CatalogueAnswer(Wire):
    """How much there is in a brand's catalogue."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(
            num_products=640,
            num_products_without_picture=2,
            num_active_references=1277,
            num_disabled_references=3,
            num_expired_references=0,
        )
    }

    num_products: int = Field(ge=0)
    num_products_without_picture: int = Field(ge=0)
    num_active_references: int = Field(
        ge=0, description="Those that listings are held against."
    )
    num_disabled_references: int = Field(ge=0)
    num_expired_references: int = Field(ge=0)


class ProductFields(Wire):
    """What a catalogue says of a product; what is left out stays as it is."""

    title: Title | None = None
    gtin: Annotated[str, StringConstraints(pattern=r"^\d{8,14}$")] | None = Field(
        None, description="8, 12, 13 or 14 digits, the last of which checks the others."
    )
    mpn: Line | None = None
    sku: Line | None = None
    variant_group: Line | None = None
    category: Title | None = None
    color: Line | None = None
    size: Line | None = None
    material: Line | None = None
    description: LongText | None = None
    msrp: Money | None = None
    msrp_currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")] | None = None
    price_floor: Money | None = None
    product_url: Link | None = None
    countries: Annotated[list[Country], Field(max_length=250)] | None = None
    launched_on: Day | None = None
    discontinued_on: Day | None = None
    right_ids: Annotated[list[Line], Field(max_length=100)] | None = None
    threshold_profile: Line | None = None
    condition: Literal["new", "refurbished", "used"] | None = None


class NewProduct(ProductFields):
    """A product to be added."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(
            product_id="RUN-RED-42", title="Runner, red", gtin="04006381333931"
        )
    }

    product_id: Word = Field(description="The brand's own id of it.")


class ProductAnswer(Wire):
    """A product of a brand."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(
            id="prod_5f0c0e5c1d2b4a6f8e9d7c3b",
            product_id="RUN-RED-42",
            fields={"title": "Runner, red", "gtin": "04006381333931"},
            num_references=3,
            reference_id="ref_5f0c0e5c1d2b4a6f8e9d7c3b",
            created_at=AT,
            updated_at=AT,
        )
    }

    id: str
    product_id: str
    fields: dict[str, str | list[str]] = Field(
        description="What is known of it, under the names of our CSV."
    )
    num_references: int = Field(ge=0)
    reference_id: str | None = Field(description="One of its pictures, if it has any.")
    created_at: datetime
    updated_at: datetime


class ReferenceChange(Wire):
    """What to change of a reference; what is left out stays as it is."""

    state: State | None = Field(
        None, description="A disabled reference is not found; it can be enabled again."
    )
    expires_at: AwareDatetime | None = Field(
        None, description="When it ceases to be found; null for never."
    )
    role: ReferenceRole | None = None
    image_rights: ImageRights | None = None


class ReferenceAnswer(Wire):
    """A picture of a brand that listings are held against."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(
            id="ref_5f0c0e5c1d2b4a6f8e9d7c3b",
            external_id="shoes/runner-red/front.jpg",
            product_ids=["RUN-RED-42"],
            sha256="9c" * 32,
            width=1200,
            height=900,
            role="official",
            image_rights="owned",
            state="active",
            expires_at=None,
            created_at=AT,
            updated_at=AT,
        )
    }

    id: str
    external_id: str = Field(description="The brand's own name of the picture.")
    product_ids: list[str] = Field(description="The brand's ids of what it shows.")
    sha256: Sha256
    width: int = Field(ge=1)
    height: int = Field(ge=1)
    role: ReferenceRole = Field(
        description="What it shows; `known_fake` is a picture of a counterfeit."
    )
    image_rights: ImageRights
    state: ReferenceState
    expires_at: datetime | None
    created_at: datetime
    updated_at: datetime


class RefusedPicture(Wire):
    """A picture of an upload that could not be taken."""

    file_name: str
    code: str = Field(description="Stable, for programs.")
    detail: str
    remedy: str


class TakenReference(Wire):
    """A picture of an upload that was taken."""

    file_name: str
    outcome: Literal["added", "replaced", "unchanged"]
    reference: ReferenceAnswer


class UploadAnswer(Wire):
    """What became of each picture of an upload, in its order."""

    taken: list[TakenReference]
    refused: list[RefusedPicture]


class ProductOptions(ChangesOptions):
    """The query parameters of a list of products."""

    q: Line | None = Field(
        None,
        description="Only those with this in their title, GTIN or own id; of letters "
        "beyond A to Z, capitals count.",
    )


class ReferenceOptions(ChangesOptions):
    """The query parameters of a list of references."""

    state: ReferenceState | None = Field(None, description="Only those in this state.")
    role: ReferenceRole | None = Field(None, description="Only those with this role.")
    product_id: Word | None = Field(
        None, description="Only those that show this product, by the brand's own id."
    )
    q: Line | None = Field(
        None,
        description="Only those with this in the brand's own name of them; of letters "
        "beyond A to Z, capitals count.",
    )
