"""What goes over the wire about work on catalogues: imports and health checks."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from detector.api.catalogue_schemas import AT, example
from detector.api.schemas import AS_WHOLE, Sha256, Wire
from detector.catalogue.catalogue_file import ImportFormat

WorkState = Literal["queued", "running", "done", "failed", "canceled"]


class ImportOptions(Wire):
    """How a catalogue file is to be imported."""

    format: ImportFormat = Field(
        ImportFormat.AUTO,
        description="Of the table: `csv` is ours, `google` a Merchant Center feed as "
        "TSV or XML, `shopify` a products export; `images` is a ZIP of pictures "
        "without a table.",
    )
    mode: Literal["delta", "replace"] = Field(
        "delta",
        description="`replace` removes the products that the file does not name, "
        "unless a row of it has an error or it is pictures without a table.",
    )
    dry_run: bool = Field(False, description="Check everything, change nothing.")


class ImportAnswer(Wire):
    """A catalogue file on its way in."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(
            id="imp_0b2cbd3a1f0e4d5c9a7e6f8d1c2b3a49",
            state="running",
            file_name="products.csv",
            file_sha256="9c" * 32,
            format="shopify",
            mode="delta",
            dry_run=False,
            num_rows=640,
            num_rows_total=2000,
            num_problems=1,
            counts={"products_added": 639, "references_added": 1277, "errors": 1},
            error=None,
            created_at=AT,
            started_at=AT,
            finished_at=None,
        )
    }

    id: str
    state: WorkState
    file_name: str
    file_sha256: Sha256
    format: ImportFormat
    mode: Literal["delta", "replace"]
    dry_run: bool
    num_rows: int = Field(ge=0, description="Rows done; a row may be one with errors.")
    num_rows_total: int | None = Field(description="Null until the file was looked at.")
    num_problems: int = Field(ge=0)
    counts: dict[str, int] = Field(
        description="Products and references added, replaced, unchanged and removed; "
        "errors and warnings."
    )
    error: str | None = Field(description="Why it failed as a whole, if it did.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class ImportProblem(Wire):
    """What is wrong with a row, and what to do about it."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(
            row=17,
            column="gtin",
            severity="error",
            code="gtin_check_digit",
            message="The last digit of 4006381333932 should be 1; the rest was kept.",
            remedy="Copy the GTIN from the package again.",
        )
    }

    row: int = Field(description="As a spreadsheet counts; the heading is row 1.")
    column: str | None
    severity: Literal["error", "warning"]
    code: str
    message: str
    remedy: str


class HealthOptions(Wire):
    """How thorough a look at a catalogue is to be."""

    sample: Annotated[int, AS_WHOLE] = Field(
        24,
        strict=True,
        ge=0,
        le=500,
        description="References that the self-test edits.",
    )
    seed: Annotated[int, AS_WHOLE] = Field(
        0, strict=True, ge=0, le=2**31 - 1, description="Decides which."
    )


class HealthAnswer(Wire):
    """A look at a brand's catalogue."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(
            id="chk_0b2cbd3a1f0e4d5c9a7e6f8d1c2b3a49",
            state="queued",
            sample=24,
            seed=0,
            num_done=0,
            num_total=None,
            report=None,
            error=None,
            created_at=AT,
            started_at=None,
            finished_at=None,
        )
    }

    id: str
    state: WorkState
    sample: int
    seed: int
    num_done: int = Field(ge=0)
    num_total: int | None
    report: dict[str, object] | None = Field(description="There once it is done.")
    error: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
