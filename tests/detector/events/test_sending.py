import time
from contextlib import contextmanager
from typing import Any

import pytest

from detector.errors import InvalidInput
from detector.events.endpoints import new_secret
from detector.events.sending import Message, WebhookSender, check_url
from detector.network.hosts import AllowedHosts
from tests.detector.catalogue.web_servers import (
    PUBLIC,
    Detour,
    raw_server,
    trusting,
)
from tests.webhook_receiver import receiving

NAME = "cdn.acme.test"
URL = f"https://{NAME}/hook"


@contextmanager
def sender(hosts: str = "", **options: Any):
    opened = WebhookSender(AllowedHosts.parse(hosts), **{"timeout_s": 5, **options})
    yield opened
    opened.close()


def message(url: str = URL) -> Message:
    return Message(url, "evt_1", '{"type":"webhook.test"}', [new_secret()])


def answering(*parts: bytes, pause_s: float = 0.1):
    return raw_server(lambda: parts, is_encrypted=True, pause_s=pause_s)


def sent_to(port: int, **options: Any):
    """Post to the server of this machine that takes itself for a public one."""
    given = {"resolve": lambda _: [PUBLIC], "network": Detour(port), **options}
    with sender(tls=trusting(), **given) as opened:
        return opened.send(message())


def test_it_goes_over_https_to_a_public_address():
    network = Detour()
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") as port:
        network.port = port
        sent = sent_to(port, network=network)
    assert (sent.status, sent.error) == (200, None)
    assert network.reached == [PUBLIC]


@pytest.mark.parametrize(
    ("url", "address", "reason"),
    [
        (URL, "127.0.0.1", "public internet"),
        (URL, "169.254.169.254", "public internet"),
        (URL, "fd00::5", "public internet"),
        (URL, "::ffff:10.0.0.1", "public internet"),
        (f"https://{PUBLIC}/hook", PUBLIC, None),
        ("https://10.0.0.1/hook", "10.0.0.1", "public internet"),
        ("https://[::1]/hook", "::1", "public internet"),
        (f"http://{NAME}/hook", PUBLIC, "not https"),
        (f"https://me@{NAME}/hook", PUBLIC, "no URL"),
        ("file:///etc/passwd", PUBLIC, "no URL"),
    ],
)
def test_nothing_is_sent_inside_or_in_the_clear(url, address, reason):
    network = Detour(dead=[PUBLIC])
    with sender(resolve=lambda _: [address], network=network) as opened:
        sent = opened.send(message(url))
    assert sent.status is None
    assert (reason or "takes no connection") in sent.error
    assert network.reached == ([] if reason else [PUBLIC])
    assert "127" not in sent.error


def test_a_name_with_one_address_inside_is_not_sent_to():
    network = Detour()
    with sender(resolve=lambda _: [PUBLIC, "10.1.2.3"], network=network) as opened:
        assert "public internet" in opened.send(message()).error
    assert not network.reached


def test_a_name_that_moves_inside_later_is_found_out():
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with answering(answer) as port:
        network = Detour(port)
        with sender(
            resolve=lambda _: next(answers), network=network, tls=trusting()
        ) as opened:
            assert opened.send(message()).error is None
            assert "public internet" in opened.send(message()).error
    assert network.reached == [PUBLIC]


@pytest.mark.parametrize("place", ["http://127.0.0.1/", "https://other.test/"])
def test_a_redirect_is_not_followed(place):
    head = f"HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n"
    network = Detour()
    with answering(head.encode()) as port:
        network.port = port
        sent = sent_to(port, network=network)
    assert (sent.status, sent.error) == (302, "It answered with 302.")
    assert network.reached == [PUBLIC]


def test_a_certificate_of_somebody_else_is_no_encryption():
    network = Detour()
    with (
        answering(b"HTTP/1.1 200 OK\r\n\r\n") as network.port,
        sender(resolve=lambda _: [PUBLIC], network=network) as opened,
    ):
        sent = opened.send(message())
    assert sent.status is None
    assert "valid certificate" in sent.error


def test_an_allowed_host_may_be_inside_and_in_the_clear():
    with receiving() as receiver:
        url = receiver.url.replace("127.0.0.1", "localhost")
        for allowed, place, is_sent in (
            (f"127.0.0.1:{receiver.port}", receiver.url, True),
            (f"localhost:{receiver.port}", url, True),
            ("localhost", url, False),
            (f"127.0.0.1:{receiver.port}", url, False),
        ):
            with sender(allowed, resolve=lambda _: ["127.0.0.1"]) as opened:
                assert (opened.send(message(place)).error is None) == is_sent
        assert len(receiver.received) == 2


def test_what_a_server_says_is_not_repeated_and_not_waited_for():
    head = b"HTTP/1.1 500 secret\r\nX-A: secret\r\nContent-Length: 9999999\r\n\r\n"
    started = time.monotonic()
    with answering(head, *[b"secret"] * 1_000, pause_s=0.05) as port:
        sent = sent_to(port)
    assert sent.error == "It answered with 500."
    assert time.monotonic() - started < 4


@pytest.mark.parametrize(
    "parts",
    [
        [b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n", *[b"."] * 49],
        [
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            *[b"1\r\n.\r\n"] * 99,
        ],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort"],
    ],
)
def test_an_answer_that_drips_counts_and_keeps_nobody(parts):
    with answering(*parts, pause_s=0.2) as port:
        sent = sent_to(port)
    assert (sent.status, sent.error) == (200, None)
    assert sent.duration_ms < 3_000


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([], "broke off"),
        ([b"no HTTP at all\r\n\r\n"], "broke off"),
        ([b"HTTP/1.1 2"] + [b"0"] * 999, "longer than 1 s"),
        ([b"HTTP/1.1 200 OK\r\n"] + [b"A: b\r\n"] * 999, "longer than 1 s"),
    ],
)
def test_no_answer_is_told_without_a_word_of_it(parts, reason):
    with answering(*parts, pause_s=0.1) as port:
        sent = sent_to(port, timeout_s=1)
    assert sent.status is None
    assert reason in sent.error
    assert sent.duration_ms < 2_500


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        ("120", 120, 120),
        ("0", 0, 0),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0, 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 1e9, 1e12),
        ("9" * 400, 1e8, 1e9),
    ],
)
def test_a_time_to_wait_is_read(header, low, high):
    head = f"HTTP/1.1 503 Later\r\nRetry-After: {header}\r\nContent-Length: 0\r\n\r\n"
    with answering(head.encode()) as port:
        sent = sent_to(port)
    assert sent.asks_for_a_pause
    assert sent.retry_after_s is not None
    assert low <= sent.retry_after_s <= high


@pytest.mark.parametrize("header", ["soon", "-1", "1e9", "٣", "", "Fri, 31 Dec 1999"])
def test_a_time_to_wait_that_is_none_is_passed_over(header):
    head = f"HTTP/1.1 503 Later\r\nRetry-After: {header}\r\nContent-Length: 0\r\n\r\n"
    with answering(head.encode()) as port:
        sent = sent_to(port)
    assert (sent.status, sent.retry_after_s) == (503, None)


def test_a_url_is_checked_when_it_is_given():
    hosts = AllowedHosts.parse("10.0.0.5:9000,hooks.inner:80")
    for url in (URL, "http://10.0.0.5:9000/a", "http://hooks.inner/a?b=c"):
        check_url(url, hosts)
    for url in ("http://10.0.0.5/", "https://10.0.0.6/", "http://acme.test/", ""):
        with pytest.raises(InvalidInput, match="No events can be sent") as caught:
            check_url(url, hosts)
        assert "DETECTOR_WEBHOOK_HOSTS" in caught.value.remedy
