"""Scan results as lines of JSON and as rows of CSV."""

import csv
import json
from typing import TextIO

from detector.catalogue.formats.export import neutralize
from detector.listings.scan import ScannedImage
from detector.matching.match import Match

CSV_COLUMNS = (
    "image",
    "sha256",
    "verdict",
    "error",
    "rank",
    "reference_id",
    "external_id",
    "brand",
    "product_id",
    "similarity",
    "likelihood",
    "relation",
    "mirrored",
    "num_inliers",
    "reference_overlap",
    "query_overlap",
)
LINE_ENDS = {ord(c): f"\\u{ord(c):04x}" for c in "\x85\u2028\u2029"}
"""What some readers take for the end of a line, and JSON leaves as it is."""
Json = dict[str, object]


def as_json(scanned: ScannedImage) -> Json:
    """Turn one result into what `scan --format jsonl` promises."""
    result = scanned.result
    return {
        "image": scanned.image,
        "sha256": scanned.sha256,
        "verdict": result.verdict.value if result else None,
        "error": scanned.error,
        "matches": _matches(scanned),
    }


def _matches(scanned: ScannedImage) -> list[Json]:
    """List the matches; a reference that was deleted meanwhile is left out."""
    if scanned.result is None:
        return []
    matches: list[Json] = []
    for match in scanned.result.matches:
        reference = scanned.references.get(match.reference_id)
        if reference is None:
            continue
        names: Json = {
            "reference_id": reference.id,
            "external_id": reference.external_id,
            "brand": reference.brand,
            "product_id": reference.product_id,
            "reference_role": reference.role,
        }
        matches.append(names | match_as_json(match))
    return matches


def match_as_json(match: Match) -> Json:
    """Turn what was found of a match into JSON, without its reference's names."""
    likelihood, region = match.likelihood, match.query_region
    return {
        "similarity": round(match.similarity, 6),
        "likelihood": None if likelihood is None else round(likelihood, 6),
        "relation": match.relation.value,
        "mirrored": match.mirrored,
        "num_inliers": match.num_inliers,
        "query_region": (
            None if region is None else [[round(x, 1), round(y, 1)] for x, y in region]
        ),
        "reference_overlap": round(match.reference_overlap, 4),
        "query_overlap": round(match.query_overlap, 4),
    }


class JsonLines:
    """One line per picture."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def add(self, scanned: ScannedImage) -> None:
        """Write the picture's line at once."""
        line = json.dumps(as_json(scanned), ensure_ascii=False).translate(LINE_ENDS)
        self._file.write(line + "\n")
        self._file.flush()

    def finish(self) -> None:
        """Nothing waits."""


class CsvRows:
    """One row per match, or one with empty columns where there is none."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._writer = csv.DictWriter(file, CSV_COLUMNS, extrasaction="ignore")
        self._writer.writeheader()

    def add(self, scanned: ScannedImage) -> None:
        """Write the picture's rows at once."""
        row = as_json(scanned)
        matches = _matches(scanned) or [{}]
        for rank, match in enumerate(matches, start=1):
            number = rank if match else None
            cells = row | match | {"rank": number}
            self._writer.writerow({name: _cell(cells.get(name)) for name in cells})
        self._file.flush()

    def finish(self) -> None:
        """Nothing waits."""


def _cell(value: object) -> object:
    """Keep a spreadsheet from running a file name as a formula (OWASP)."""
    if isinstance(value, str):
        return neutralize(value)
    if isinstance(value, bool):
        return str(value).lower()
    return value
