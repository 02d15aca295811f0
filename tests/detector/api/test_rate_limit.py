import re
import time

import numpy as np
import pytest

from detector.access.roles import Role
from detector.api.rate_limit import STRANGER_LIMIT, WINDOW_S, RateLimit, site_of
from tests.detector.api.people import ask, with_key
from tests.live_service import Client, make_key, require_problem, serving


class Clock:
    """Time that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def read_left(headers) -> tuple[int, int]:
    """Read how many requests are left, and the seconds until some come back."""
    found = re.fullmatch(r'"\w+";r=(\d+);t=(\d+)', headers["ratelimit"])
    assert found
    return int(found[1]), int(found[2])


def test_no_window_ever_holds_more_than_the_limit():
    clock, rng = Clock(), np.random.default_rng(0)
    limit, taken = RateLimit("default", 10, clock=clock), []
    for pause in rng.exponential(2.0, 2_000):
        clock.now += pause
        if limit.take("a")[0]:
            taken.append(clock.now)
    starts = np.array(taken)
    held = np.searchsorted(starts, starts + WINDOW_S, "left") - np.arange(len(starts))
    assert held.max() == 10
    # To the second: a full window later there is always room again.
    assert np.diff(starts)[9:].max() <= WINDOW_S + 2


def test_waiting_as_long_as_told_is_enough():
    clock, rng = Clock(), np.random.default_rng(0)
    limit = RateLimit("default", 7, clock=clock)
    for _ in range(500):
        may, allowance = limit.take("a")
        assert 1 <= allowance.reset_s <= WINDOW_S + 1
        assert 0 <= allowance.remaining < 7
        if not may:
            assert allowance.remaining == 0
            clock.now += allowance.reset_s
            assert limit.take("a")[0]
        clock.now += rng.exponential(4.0)


def test_callers_have_limits_of_their_own():
    limit = RateLimit("default", 1, clock=Clock())
    assert [limit.take(who)[0] for who in "abab"] == [True, True, False, False]


def test_memory_is_bounded_however_many_callers_come():
    limit = RateLimit("default", 2, max_callers=100, clock=Clock())
    for number in range(1_000):
        limit.take(f"address {number}")
        limit.take("a regular")
    assert len(limit) == 100
    assert not limit.take("a regular")[0]


def test_counting_a_request_costs_next_to_nothing():
    limit = RateLimit("default", 6_000)
    names = [f"key:{number:08x}" for number in range(5_000)]
    best = float("inf")
    for _ in range(5):
        begun = time.perf_counter()
        for name in names:
            limit.take(name)
        best = min(best, time.perf_counter() - begun)
    assert best / len(names) < 50e-6


@pytest.mark.parametrize(
    ("client", "site"),
    [
        (("10.1.2.3", 5), "10.1.2.3"),
        (("2001:db8:1:2:3::9", 5), "2001:db8:1:2::/64"),
        (("2001:db8:1:2:ffff::1", 5), "2001:db8:1:2::/64"),
        (("", 5), ""),
        (None, ""),
    ],
)
def test_a_site_is_an_ipv4_address_or_an_ipv6_network(client, site):
    assert site_of({"type": "http", "client": client}) == site


def test_every_answer_says_what_is_left_and_the_last_is_a_refusal(data_dir):
    with serving(data_dir, rate_limit=4) as service:
        client = Client(service.port, make_key(data_dir))
        answers = [
            client.send("GET", "/v1/match"),  # 405
            client.send("GET", "/v1/nothing"),  # 404
            client.match(b"no picture"),  # 422
            client.match(b"", "?limit=no"),
        ]
        assert [answer.status for answer in answers] == [405, 404, 422, 422]
        assert [read_left(answer.headers)[0] for answer in answers] == [3, 2, 1, 0]
        refused = client.match(b"no picture")
        require_problem(refused, 429, "rate_limited")
        left, reset_s = read_left(refused.headers)
        assert (left, reset_s) == (0, int(refused.headers["retry-after"]))
        assert refused.headers["ratelimit-policy"] == '"default";q=4;w=60'
        other = Client(service.port, make_key(data_dir))
        assert other.match(b"no picture").status == 422
        assert "ratelimit" not in service.send("GET", "/livez").headers
        assert service.send("GET", "/livez").status == 200


def test_keys_cannot_be_guessed_for_free_and_a_true_one_passes(data_dir):
    with serving(data_dir) as service:
        guess = Client(service.port, "dk_00000000_" + "A" * 43)
        for number in range(STRANGER_LIMIT):
            answer = (guess if number % 2 else service).send("GET", "/v1/match")
            assert answer.status == 401
            left, _ = read_left(answer.headers)
        assert left == 0
        require_problem(service.send("GET", "/v1/match"), 429, "rate_limited")
        require_problem(guess.send("GET", "/v1/match"), 429, "rate_limited")
        client = Client(service.port, make_key(data_dir))
        assert client.match(b"no picture").status == 422


def test_the_keys_of_a_brand_have_one_allowance(data_dir):
    with serving(data_dir, rate_limit=4) as service:
        admin = Client(service.port, make_key(data_dir, Role.ADMIN))
        brand_id = ask(admin, "POST", "/v1/brands", {"name": "Many keys"}).json["id"]
        keys = [
            with_key(admin, role=Role.BRAND_AGENT, brand_id=brand_id) for _ in range(2)
        ]
        left = [
            read_left(key.send("GET", "/v1/me").headers)[0] for key in [*keys, *keys]
        ]
    assert left == [3, 2, 1, 0]
