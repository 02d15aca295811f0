"""Servers and URLs that mean harm."""

import gzip
import ssl
import time
from collections.abc import Iterable
from contextlib import suppress
from itertools import repeat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.errors import FetchFailed, FetchRefused
from tests.detector.catalogue.web_servers import (
    MAX_BYTES,
    PUBLIC,
    Detour,
    fetching,
    raw_server,
    trusting,
)

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def fetch_raw(
    parts: Iterable[bytes], *, pause_s: float = 0, timeout_s: float = 20
) -> bytes:
    """Fetch from a server that sends these bytes."""
    with (
        raw_server(lambda: parts, pause_s=pause_s) as port,
        fetching(f"127.0.0.1:{port}", timeout_s=timeout_s) as fetcher,
    ):
        return fetcher.fetch(f"http://127.0.0.1:{port}/a.png")


@pytest.mark.parametrize(
    "parts",
    [
        [OK, b"Content-Length: 3\r\n\r\nabc"],
        [CHUNKED, b"1\r\na\r\n", b"2\r\nbc\r\n0\r\n\r\n"],
        [OK, b"\r\n", b"abc"],
        [b"HTTP/1.1 103 Early Hints\r\n\r\n", OK, b"Content-Length: 3\r\n\r\nabc"],
        [OK, b"Content-Encoding: Identity\r\nContent-Length: 3\r\n\r\nabc"],
    ],
    ids=["length", "chunks", "until the end", "hints before", "identity"],
)
def test_bodies_are_read_however_they_are_framed(parts):
    assert fetch_raw(parts) == b"abc"


@pytest.mark.parametrize(
    "head", [OK + b"Content-Length: %d\r\n\r\n" % MAX_BYTES, OK + b"\r\n"]
)
def test_a_file_of_the_largest_size_is_fetched(head):
    assert len(fetch_raw([head, b"x" * MAX_BYTES])) == MAX_BYTES


@pytest.mark.parametrize(
    "parts",
    [
        [OK, b"Content-Length: 10737418240\r\n\r\n"],
        [OK, b"Content-Length: 100001\r\n\r\n", b"x" * 100_001],
        [OK, b"\r\n", b"x" * 100_001],
        [OK, b"\r\n", *repeat(b"x" * 65_536, 1_000)],
        [CHUNKED, *repeat(b"10000\r\n" + b"x" * 65_536 + b"\r\n", 1_000)],
        [CHUNKED, b"280000000\r\n", *repeat(b"x" * 65_536, 1_000)],
    ],
    ids=["declared", "one more", "undeclared", "endless", "chunks", "huge chunk"],
)
def test_a_file_over_the_limit_is_cut_off(parts):
    started = time.monotonic()
    with pytest.raises(FetchFailed, match="larger than 100,000 bytes"):
        fetch_raw(parts)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "identity,gzip"])
def test_compressed_bodies_are_refused(encoding):
    bomb = gzip.compress(bytes(10_000_000))
    head = f"Content-Encoding: {encoding}\r\nContent-Length: {len(bomb)}\r\n\r\n"
    with pytest.raises(FetchFailed, match="compresses"):
        fetch_raw([OK, head.encode(), bomb])


def drip(text: bytes) -> list[bytes]:
    return [text[i : i + 1] for i in range(len(text))]


@pytest.mark.parametrize(
    "parts",
    [
        [OK + b"Content-Length: 99\r\n\r\n", *repeat(b"x", 99)],
        [CHUNKED, *repeat(b"1\r\nx\r\n", 99)],
        [OK, *repeat(b"X-A: b\r\n", 99)],
        drip(OK * 9),
        repeat(b"HTTP/1.1 100 Continue\r\n\r\n", 99),
        [b""] * 99,
    ],
    ids=["body", "chunks", "headers", "status line", "continue", "silence"],
)
def test_what_drips_in_is_cut_off_at_the_deadline(parts):
    started = time.monotonic()
    with pytest.raises(FetchFailed, match=r"longer than 0\.5 s"):
        fetch_raw(parts, pause_s=0.1, timeout_s=0.5)
    assert 0.4 < time.monotonic() - started < 3


def test_all_redirects_share_one_deadline():
    place = b"HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n"
    started = time.monotonic()
    with pytest.raises(FetchFailed, match=r"longer than 0\.5 s"):
        fetch_raw([b"", place], pause_s=0.3, timeout_s=0.5)
    assert time.monotonic() - started < 3


def test_what_drips_in_encrypted_is_cut_off_too():
    head = OK + b"Content-Length: 99\r\n\r\n"
    with (
        raw_server(
            lambda: [head, *repeat(b"x", 99)], pause_s=0.1, is_encrypted=True
        ) as port,
        fetching(
            "cdn.acme.test",
            timeout_s=0.6,
            resolve=lambda _: [PUBLIC],
            network=Detour(port),
            tls=trusting(),
        ) as fetcher,
        pytest.raises(FetchFailed, match=r"longer than 0\.6 s"),
    ):
        fetcher.fetch("https://cdn.acme.test/a.png")


def test_a_handshake_that_never_ends_is_cut_off():
    with (
        raw_server(lambda: repeat(b"", 99), pause_s=0.1) as port,
        fetching(
            "cdn.acme.test",
            timeout_s=0.5,
            resolve=lambda _: [PUBLIC],
            network=Detour(port),
        ) as fetcher,
        pytest.raises(FetchFailed, match=r"longer than 0\.5 s"),
    ):
        fetcher.fetch("https://cdn.acme.test/a.png")


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [OK, b"Content-Length: 9\r\n\r\nsecret"],
        [CHUNKED, b"9\r\nsecret"],
        [CHUNKED, b"secret\r\n"],
        [b"secret\r\n\r\n"],
        [OK, b"secret\r\n\r\n"],
        [OK, b"Content-Length: secret\r\n\r\n"],
        [OK, b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nsecret"],
        [OK, b"Transfer-Encoding: secret\r\n\r\n"],
        [OK, b"X-Secret: ", b"secret" * 100_000],
        [OK, b"X-A: se\x00cret\r\n\r\n"],
    ],
)
def test_broken_answers_are_told_and_not_quoted(parts):
    with pytest.raises(FetchFailed, match="broke off") as caught:
        fetch_raw(parts)
    assert "secret" not in str(caught.value).casefold()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("", FetchFailed),
        ("cdn.acme.test/a.png", FetchFailed),
        ("//cdn.acme.test/a.png", FetchFailed),
        ("http:cdn.acme.test/a.png", FetchFailed),
        ("http://", FetchFailed),
        ("http:///a.png", FetchFailed),
        ("ftp://cdn.acme.test/a.png", FetchFailed),
        ("file:///etc/passwd", FetchFailed),
        ("gopher://cdn.acme.test/_x", FetchFailed),
        ("data:image/png;base64,AA==", FetchFailed),
        ("http://cdn.acme.test@evil.test/", FetchFailed),
        ("http://evil.test@cdn.acme.test/", FetchFailed),
        ("http://@cdn.acme.test/", FetchFailed),
        ("http://user:pass@cdn.acme.test/", FetchFailed),
        ("http://cdn.acme.test\\@evil.test/", FetchFailed),
        ("http:\\\\cdn.acme.test/", FetchFailed),
        ("http://evil.test#@cdn.acme.test/", FetchRefused),
        ("http://evil.test?@cdn.acme.test/", FetchRefused),
        ("http://evil.test/cdn.acme.test", FetchRefused),
        ("http://cdn.acme.test:0/", FetchRefused),
        ("http://cdn.acme.test:22/", FetchRefused),
        ("http://cdn.acme.test:99999/", FetchRefused),
        ("http://cdn.acme.test:80:90/", FetchFailed),
        ("http://cdn.acme.test:x/", FetchFailed),
        ("http://cdn.acme.test/\r\nHost: evil.test", FetchFailed),
        ("http://cdn.acme.test/\x00", FetchFailed),
        ("http://cdn.acme.test/\u202egnp.a", FetchFailed),
        ("\thttp://cdn.acme.test/", FetchFailed),
        ("http://cdn.acme.test%2eevil.test/", FetchFailed),
        ("http://cdn.acme.test%00.evil.test/", FetchFailed),
        ("http://cdn.acme.test../", FetchFailed),
        ("http://.cdn.acme.test/", FetchFailed),
        ("http://cdn acme.test/", FetchFailed),
        ("http://ⓒdn.acme.test/", FetchFailed),
        (f"http://{'a' * 64}.test/", FetchFailed),
        (f"http://cdn.acme.test/{'a' * 2_000}", FetchFailed),
        ("http://127.0.0.1/", FetchRefused),
        ("http://127.0.0.1./", FetchRefused),
        ("http://127。0。0。1/", FetchRefused),
        ("http://[::1]/", FetchRefused),
        ("http://[::ffff:127.0.0.1]/", FetchRefused),
        ("http://[::ffff:7f00:1]/", FetchRefused),
        ("http://[64:ff9b::7f00:1]/", FetchRefused),
        ("http://[fe80::1%25eth0]/", FetchFailed),
        ("http://[::1/", FetchFailed),
        ("http://2130706433/", FetchFailed),
        ("http://0x7f000001/", FetchFailed),
        ("http://0x7f.1/", FetchFailed),
        ("http://0X7F.1/", FetchFailed),
        ("http://0177.0.0.1/", FetchFailed),
        ("http://127.1/", FetchFailed),
        ("http://127.0.0.0x1/", FetchFailed),
        ("http://\uff11\uff12\uff17.0.0.1/", FetchFailed),
        ("http://localhost/", FetchRefused),
        ("http://LOCALHOST./", FetchRefused),
        ("http://%6cocalhost/", FetchFailed),
    ],
)
def test_urls_that_trick_a_parser_reach_nothing(url, kind):
    network = Detour(1)
    with (
        fetching(
            "cdn.acme.test", resolve=lambda _: [PUBLIC], network=network
        ) as fetcher,
        pytest.raises(FetchFailed) as caught,
    ):
        fetcher.fetch(url)
    assert type(caught.value) is kind
    assert not network.reached
    assert "pass" not in str(caught.value) or "passwd" in url
    assert all(letter.isprintable() for letter in str(caught.value))


NO_TRUST = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
HOST_TEXT = st.text("aA.-_*0x7f1:@[]%/\\#? é。", max_size=20)
URLS = st.one_of(
    st.text(max_size=60),
    st.builds("{}://{}".format, st.sampled_from(["http", "https"]), HOST_TEXT),
    st.builds("http://{}/{}".format, HOST_TEXT, st.text(max_size=30)),
    st.builds("http://cdn.acme.test{}".format, st.text(max_size=30)),
)


@settings(max_examples=300, deadline=None)
@given(url=URLS)
def test_no_url_fails_in_another_way(url):
    with fetching(
        "cdn.acme.test",
        resolve=lambda _: [PUBLIC],
        network=Detour(dead=[PUBLIC]),
        tls=NO_TRUST,
    ) as fetcher:
        with pytest.raises(FetchFailed) as caught:
            fetcher.fetch(url)
        assert str(caught.value).encode()


@settings(max_examples=60, deadline=None)
@given(
    answer=st.builds(
        b"%b%b\r\n%b".__mod__,
        st.tuples(
            st.sampled_from([b"", OK, CHUNKED, b"HTTP/1.1 302 A\r\nLocation: "]),
            st.binary(max_size=40),
            st.binary(max_size=40),
        ),
    )
)
def test_no_answer_fails_in_another_way(answer):
    with suppress(FetchFailed):
        assert isinstance(fetch_raw([answer], timeout_s=2), bytes)
