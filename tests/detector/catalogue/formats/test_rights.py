import io
from collections.abc import Mapping
from dataclasses import asdict

import pytest

from detector.catalogue.formats.rights import COLUMNS, RightRow, read_rights
from detector.catalogue.formats.rows import RowProblem
from detector.errors import InvalidInput
from tests.detector.catalogue.formats.reading import codes

FULL = {
    "right_id": "tm-1",
    "type": "Trademark",
    "office": "em",
    "application_no": "018000001",
    "registration_no": "018000001",
    "mark_text": "ACME",
    "image": "marks/acme.png",
    "nice_classes": "25|18, 25",
    "territories": "EU|ch",
    "owner": "Acme GmbH",
    "status": "registered",
    "registered_on": "2020-05-01",
    "expires_on": "2030-05-01",
    "representative": "Doe & Partners",
    "authority_document": "poa.pdf",
}


def rights_of(
    *rows: Mapping[str, str],
) -> tuple[list[RightRow], list[RowProblem]]:
    lines = [COLUMNS, *([row.get(name, "") for name in COLUMNS] for row in rows)]
    data = "\n".join(";".join(f'"{cell}"' for cell in line) for line in lines)
    found = list(read_rights(io.BytesIO(data.encode())))
    problems = [row for row in found if isinstance(row, RowProblem)]
    return [row for row in found if isinstance(row, RightRow)], problems


def test_every_column_is_read():
    assert set(FULL) == set(COLUMNS)
    rights, problems = rights_of(FULL)
    assert problems == []
    read = FULL | {
        "type": "trademark",
        "office": "EM",
        "nice_classes": (18, 25),
        "territories": ("EU", "CH"),
    }
    assert [asdict(right) for right in rights] == [read | {"row": 2}]


def test_a_copyright_needs_no_office():
    rights, problems = rights_of({"right_id": "c", "type": "copyright"})
    assert problems == []
    assert rights == [RightRow(2, "c", "copyright")]


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("right_id", "", "required"),
        ("right_id", "x" * 51, "too_long"),
        ("type", "", "required"),
        ("type", "brand", "bad_value"),
        ("office", "", "required"),
        ("office", "EUIPO", "bad_office"),
        ("nice_classes", "0", "bad_nice_class"),
        ("nice_classes", "46", "bad_nice_class"),
        ("nice_classes", "²", "bad_nice_class"),
        ("nice_classes", "9" * 5000, "bad_nice_class"),
        ("territories", "UK", "bad_country"),
        ("registered_on", "01/05/2020", "bad_date"),
        ("expires_on", "2020-04-30", "date_order"),
    ],
)
def test_a_right_that_would_reach_too_far_is_left_out(column, value, code):
    rights, problems = rights_of(FULL | {column: value}, FULL)
    assert codes(problems) == [(2, column, code)]
    assert [right.row for right in rights] == [3]


def test_a_picture_outside_the_zip_costs_the_cell():
    rights, problems = rights_of(FULL | {"image": "../mark.png"})
    assert codes(problems) == [(2, "image", "bad_link")]
    assert rights[0].image is None


def test_a_table_of_something_else_is_refused():
    with pytest.raises(InvalidInput, match="needs the column right_id, type"):
        list(read_rights(io.BytesIO(b"name\n")))
