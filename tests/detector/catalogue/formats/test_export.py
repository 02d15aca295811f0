import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.catalogue.formats.export import csv_line, neutralize, write_problems
from detector.catalogue.formats.rows import RowProblem


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", "  =1"],
)
def test_formulas_become_text(cell):
    assert neutralize(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "a=1", "1-2", "'=1", "mail@example.com"])
def test_other_cells_stay_as_they_are(cell):
    assert neutralize(cell) == cell


def test_problems_are_written_with_a_header():
    lines = list(
        write_problems(
            [
                RowProblem(2, "=x", "bad_link", 'He said "no",\ntwice', "-", "warning"),
                RowProblem(3, None, "no_image", "m", "r"),
            ]
        )
    )
    assert list(csv.reader(io.StringIO("".join(lines), newline=""))) == [
        ["row", "column", "code", "message", "remedy", "severity"],
        ["2", "'=x", "bad_link", 'He said "no",\ntwice', "'-", "warning"],
        ["3", "", "no_image", "m", "r", "error"],
    ]


@given(st.lists(st.text(), min_size=1))
def test_no_cell_of_a_line_begins_as_a_formula(cells):
    (row,) = csv.reader(io.StringIO(csv_line(cells), newline=""))
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
    assert [cell.removeprefix("'") for cell in row] == [
        cell.removeprefix("'") for cell in cells
    ]
