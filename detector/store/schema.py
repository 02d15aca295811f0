"""All tables in one place, for migrations and for what must see every table."""

from sqlalchemy import MetaData

from detector.store import (
    access_tables,
    audit_tables,
    case_tables,
    event_tables,
    listing_tables,
    scan_tables,
    standing_tables,
    sweep_tables,
    tables,
    takedown_tables,
    work_tables,
)
from detector.store.table import Table

MODULES = (
    access_tables,
    audit_tables,
    case_tables,
    event_tables,
    listing_tables,
    scan_tables,
    standing_tables,
    sweep_tables,
    tables,
    takedown_tables,
    work_tables,
)
METADATA: MetaData = Table.metadata
