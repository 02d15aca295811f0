"""Requests with ill intent, and the refusal that each has to end in."""

import base64
import json

from tests.detector.api.hostile_files import GOOD, TABLE, zip_of

Headers = dict[str, str]
Given = tuple[str, bytes | None, Headers, str]
"""Method and path, body, headers; then the status and the code of the refusal."""

NONE: Headers = {}
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "multipart/form-data; boundary=XX"}
CSV = {"Content-Type": "text/csv"}
PLAIN = {"Content-Type": "text/plain"}
LONG = "x" * 1_000_000
END = b"--XX--\r\n"


def part(name: str, data: bytes, *, file_name: str = "a.png") -> bytes:
    """Write a file of a form."""
    return (
        f'--XX\r\nContent-Disposition: form-data; name="{name}"; '
        f'filename="{file_name}"\r\n\r\n'.encode()
        + data
        + b"\r\n"
    )


def text(name: str, data: bytes) -> bytes:
    """Write a text of a form that sends a good picture, too."""
    head = f'--XX\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
    return head.encode() + data + b"\r\n" + part("image", GOOD) + END


def cursor(value: object) -> str:
    """Forge a cursor."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def title(value: str) -> bytes:
    """Make a product with something else for a title."""
    return f'{{"product_id": "p", "title": {value}}}'.encode()


def sample(value: str) -> bytes:
    """Ask for a health check with something else for a number."""
    return f'{{"sample": {value}}}'.encode()


def key(value: str) -> Headers:
    """Send an Idempotency-Key."""
    return {**JSON, "Idempotency-Key": value}


def products(body: bytes, status_and_code: str, headers: Headers = JSON) -> Given:
    """Post a product."""
    return "POST products", body, headers, status_and_code


def checks(body: bytes, status_and_code: str) -> Given:
    """Post a health check."""
    return "POST health", body, JSON, status_and_code


def get(path: str, status_and_code: str) -> Given:
    """Read something."""
    return f"GET {path}", None, NONE, status_and_code


def forms(
    path: str, body: bytes, status_and_code: str, headers: Headers = FORM
) -> Given:
    """Post a form."""
    return f"POST {path}", body, headers, status_and_code


MALFORMED, INVALID = "400 malformed_body", "422 invalid_request"
CURSOR, UNKNOWN = "422 invalid_cursor", "404 unknown_id"
OTHER_TYPE = "415 unsupported_media_type"
BAD_KEY = "400 invalid_idempotency_key"
EARLY = "0001-01-01T00:00:00%2B14:00"
PARTS = b"".join(part(f"f{i}", b"x") for i in range(10_000)) + END
ELSEWHERE = {"Content-Type": "multipart/form-data; boundary=YY"}
BOUNDLESS = {"Content-Type": "multipart/form-data"}

REQUESTS: dict[str, Given] = {
    "broken JSON": products(b"{", MALFORMED),
    "deep JSON": products(b"[" * 100_000, MALFORMED),
    "JSON of another type": products(b"[]", INVALID),
    "a name twice": products(b'{"product_id": "a", "product_id": "b"}', MALFORMED),
    "NUL in a text": products(title('"a\\u0000b"'), MALFORMED),
    "half a surrogate pair": products(title('"\\ud800"'), MALFORMED),
    "control characters": products(title('"a\\u001b[2J"'), INVALID),
    "a number for a text": products(title("7"), INVALID),
    "an object for a text": products(title('{"a": {}}'), INVALID),
    "an unknown field": products(b'{"product_id": "p", "brand_id": "x"}', INVALID),
    "a field name over 1 MB": products(
        json.dumps({LONG: 1}).encode(), "413 body_too_large"
    ),
    "a long field name": products(json.dumps({LONG[:900_000]: 1}).encode(), INVALID),
    "Latin-1": products('{"product_id": "é"}'.encode("latin-1"), MALFORMED),
    "UTF-16": products('{"product_id": "a"}'.encode("utf-16"), MALFORMED),
    "JSON declared as text": products(b"{}", OTHER_TYPE, PLAIN),
    "JSON declared as a form": products(b"{}", OTHER_TYPE, FORM),
    "JSON declared as nothing": products(b"{}", OTHER_TYPE, NONE),
    "an odd type": products(b"{}", OTHER_TYPE, {"Content-Type": "\xff;;=,\t\\"}),
    "infinity": checks(sample("Infinity"), MALFORMED),
    "a huge number": checks(sample("1e400"), MALFORMED),
    "a huge integer": checks(sample("9" * 40), MALFORMED),
    "digits without end": checks(sample("9" * 5_000), MALFORMED),
    "a negative number": checks(sample("-1"), INVALID),
    "a fraction": checks(sample("0.5"), INVALID),
    "a negative limit": get("products?limit=-1", INVALID),
    "a huge limit": get(f"products?limit={'9' * 5_000}", INVALID),
    "a limit twice": get("products?limit=1&limit=x", INVALID),
    "an unknown parameter": get("products?brand_id=x", INVALID),
    "a time before all": get(f"products?updated_since={EARLY}", INVALID),
    "NUL in a parameter": get("references?product_id=%00", INVALID),
    "no UTF-8 in a parameter": get("products?cursor=%ff%fe", CURSOR),
    "a cursor": get(f"products?cursor={cursor(['x', 1])}", CURSOR),
    "a cursor of NUL": get("products?cursor=" + cursor(["\0", "\0"]), CURSOR),
    "a cursor of objects": get(f"products?cursor={cursor([{}, {}])}", CURSOR),
    "a cursor of half a pair": get("products?cursor=WyJcdWQ4MDAiLCAieCJd", CURSOR),
    "a cursor of numbers": get(f"imports?cursor={cursor([10**30, 1e308])}", CURSOR),
    "a long cursor": get("rights?cursor=" + "A" * 30_000, CURSOR),
    "NUL in an id": get("products/%00", UNKNOWN),
    "no UTF-8 in an id": get("references/%ff", "404 unknown_reference"),
    "SQL in an id": get("products/'%20OR%201=1--", UNKNOWN),
    "an id of 20 kB": get("imports/" + "x" * 20_000, UNKNOWN),
    "a way out of a path": get("imports/..%2f..%2fetc%2fpasswd", "404 not_found"),
    "a key of 256 letters": products(b"{}", BAD_KEY, key("k" * 256)),
    "a key of nothing": products(b"{}", BAD_KEY, key("")),
    "a key with a tab": products(b"{}", BAD_KEY, key("a\tb")),
    "no form": forms("imports", b"{}", OTHER_TYPE, JSON),
    "no boundary": forms("imports", part("file", TABLE) + END, MALFORMED, BOUNDLESS),
    "a wrong boundary": forms(
        "imports", part("file", TABLE) + END, MALFORMED, ELSEWHERE
    ),
    "a form cut short": forms("imports", part("file", TABLE), MALFORMED),
    "an empty form": forms("imports", END, INVALID),
    "a file twice": forms("imports", part("file", TABLE) * 2 + END, INVALID),
    "another field": forms("imports", part("../file", TABLE) + END, INVALID),
    "10,000 parts": forms("imports", PARTS, INVALID),
    "51 pictures": forms("references", part("image", GOOD) * 51 + END, INVALID),
    "a part with a head of 1 MB": forms(
        "references", b"--XX\r\nX: " + LONG.encode() + b"\r\n\r\n" + END, MALFORMED
    ),
    "a field of a form with a name of 1 MB": forms(
        "references", part(LONG, b"x") + END, MALFORMED
    ),
    "a picture without a name": forms(
        "references", part("image", GOOD, file_name="") + END, INVALID
    ),
    "a long text": forms("references", text("external_id", b"x" * 5_000), INVALID),
    "a text with a NUL": forms("references", text("external_id", b"a\0b"), INVALID),
    "no UTF-8 in a form": forms("references", text("external_id", b"\xff"), INVALID),
    "another tenant's product": forms(
        "references", text("product_id", b"zetacanary-1"), UNKNOWN
    ),
    "a ZIP for a list": ("PUT rights/file", zip_of(), CSV, "422 invalid_input"),
    "zeros for a list": ("PUT rights/file", bytes(1_000), CSV, "422 invalid_input"),
    "a list of nothing we know": (
        "PUT authorized-sellers/file",
        b"a,b\n1,2\n",
        CSV,
        "422 invalid_input",
    ),
    "a key for more than one has": (
        "POST /v1/keys",
        b'{"role": "admin"}',
        JSON,
        "403 escalation",
    ),
    "a key of 20 kB": (
        "POST /v1/keys",
        json.dumps({"role": LONG[:20_000]}).encode(),
        JSON,
        "413 body_too_large",
    ),
}
"""What it is → the request, below the caller's brand unless the path begins with `/`,
and how it ends."""
