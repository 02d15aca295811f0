import io
import time

import pytest

from detector.catalogue.formats.rows import MAX_ROWS, RowProblem
from detector.catalogue.formats.tables import (
    MAX_RECORD_CHARS,
    Record,
    open_table,
)
from detector.errors import InvalidInput


def rows_of(text: str, *, max_rows: int = MAX_ROWS) -> list[Record | RowProblem]:
    return list(open_table(io.BytesIO(text.encode()), max_rows=max_rows).records())


def test_rows_are_counted_as_a_spreadsheet_counts_them():
    table = open_table(io.BytesIO(b'\n\na,b,,\n\n1,"x\ny"\n,\n2,z\n'))
    assert table.header == ("a", "b")
    assert table.header_row == 3
    assert list(table.records()) == [Record(5, ["1", "x\ny"]), Record(7, ["2", "z"])]


def test_a_quote_that_stays_open_costs_one_row():
    first, second, third = rows_of('a,b\n1,"x\n2,y\n3,z\n')
    assert isinstance(first, RowProblem)
    assert (first.row, first.code) == (2, "row_unreadable")
    assert [second, third] == [Record(3, ["2", "y"]), Record(4, ["3", "z"])]


def test_a_quote_that_stays_open_over_a_long_table_costs_one_row():
    lines = "\n".join(f"{i},value" for i in range(50_000))
    problem, *records = rows_of(f'a,b\n1,"x\n{lines}\n')
    assert isinstance(problem, RowProblem)
    assert len(records) == 50_000
    assert records[-1] == Record(50_002, ["49999", "value"])


@pytest.mark.parametrize("length", [MAX_RECORD_CHARS + 1, 3 * MAX_RECORD_CHARS])
def test_an_endless_line_costs_one_row(length):
    problem, record = rows_of(f"a,b\n1,{'x' * length}\n2,y\n")
    assert isinstance(problem, RowProblem)
    assert problem.code == "row_unreadable"
    assert record == Record(3, ["2", "y"])


def test_lines_that_never_close_a_record_end_the_reading_soon():
    # Each line ends within a quoted cell, wherever it is entered.
    start = time.perf_counter()
    found = rows_of("a,b\n" + 'x","y\n' * 300_000)
    assert time.perf_counter() - start < 10
    problems = [row for row in found if isinstance(row, RowProblem)]
    assert len(problems) == len(found) == 21
    assert "not read" in problems[-1].message


def test_rows_over_the_limit_are_not_read():
    *records, problem = rows_of("a\n1\n2\n3\n4\n", max_rows=2)
    assert records == [Record(2, ["1"]), Record(3, ["2"])]
    assert isinstance(problem, RowProblem)
    assert (problem.row, problem.code) == (4, "too_many_rows")
    assert len(rows_of("a\n1\n2\n", max_rows=2)) == 2


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no header"),
        (b"\n\n ,, \n", "no header"),
        (b"\xef\xbb\xbf", "no header"),
        (b"a" * 600_000, "no header"),
        (b'"a\n' + b"b\n" * 200, "header cannot be read"),
        (b"a," * 3_000 + b"a\n1\n", "3,001 columns"),
        (b"name\nCaf\xe9\n", "Line 2 of the file is not valid UTF-8"),
        (b"\xff\xfea\x00b", "not valid UTF-16"),
        (b"\xff\xfe\x00\x00a\x00\x00\x00", "UTF-32"),
        (b"PK\x03\x04", "Excel"),
        (b"\xd0\xcf\x11\xe0", "old Excel"),
        (b"%PDF-1.7", "PDF"),
        (b"\x1f\x8b\x08", "gzip"),
    ],
)
def test_what_is_no_table_is_refused(data, message):
    with pytest.raises(InvalidInput, match=message) as caught:
        open_table(io.BytesIO(data))
    assert caught.value.remedy


def test_the_file_stays_open():
    file = io.BytesIO(b"a\n1\n")
    table = open_table(file)
    del table
    assert file.read(0) == b""
