import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from detector.store.store import open_store
from tests.live_service import Client, require_problem
from tests.outcome import Outcome

KEY = re.compile(r"dk_[0-9a-f]{8}_[A-Za-z0-9_-]{43}")


@contextmanager
def detector_serve(
    data_dir: Path, **settings: str
) -> Iterator[tuple[subprocess.Popen[str], Client]]:
    """Run `detector serve` as a program; gives the process, a client and a key."""
    environment = {
        **os.environ,
        "DETECTOR_DATA_DIR": str(data_dir),
        "DETECTOR_THREADS": "2",
        **settings,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "detector.cli", "serve", "--port", "0"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stderr
    log: list[str] = []
    lines = process.stderr
    reader = threading.Thread(target=lambda: log.extend(lines))
    reader.start()
    try:
        port = re.search(r":(\d+) ", process.stdout.readline())
        assert port
        client = Client(int(port[1]))
        client.wait_until("/readyz")
        yield process, client
    finally:
        process.kill()
        process.wait()
        reader.join()
        process.stdout.close()
        process.stderr.close()
    assert not [line for line in log if "Traceback" in line]


def make_key(detector: Callable[..., Outcome]) -> str:
    done = detector("key", "create", "--role", "marketplace")
    assert done.code == 0
    return done.out.strip()


@pytest.fixture
def filled(detector, photos):
    assert detector("catalogue", "import", photos, "--brand", "Acme").code == 0
    return (photos / "1" / "001.png").read_bytes()


def test_the_first_start_makes_a_key_that_works_and_the_second_none(filled, data_dir):
    with detector_serve(data_dir) as (process, client):
        process.send_signal(signal.SIGINT)
        first = process.communicate()[0]
    (key,) = set(KEY.findall(first))
    assert "6 references" in first
    assert f"http://127.0.0.1:{client.port}/v1/match" in first
    with detector_serve(data_dir) as (process, client):
        found = Client(client.port, key).match(filled).json
        assert found["matches"][0]["external_id"] == "1/001.png"
        process.send_signal(signal.SIGINT)
        assert not KEY.findall(process.communicate()[0])


def test_told_to_stop_it_finishes_what_is_in_flight(detector, filled, data_dir):
    key = make_key(detector)
    with detector_serve(data_dir) as (process, client):
        head = (
            f"POST /v1/match HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
            f"Content-Length: {len(filled)}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", client.port), timeout=60) as sent:
            sent.sendall(head.encode() + filled[:100])
            assert client.send("GET", "/livez").status == 200
            process.terminate()
            while True:  # until it listens no more
                try:
                    client.send("GET", "/livez")
                except ConnectionError:
                    break
            sent.sendall(filled[100:])
            received = b""
            while some := sent.recv(65_536):
                received += some
        assert received.startswith(b"HTTP/1.1 200")
        assert b"1/001.png" in received
        assert process.wait(timeout=60) == 0


def test_killed_at_work_it_starts_again_unharmed(detector, filled, data_dir):
    key = make_key(detector)
    with detector_serve(data_dir) as (process, client):
        known = Client(client.port, key)
        expected = known.match(filled).json

        def match_until_killed():
            num_answers = 0
            while True:
                try:
                    num_answers += known.match(filled).status == 200
                except (ConnectionError, OSError):
                    return num_answers
                if num_answers == 2:
                    process.kill()

        with ThreadPoolExecutor(3) as threads:
            clients = [threads.submit(match_until_killed) for _ in range(3)]
        assert max(each.result() for each in clients) >= 2
    with detector_serve(data_dir) as (_, client):
        assert Client(client.port, key).match(filled).json == expected
    store = open_store(data_dir)
    assert store.database.faults() == []
    store.close()


def test_keys_made_and_revoked_elsewhere_count_at_once(detector, filled, data_dir):
    with detector_serve(data_dir) as (_, client):
        key = make_key(detector)
        known = Client(client.port, key)
        assert known.match(filled).status == 200
        assert detector("key", "revoke", key.split("_")[1]).code == 0
        require_problem(known.match(filled), 401, "unauthorized")


def test_a_port_that_is_taken_is_named_with_a_remedy(detector):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = detector("serve", "--port", port)
    assert done.code == 2
    assert f"port {port}" in done.err
    assert "--port" in done.err


@pytest.mark.parametrize("proxy", ["127.0.0.1", "10.0.0.0/8"])
def test_who_asks_is_whom_a_trusted_proxy_names(data_dir, proxy):
    with detector_serve(data_dir, DETECTOR_TRUSTED_PROXIES=proxy) as (_, client):
        first, second = (
            client.send("GET", "/v1/me", headers={"X-Forwarded-For": address})
            for address in ("203.0.113.1", "203.0.113.2")
        )
    left = [answer.headers["ratelimit"] for answer in (first, second)]
    assert (left[0] == left[1]) == (proxy == "127.0.0.1")


def test_a_proxy_that_is_no_address_is_refused(detector, monkeypatch):
    monkeypatch.setenv("DETECTOR_TRUSTED_PROXIES", "10.0.0.7,proxy.example")
    done = detector("serve", "--port", "0")
    assert done.code == 2
    assert "DETECTOR_TRUSTED_PROXIES" in done.err
    assert "proxy.example" in done.err
