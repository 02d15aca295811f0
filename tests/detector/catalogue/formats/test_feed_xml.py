import io
import tracemalloc

import pytest

from detector.catalogue.formats.feed_xml import (
    MAX_DEPTH,
    MAX_VALUES,
    Item,
    read_items,
)
from detector.catalogue.formats.rows import MAX_CELL_CHARS, MAX_ROWS, RowProblem
from detector.errors import InvalidInput

NS = 'xmlns:g="http://base.google.com/ns/1.0"'
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def items_of(text: str | bytes, *, max_rows: int = MAX_ROWS) -> list[Item | RowProblem]:
    data = text.encode() if isinstance(text, str) else text
    return list(read_items(io.BytesIO(data), max_rows=max_rows))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f'<!DOCTYPE r [<!ENTITY l0 "ha">{LAUGHS}]><rss>&l9;</rss>', "DOCTYPE"),
        ('<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss>&x;</rss>', "DOC"),
        ('<!DOCTYPE rss SYSTEM "http://10.0.0.1/x.dtd"><rss/>', "DOCTYPE"),
        ('<!DOCTYPE r [<!ENTITY % p SYSTEM "http://a/">%p;]><rss/>', "DOCTYPE"),
        ("", "no element found"),
        ("   ", "no element found"),
        ("<", "unclosed token"),
        ("<html><body/></html>", "begins with <html>"),
        ("<rss", "unclosed token"),
        ("<!--" + "x" * 3_000_000, "over 1,048,576 bytes"),
        ("<rss a='" + "x" * 3_000_000, "over 1,048,576 bytes"),
        ('<?xml version="1.0" encoding="klingon"?><rss/>', "encoding"),
        ('<?xml version="1.0" encoding="utf-7"?><rss/>', "multi-byte"),
        ('<?xml version="1.0" encoding="idna"?><rss/>', "idna"),
        (b"<\x00", "unclosed token"),
    ],
)
def test_hostile_beginnings_are_refused(text, message):
    with pytest.raises(InvalidInput, match=message) as caught:
        items_of(text)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("tail", "message"),
    [
        ("<item><g:id>3", "no element found: line 1"),
        ("<item></rss>", "mismatched tag"),
        ("<item>&undefined;</item>", "undefined entity"),
        ("<!DOCTYPE x>", "not well-formed"),
        ("<item>\x00</item>", "not well-formed"),
        ("<item>" + "<a>" * MAX_DEPTH, "nested"),
        ("<item>" + "<a>1</a>" * (MAX_VALUES + 1), "values"),
        ("<h:item/>", "unbound prefix"),
        ("<!--" + "x" * 3_000_000, "over 1,048,576 bytes"),
    ],
)
@pytest.mark.parametrize("padding", [0, 200_000], ids=["one-chunk", "many-chunks"])
def test_items_before_the_break_are_kept(tail, message, padding):
    good = "<item><g:id>1</g:id></item><item><g:id>2</g:id></item>" + " " * padding
    *items, problem = items_of(f"<rss {NS}><channel>{good}{tail}")
    assert items == [Item(1, [("id", "1")]), Item(2, [("id", "2")])]
    assert isinstance(problem, RowProblem)
    assert (problem.row, problem.code) == (3, "xml_broken")
    assert message in problem.message


def test_namespaces_decide_which_value_counts():
    (item,) = items_of(
        f'<feed xmlns="http://www.w3.org/2005/Atom" {NS}><entry><id>urn:1</id>'
        "<title> T </title><g:id>7</g:id><g:a/><author><name>n</name></author>"
        "</entry></feed>"
    )
    assert item == Item(1, [("id", "7"), ("id", "urn:1"), ("title", "T")])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_xml_says_its_own_encoding(encoding):
    declared = encoding.removesuffix("-sig")
    text = (
        f'<?xml version="1.0" encoding="{declared}"?><rss><item><a>é</a></item></rss>'
    )
    assert items_of(text.encode(encoding)) == [Item(1, [("a", "é")])]


def test_items_over_the_limit_are_not_read():
    *items, problem = items_of("<rss>" + "<item/>" * 4 + "</rss>", max_rows=2)
    assert items == [Item(1, []), Item(2, [])]
    assert isinstance(problem, RowProblem)
    assert (problem.row, problem.code) == (3, "too_many_rows")


def test_a_huge_text_is_cut_just_beyond_what_is_allowed():
    text = "<rss><item><a>" + "x" * 5_000_000 + "</a></item></rss>"
    (item,) = items_of(text)
    assert isinstance(item, Item)
    assert len(item.values[0][1]) == MAX_CELL_CHARS + 1


def test_memory_does_not_grow_with_the_feed():
    item = b"<item><a>" + b"x" * 1000 + b"</a></item>"
    file = io.BytesIO(b"<rss>" + item * 20_000 + b"</rss>")
    tracemalloc.start()
    num_items = sum(1 for _ in read_items(file))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert num_items == 20_000
    assert peak_bytes < 5_000_000
