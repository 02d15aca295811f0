"""Files of listing events: each row is an event, or says what is wrong with it."""

import codecs
import gzip
import json

import pytest

from detector.errors import InvalidInput
from detector.images import ImageLimits
from detector.listings.intake.event import ListingEvent
from detector.listings.intake.file_batches import BATCH_ROWS, RowReader
from detector.listings.intake.listing_file import (
    FileRow,
    ListingFileFormat,
    ListingProblem,
    open_listing_file,
)
from tests.drawing import draw_scene, save

LIMITS = ImageLimits()
HEADER = "type,occurred_at,listing_id"
AT = "2026-06-01T12:00:00Z"


def event(name: str = "a", **more: object) -> dict[str, object]:
    return {
        "type": "listing.created",
        "occurred_at": AT,
        "listing_id": name,
        **more,
    }


def lines(*events: object) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in events)


@pytest.fixture
def read(tmp_path):
    """Read a file from its bytes; (row, what `read_event` gets) of each."""

    def read_all(data, name="events", *, max_bytes=10**9, max_line_bytes=10**6):
        path = tmp_path / name
        path.write_bytes(data)
        with open_listing_file(
            path, max_bytes=max_bytes, max_line_bytes=max_line_bytes
        ) as file:
            return [(row.row, row.parse()) for row in file.rows()]

    return read_all


def test_each_line_is_an_event_and_blank_lines_are_none(read):
    data = codecs.BOM_UTF8 + lines(event("a")) + b"\r\n  \n" + lines(event("Größe"))
    found = [(1, event("a")), (4, event("Größe"))]
    assert read(data) == found
    assert read(data.rstrip(b"\n")) == found
    assert read(gzip.compress(data)) == found


def test_a_bad_line_costs_itself_and_nothing_else(read):
    long = lines(event("b", title="x" * 2_000))
    data = lines(event("a")) + b'{"type": \n\xff\n' + long + lines(event("c"))
    found = read(data, max_line_bytes=1_000)
    assert [(row, type(given)) for row, given in found] == [
        (1, dict),
        (2, ListingProblem),
        (3, ListingProblem),
        (4, ListingProblem),
        (5, dict),
    ]
    assert [each.code for _, each in found[1:4]] == [
        "bad_json",
        "bad_json",
        "line_too_long",
    ]


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
def test_a_line_may_have_as_many_bytes_as_that_and_no_more(read, ending):
    line = json.dumps(event()).encode()
    for limit, is_read in ((len(line), True), (len(line) - 1, False)):
        found = read(line + ending, max_line_bytes=limit)
        assert [isinstance(given, dict) for _, given in found] == [is_read]


def test_a_table_names_the_fields_of_events_in_its_header(read):
    table = (
        "Listing ID;type;occurred_at;version;title;price;image_links;image_links;"
        "image_sha256;seller_id;seller_verified;seller_rating;stock\n"
        f"4711;listing.created;{AT};7;Shoe, red;1.234,50;https://a/1.jpg | "
        f"https://a/2,3.jpg;https://a/4.jpg;{'9c' * 32};s-1;yes;4,5;12\n"
        f"4712;listing.deleted;{AT};;;;;;;;;;\n"
        "4713;listing.deleted;;seven;;;;;;s-1;perhaps;good;\n"
    )
    first = event("4711") | {
        "version": 7,
        "title": "Shoe, red",
        "price": "1.234,50",
        "images": [
            {"url": "https://a/1.jpg"},
            {"url": "https://a/2,3.jpg"},
            {"url": "https://a/4.jpg"},
            {"sha256": "9c" * 32},
        ],
        "seller": {"id": "s-1", "verified": True, "rating": 4.5},
    }
    third = {
        "type": "listing.deleted",
        "listing_id": "4713",
        "version": "seven",
        "seller": {"id": "s-1", "verified": "perhaps", "rating": "good"},
    }
    for text in (table, table.replace(";", "\t")):
        for encoding in ("utf-8", "utf-8-sig", "utf-16"):
            found = read(text.encode(encoding))
            assert [row for row, _ in found] == [2, 3, 4]
            assert found[0][1] == first
            assert found[1][1] == event("4712") | {"type": "listing.deleted"}
            assert found[2][1] == third
    assert read(gzip.compress(table.encode()), "a.csv.gz")[0][1] == first


def test_what_a_table_says_is_understood_as_what_json_says(read):
    table = (
        f"{HEADER},version,price,seller_id,seller_rating,image_url\n"
        f"listing.created,{AT},a,7,12.5,s,4.5,https://a.example/1.jpg\n"
    )
    said = event(
        version=7,
        price=12.5,
        seller={"id": "s", "rating": 4.5},
        images=[{"url": "https://a.example/1.jpg"}],
    )
    reader = RowReader("market", LIMITS)
    ((_, given),) = read(table.encode())
    ((_, told),) = read(lines(said))
    from_table, from_json = (reader_event(reader, each) for each in (given, told))
    assert from_table == from_json


def reader_event(reader: RowReader, given: object) -> ListingEvent:
    read = reader.read(FileRow(1, json.dumps(given).encode()))
    assert read.problems == ()
    assert read.event is not None
    return read.event


def test_columns_without_a_meaning_are_told_once(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(f"{HEADER},stock\nlisting.created,{AT},a,3\n")
    with open_listing_file(path, max_bytes=10**6, max_line_bytes=10**6) as file:
        assert file.format is ListingFileFormat.CSV
        assert [(p.code, p.severity) for p in file.warnings] == [
            ("unknown_column", "warning")
        ]


def test_a_broken_row_of_a_table_costs_itself(read):
    table = f"{HEADER}\nlisting.created,{AT},a,b,c\nlisting.created,{AT},b\n"
    (_, first), (_, second) = read(table.encode())
    assert (first.row, first.code) == (2, "too_many_cells")
    assert second == event("b")


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b'[{"type": 1}]', "a.json", "JSON array"),
        (b"title,price\n", "a.csv", "occurred_at"),
        (b"", "a.csv", "no header"),
        ("listing_id,type,occurred_at,title\na,b,c,Größe".encode("latin-1"), "a", "1"),
        (gzip.compress(b"x" * 1_000, mtime=0)[:-9], "a.csv.gz", "damaged"),
        (gzip.compress(b"x" * 10_000, mtime=0), "a.csv.gz", "unpacked"),
        (b"PK\x03\x04" + bytes(40), "a.ndjson", "ZIP"),
        ('{"type": 1}'.encode("utf-16"), "a.ndjson", "UTF-8"),
        (lines(event(), event()).replace(b"{", b"", 1), "a.csv", "occurred_at"),
    ],
)
def test_a_file_that_is_none_is_refused_with_a_remedy(read, data, name, said):
    with pytest.raises(InvalidInput) as raised:
        read(data, name, max_bytes=5_000)
    assert said in str(raised.value)
    assert raised.value.remedy


def test_the_name_tells_the_format_where_the_first_line_does_not(read):
    data = b"oops\n" + lines(event())
    for name in ("a.ndjson", "A.JSONL", "a.ndjson.gz"):
        assert [row for row, _ in read(data, name)] == [1, 2]
    assert read(b"", "a.ndjson") == []


def test_a_missing_file_is_named(tmp_path):
    opened = open_listing_file(tmp_path / "none", max_bytes=1, max_line_bytes=1)
    with pytest.raises(InvalidInput, match="none cannot be read"), opened:
        pass


@pytest.fixture
def batches(tmp_path):
    """Read a file into batches."""

    def read_all(data, *, folder=None, marketplace="market"):
        (tmp_path / "events").write_bytes(data)
        reader = RowReader(marketplace, LIMITS, folder)
        with open_listing_file(
            tmp_path / "events", max_bytes=10**9, max_line_bytes=10**8
        ) as file:
            return list(reader.batches(file.rows()))

    return read_all


def test_batches_are_bounded_in_rows(batches):
    data = lines(*(event(str(n)) for n in range(2 * BATCH_ROWS + 1)))
    found = batches(data)
    assert [len(batch) for batch in found] == [BATCH_ROWS, BATCH_ROWS, 1]
    assert [read.row for batch in found for read in batch] == [
        *range(1, 2 * BATCH_ROWS + 2)
    ]


def test_batches_are_bounded_in_bytes_of_pictures(batches, tmp_path):
    (tmp_path / "big.png").write_bytes(b"x" * 20_000_000)
    rows = [event(str(n), images=[{"path": "big.png"}]) for n in range(5)]
    found = batches(lines(*rows), folder=tmp_path)
    assert [len(batch) for batch in found] == [2, 2, 1]


def test_what_is_wrong_with_an_event_is_told_with_its_row(batches):
    data = lines(event(), event("b", price="a lot"), event("c", gtin="123"))
    ((first, second, third),) = batches(data)
    assert first.event is not None
    assert second.event is None
    assert [(p.row, p.pointer, p.severity) for p in second.problems] == [
        (2, "/price", "error")
    ]
    assert third.event is not None
    assert [(p.row, p.pointer, p.severity) for p in third.problems] == [
        (3, "/gtin", "warning")
    ]


def test_pictures_beside_the_file_come_along(batches, tmp_path):
    picture = save(draw_scene(32, 32, seed=1), "PNG")
    (tmp_path / "shots").mkdir()
    (tmp_path / "shots" / "1.png").write_bytes(picture)
    data = lines(event(images=[{"path": "shots/1.png", "position": 3}]))
    (((read,)),) = batches(data, folder=tmp_path)
    assert read.event is not None
    assert [(i.position, i.data) for i in read.event.images] == [(3, picture)]


@pytest.mark.parametrize(
    "path", ["../secret.png", "/etc/hostname", "none.png", "link.png", "C:\\a.png", ""]
)
def test_no_path_leads_out_of_the_folder(batches, tmp_path, path):
    folder = tmp_path / "inside"
    folder.mkdir()
    (tmp_path / "secret.png").write_bytes(b"secret")
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    data = lines(event(images=[{"url": "https://a.example/1.jpg"}, {"path": path}]))
    (((read,)),) = batches(data, folder=folder)
    assert read.event is None
    assert [problem.pointer for problem in read.problems] == ["/images/1/path"]


def test_a_path_is_nothing_that_others_may_send(batches):
    (((read,)),) = batches(lines(event(images=[{"path": "a.png"}])))
    assert read.event is None
    assert "unknown_field" in {problem.code for problem in read.problems}
