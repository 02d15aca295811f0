import csv
import io
import json
from typing import Any

import pytest

from detector.listings.formats import CSV_COLUMNS, CsvRows, JsonLines
from detector.listings.scan import ScannedImage
from detector.matching.match import Verdict
from tests.listing_results import flagged, unflagged, unreadable


def lines(*results: ScannedImage) -> list[dict[str, Any]]:
    file = io.StringIO()
    writer = JsonLines(file)
    for result in results:
        writer.add(result)
    writer.finish()
    return [json.loads(line) for line in file.getvalue().splitlines()]


def rows(*results: ScannedImage) -> list[dict[str, str]]:
    file = io.StringIO(newline="")
    writer = CsvRows(file)
    for result in results:
        writer.add(result)
    writer.finish()
    return list(csv.DictReader(io.StringIO(file.getvalue(), newline="")))


def test_a_line_of_json_is_what_was_promised():
    assert lines(flagged()) == [
        {
            "image": "listings/1.png",
            "sha256": "a" * 64,
            "verdict": "match",
            "error": None,
            "matches": [
                {
                    "reference_id": "ref_0",
                    "external_id": "ref_0.png",
                    "brand": "Acme",
                    "product_id": None,
                    "reference_role": "official",
                    "similarity": 0.9,
                    "likelihood": None,
                    "relation": "edited_photo",
                    "mirrored": True,
                    "num_inliers": 74,
                    "query_region": [[0, 0], [40.2, 0], [40.2, 30], [0, 30]],
                    "reference_overlap": 0.81,
                    "query_overlap": 0.36,
                }
            ],
        }
    ]


def test_every_picture_has_a_line_in_order_unreadable_ones_too():
    found = lines(flagged(), unreadable(), unflagged())
    assert [line["verdict"] for line in found] == ["match", None, "no_match"]
    assert found[1] == {
        "image": "listings/3.png",
        "sha256": None,
        "verdict": None,
        "error": "It is damaged. Fetch it again.",
        "matches": [],
    }


def test_a_name_of_several_lines_stays_on_one_line():
    (line,) = lines(unflagged("a\nb\u2028c\x85d.png"))
    assert line["image"] == "a\nb\u2028c\x85d.png"


def test_a_line_is_written_as_soon_as_it_is_known():
    file = io.StringIO()
    writer = JsonLines(file)
    writer.add(unflagged())
    assert file.getvalue().endswith("\n")


def test_a_row_of_csv_is_a_match_or_says_that_there_is_none():
    found = rows(flagged(similarities=(0.9, 0.5)), unflagged(), unreadable())
    assert tuple(found[0]) == CSV_COLUMNS
    assert [(r["image"], r["rank"], r["similarity"]) for r in found] == [
        ("listings/1.png", "1", "0.9"),
        ("listings/1.png", "2", "0.5"),
        ("listings/2.png", "", ""),
        ("listings/3.png", "", ""),
    ]
    assert found[3]["error"] == "It is damaged. Fetch it again."
    assert found[0]["mirrored"] == "true"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_csv_can_be_a_formula(start):
    (row,) = rows(unflagged(f"{start}cmd|' /C calc'!A0"))
    assert row["image"] == f"'{start}cmd|' /C calc'!A0"


def test_a_csv_cell_keeps_commas_quotes_and_line_ends():
    name = 'a,"b"\nc.png'
    (row,) = rows(unflagged(name))
    assert row["image"] == name


def test_verdicts_are_spelled_alike_everywhere():
    results = [flagged(verdict=verdict) for verdict in Verdict]
    verdicts = [line["verdict"] for line in lines(*results)]
    assert verdicts == [row["verdict"] for row in rows(*results)]
    assert verdicts == ["no_match", "review", "match"]
