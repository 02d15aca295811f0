from pathlib import Path

import pytest

from detector.errors import InvalidInput
from detector.listings.truth import Truth, read_truth


@pytest.fixture
def folders(tmp_path):
    for folder, names in (("queries", "qp"), ("references", "rs")):
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / f"{name}.png").touch()
    return tmp_path


def read(folder: Path, text: str, *, encoding: str = "utf-8") -> Truth:
    (folder / "truth.csv").write_text(text, encoding=encoding)
    return read_truth(
        folder / "truth.csv",
        queries=folder / "queries",
        references=folder / "references",
    )


def test_rows_say_what_each_query_copies(folders):
    truth = read(
        folders,
        "query,reference,family\nq.png,r.png,crop\np.png,,crop\nq.png,s.png,crop\n",
    )
    assert truth.references == {"q.png": {"r.png", "s.png"}, "p.png": frozenset()}
    assert truth.families == {"q.png": "crop", "p.png": "crop"}


def test_the_family_may_be_left_out_and_a_byte_order_mark_be_there(folders):
    truth = read(folders, "query,reference\nq.png,r.png\n", encoding="utf-8-sig")
    assert truth.references == {"q.png": {"r.png"}}
    assert truth.families == {}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("query,reference\nq.png,r.png\nx.png,r.png\n", "row 3: .*x.png is no file"),
        ("query,reference\nq.png,x.png\n", "row 2: .*references/x.png is no file"),
        ("query,reference\n../q.png,r.png\n", "row 2: .* is no file"),
        ("query,reference\n,r.png\n", "row 2"),
        ("query,reference\nq.png,r.png\nq.png,r.png\n", "row 3: contradicts or rep"),
        ("query,reference\nq.png,r.png\nq.png,\n", "row 3: contradicts"),
        ("query,reference\nq.png,\nq.png,r.png\n", "row 3: contradicts"),
        ("query,reference\nq.png,\nq.png,\n", "row 3: contradicts"),
        (
            "query,reference,family\nq.png,r.png,a\nq.png,s.png,b\n",
            "row 3: q.png has another family",
        ),
        ("query,reference\n", "no rows"),
        ("query;reference\nq.png;r.png\n", "no column query or reference"),
        ("", "no column"),
        ('query,reference\n"q.png,r.png\n', "cannot be read"),
        ("query,reference\n" + "x.png,\n" * 30, "and 20 more"),
    ],
)
def test_a_table_that_cannot_be_used_says_which_row_and_why(folders, text, fault):
    with pytest.raises(InvalidInput, match=fault):
        read(folders, text)


def test_a_missing_table_and_one_in_another_encoding_are_named(folders):
    with pytest.raises(InvalidInput, match=r"truth\.csv cannot be read"):
        read_truth(folders / "truth.csv", queries=folders, references=folders)
    with pytest.raises(InvalidInput, match="cannot be read"):
        read(folders, "query,reference\nq\xe9.png,\n", encoding="latin-1")
