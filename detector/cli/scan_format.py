"""The forms that a scan's results can take."""

from enum import StrEnum


class ScanFormat(StrEnum):
    """How results are written."""

    TABLE = "table"
    JSONL = "jsonl"
    CSV = "csv"
    HTML = "html"
