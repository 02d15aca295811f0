import os
import sys

import pytest


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("socket.connect", (None, ("192.0.2.1", 443))),
        ("socket.getaddrinfo", ("weights.invalid", 443)),
    ],
)
def test_a_connection_to_another_machine_is_refused(event, arguments):
    with pytest.raises(PermissionError, match="a test tried to reach"):
        sys.audit(event, *arguments)


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("socket.connect", (None, ("127.0.0.1", 8000))),
        ("socket.connect", (None, ("::1", 8000, 0, 0))),
        ("socket.connect", (None, "/run/a.socket")),
        ("socket.getaddrinfo", ("localhost", 80)),
        ("socket.getaddrinfo", (None, 80)),
    ],
)
def test_a_connection_to_this_machine_is_allowed(event, arguments):
    sys.audit(event, *arguments)


@pytest.fixture(scope="module", autouse=True)
def _setting_of_whoever_runs_the_tests():
    os.environ["DETECTOR_DATA_DIR"] = "/somewhere"
    yield
    os.environ.pop("DETECTOR_DATA_DIR", None)


def test_settings_of_whoever_runs_the_tests_are_hidden():
    assert not [name for name in os.environ if name.startswith("DETECTOR_")]
