import base64
import json
import math
from datetime import UTC, datetime, timedelta

import pytest

from detector.listings.intake.batch_json import RepeatedName, parse_batch
from detector.listings.intake.event import EventKind, ListingEvent, read_event
from detector.listings.intake.event_fields import EXAMPLES
from detector.listings.intake.event_values import EPOCH

URL = {"url": "https://img.example/0.jpg"}


def read(raw: object, *, marketplace: str | None = "shop") -> ListingEvent:
    event = read_event(raw, marketplace=marketplace, max_image_bytes=100)
    assert isinstance(event, ListingEvent), event
    return event


def changed(**fields: object) -> dict[str, object]:
    return {**EXAMPLES["created"], **fields}


def faults(raw: object, *, marketplace: str | None = "shop") -> dict[str, str]:
    """Pointer → code; every message and remedy says something, in our words."""
    found = read_event(raw, marketplace=marketplace, max_image_bytes=100)
    assert isinstance(found, tuple), found
    for fault in found:
        assert fault.message.endswith(".")
        assert fault.remedy.endswith(".")
        (fault.pointer + fault.message).encode()
        words = f"{fault.message} {fault.remedy}"
        theirs = ("Input", "should be", "belongs there", "cannot be used", "{")
        assert not [each for each in theirs if each in words], words
    return {fault.pointer: fault.code for fault in found}


def test_an_event_is_read_as_it_was_meant():
    event = read(EXAMPLES["created"])
    assert (event.marketplace, event.listing_id, event.version) == ("shop", "4711", 1)
    assert event.type is EventKind.CREATED
    assert event.seller_id == "seller-8"
    assert event.details["price"] == "49.90"
    assert event.details["gtin"] == "04006381333931"
    assert event.details["country"] == "FR"
    assert [image.position for image in event.images] == [0, 1]
    json.dumps(event.details)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_an_event(name):
    assert read(parse_batch(json.dumps(EXAMPLES[name]))).listing_id == "4711"


def test_without_a_version_the_time_tells_which_event_is_newer():
    bare = {k: v for k, v in EXAMPLES["deleted"].items() if k != "version"}
    event = read({**bare, "occurred_at": "2026-06-03T20:00:00.123456+02:00"})
    assert event.version == (event.occurred_at - EPOCH).total_seconds() * 1000 // 1
    assert event.version % 1000 == 123
    assert event.occurred_at.hour == 18


@pytest.mark.parametrize(
    ("given", "kept"),
    [("49.90", "49.90"), (49.9, "49.9"), (50, "50"), (50.0, "50"), ("1.234,50", None)],
)
def test_a_price_is_kept_as_it_was_given(given, kept):
    assert read(changed(price=given)).details["price"] == (kept or "1234.50")


@pytest.mark.parametrize(
    "price", ["1,234", "-1", -1, 10**12, 1e300, math.inf, True, [], "12 EUR"]
)
def test_what_is_no_price_is_told(price):
    assert faults(changed(price=price)) == {"/price": "bad_price"}


def test_a_wrong_gtin_is_a_warning_and_kept_as_it_was_given():
    event = read(changed(gtin="4006381333932"))
    assert [(f.pointer, f.code) for f in event.warnings] == [
        ("/gtin", "gtin_check_digit")
    ]
    assert "gtin" not in event.details
    assert event.details["gtin_given"] == "4006381333932"


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"listing_id": None}, "/listing_id", "bad_value"),
        ({"listing_id": 4711}, "/listing_id", "bad_value"),
        ({"listing_id": " "}, "/listing_id", "bad_text"),
        ({"listing_id": "a\nb"}, "/listing_id", "bad_text"),
        ({"listing_id": "x" * 201}, "/listing_id", "too_long"),
        ({"type": "listing.gone"}, "/type", "bad_value"),
        ({"version": -1}, "/version", "bad_value"),
        ({"version": 2**63}, "/version", "bad_value"),
        ({"version": 2**63 - 1}, "/version", "bad_value"),
        ({"version": "1"}, "/version", "bad_value"),
        ({"version": True}, "/version", "bad_value"),
        ({"version": math.inf}, "/version", "bad_value"),
        ({"version": 1.5}, "/version", "bad_value"),
        ({"occurred_at": 1748779200}, "/occurred_at", "bad_time"),
        ({"occurred_at": "2026-06-01"}, "/occurred_at", "bad_time"),
        ({"occurred_at": "2026-06-01T12:00:00"}, "/occurred_at", "bad_value"),
        ({"occurred_at": "2026-13-01T12:00:00Z"}, "/occurred_at", "bad_value"),
        ({"occurred_at": "9999-12-31T23:59:59Z"}, "/occurred_at", "bad_time"),
        ({"occurred_at": "1969-12-31T23:59:59Z"}, "/occurred_at", "bad_time"),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "/occurred_at", "bad_time"),
        ({"title": "a\0b"}, "/title", "bad_text"),
        ({"title": "\ud800"}, "/title", "bad_value"),
        ({"title": "x" * 1_001}, "/title", "too_long"),
        ({"description": "x" * 50_001}, "/description", "too_long"),
        ({"url": "javascript:alert(1)"}, "/url", "bad_url"),
        ({"url": "https://"}, "/url", "bad_url"),
        ({"url": "https://a/" + "x" * 2_000}, "/url", "too_long"),
        ({"currency": "EURO"}, "/currency", "bad_value"),
        ({"country": "UK"}, "/country", "bad_country"),
        ({"ships_from": "XX"}, "/ships_from", "bad_country"),
        ({"seller": "sam"}, "/seller", "bad_value"),
        ({"seller": {}}, "/seller/id", "missing_field"),
        ({"seller": {"id": "s", "rating": 101}}, "/seller/rating", "bad_value"),
        ({"seller": {"id": "s", "verified": 1}}, "/seller/verified", "bad_value"),
        ({"seller": {"id": "s", "country": "Mars"}}, "/seller/country", "too_long"),
        ({"removal": "sold"}, "/removal", "bad_value"),
        ({"pirce": "1"}, "/pirce", "unknown_field"),
        ({"a/b~c": "1"}, "/a~1b~0c", "unknown_field"),
        ({"marketplace_id": "other"}, "/marketplace_id", "other_marketplace"),
        ({"images": URL}, "/images", "bad_value"),
        ({"images": [URL] * 51}, "/images", "too_long"),
        ({"images": ["https://img.example/0.jpg"]}, "/images/0", "bad_value"),
        ({"images": [{}]}, "/images/0", "bad_image"),
        ({"images": [{**URL, "data": "YQ=="}]}, "/images/0", "bad_image"),
        ({"images": [URL, {"url": "ftp://a/b"}]}, "/images/1/url", "bad_url"),
        ({"images": [{"sha256": "9c"}]}, "/images/0/sha256", "bad_value"),
        ({"images": [{"data": "a b"}]}, "/images/0/data", "bad_base64"),
        ({"images": [{"data": ""}]}, "/images/0/data", "bad_base64"),
        ({"images": [{"data": "é"}]}, "/images/0/data", "bad_base64"),
        ({"images": [{"data": "QUFB" * 34}]}, "/images/0/data", "bad_base64"),
        ({"images": [{**URL, "position": -1}]}, "/images/0/position", "bad_value"),
        (
            {"images": [{**URL, "position": 1}, URL]},
            "/images/1/position",
            "repeated_position",
        ),
    ],
)
def test_what_is_wrong_is_told_at_its_place(fields, pointer, code):
    assert faults(changed(**fields)) == {pointer: code}


def test_a_clock_may_be_a_little_ahead():
    for ahead, is_taken in ((timedelta(hours=23), True), (timedelta(hours=25), False)):
        raw = changed(occurred_at=(datetime.now(UTC) + ahead).isoformat())
        event = read_event(raw, marketplace="shop", max_image_bytes=100)
        assert isinstance(event, ListingEvent) == is_taken


def test_a_time_in_nanoseconds_can_be_a_version():
    assert (
        read(changed(version=1_780_315_200_000_000_000)).version == 178031520 * 10**10
    )


def test_everything_that_is_wrong_is_told_at_once_within_a_bound():
    assert faults({"type": "listing.created"}).keys() == {"/occurred_at", "/listing_id"}
    many = faults(changed(**{f"field_{n}": 1 for n in range(1_000)}))
    assert 10 <= len(many) <= 20


@pytest.mark.parametrize("raw", [None, 7, "x", [], [{}], math.inf, True])
def test_what_is_no_object_is_no_event(raw):
    assert faults(raw) == {"": "bad_value"}


def test_the_largest_picture_fits_and_one_byte_more_does_not():
    def with_picture(num_bytes: int) -> dict[str, object]:
        data = base64.b64encode(bytes(num_bytes)).decode()
        return changed(images=[{"data": data}])

    (image,) = read(with_picture(100)).images
    assert image.data == bytes(100)
    assert image.sha256 is not None
    assert faults(with_picture(101)) == {"/images/0/data": "bad_base64"}


def test_who_is_tied_to_no_marketplace_has_to_name_it():
    assert faults(EXAMPLES["created"], marketplace=None) == {
        "/marketplace_id": "missing_field"
    }
    named = changed(marketplace_id="bazaar")
    assert read(named, marketplace=None).marketplace == "bazaar"
    assert read(changed(marketplace_id="shop")).marketplace == "shop"


def test_names_twice_and_huge_numbers_are_one_events_affair():
    parsed = parse_batch(
        b'[{"listing_id": "a", "listing_id": "b"}, {"seller": {"id": 1, "id": 2}},'
        b' {"version": %s}, {"version": 1e999}, {"listing_id": "ok"}]' % (b"9" * 9_000)
    )
    assert isinstance(parsed, list)
    assert parsed[0] == RepeatedName("listing_id")
    assert faults(parsed[0]) == {"": "repeated_name"}
    assert faults(parsed[1])["/seller"] == "repeated_name"
    assert faults(parsed[2])["/version"] == "bad_value"
    assert faults(parsed[3])["/version"] == "bad_value"
    assert parsed[4] == {"listing_id": "ok"}


@pytest.mark.parametrize(
    "data", [b"{", b"[" * 100_000, b'{"a":' * 100_000, b"\xff", b"NaN", b"", b"[1,]"]
)
def test_what_is_no_json_is_refused_whole(data):
    with pytest.raises(ValueError, match=r"\w"):
        parse_batch(data)


def test_content_is_the_same_however_it_is_sent():
    data = base64.b64encode(b"a picture").decode()
    one = read(changed(images=[{"position": 1, "data": data}, {"position": 0, **URL}]))
    two = read(
        changed(
            images=[
                {"position": 0, **URL},
                {"position": 1, "sha256": one.images[0].sha256},
            ],
            event_id="another",
            occurred_at="2026-06-01T12:00:01Z",
        )
    )
    assert one.content_sha256 == two.content_sha256
    others = [
        changed(title="Another"),
        changed(images=[]),
        changed(type="listing.deleted"),
        changed(images=[{"position": 3, **URL}]),
    ]
    digests = {read(raw).content_sha256 for raw in others}
    assert len(digests | {one.content_sha256}) == 5
