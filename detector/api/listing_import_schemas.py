"""What goes over the wire about files of listing events."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from detector.api.catalogue_schemas import AT, example
from detector.api.import_schemas import WorkState
from detector.api.listing_schemas import OutcomeCounts
from detector.api.schemas import Sha256, Wire
from detector.listings.intake.listing_file import ListingFileFormat


class ListingImportOptions(Wire):
    """How a file of listing events is to be read."""

    format: ListingFileFormat = Field(
        ListingFileFormat.AUTO,
        description="`ndjson` has an event on each line, `csv` in each row. `auto` "
        "goes by the file's name or the body's type, then by its beginning.",
    )


class ListingImportAnswer(Wire):
    """A file of listing events on its way in."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(
            id="lim_0b2cbd3a1f0e4d5c9a7e6f8d1c2b3a49",
            marketplace_id="market",
            state="running",
            file_name="events.ndjson",
            file_sha256="9c" * 32,
            format="ndjson",
            num_rows=640,
            num_problems=1,
            counts={"accepted": 600, "duplicate": 30, "stale": 9, "invalid": 1},
            error=None,
            created_at=AT,
            started_at=AT,
            finished_at=None,
        )
    }

    id: str
    marketplace_id: str | None = Field(
        description="Whose listings they are; null where each event says."
    )
    state: WorkState
    file_name: str
    file_sha256: Sha256
    format: ListingFileFormat
    num_rows: int = Field(
        ge=0, description="Rows done, blank ones left out; the sum of `counts`."
    )
    num_problems: int = Field(ge=0, description="Of rows, warnings included.")
    counts: OutcomeCounts
    error: str | None = Field(description="Why it failed as a whole, if it did.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class ListingProblemAnswer(Wire):
    """What is wrong with a row, and what to do about it."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(
            row=17,
            pointer="/price",
            severity="error",
            code="bad_price",
            message="It is no amount of money, or could be read as two.",
            remedy="Write it as 1234.50, with no currency sign and at most 4 decimals.",
        )
    }

    row: int = Field(
        description="The line of NDJSON; of a table as a spreadsheet counts, the "
        "heading being row 1."
    )
    pointer: str | None = Field(
        description="JSON pointer into the event; null where it is the row as such."
    )
    severity: Literal["error", "warning"] = Field(
        description="A row with an error is not taken, one with warnings is."
    )
    code: str
    message: str
    remedy: str
