"""What every test gets: a clean environment, and no way out to a network."""

import os
import signal
import sys
from importlib.metadata import version

import pytest

VERSIONS_THAT_MATTER = (
    "faiss-cpu",
    "numpy",
    "opencv-python-headless",
    "pillow",
    "pymilvus",
    "sqlalchemy",
    "torch",
)
pytest_plugins = (
    "tests.browser",
    "tests.buckets",
    "tests.databases",
    "tests.vector_engines",
)
THIS_MACHINE = ("127.", "::1", "localhost")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Some tests come in two sizes."""
    parser.addoption(
        "--full",
        action="store_true",
        help="run tests of streams and kills at their full size, for many minutes",
    )


def pytest_report_header() -> str:
    """Name the versions that results depend on."""
    return ", ".join(f"{name} {version(name)}" for name in VERSIONS_THAT_MATTER)


def refuse_other_machines(event: str, arguments: tuple[object, ...]) -> None:
    """Fail a connection to anything but this machine; a test needs no network."""
    if event == "socket.connect":
        address = arguments[1]
    elif event == "socket.getaddrinfo":
        address = arguments
    else:
        return
    if not isinstance(address, tuple) or not isinstance(address[0], str):
        return
    if not address[0].startswith(THIS_MACHINE):
        raise PermissionError(f"a test tried to reach {address[0]!r}")


def pytest_configure() -> None:
    """Close the network before any test module is imported; let interrupts through.

    A shell starts what runs in its background with interrupts ignored, and every
    program that a test starts and interrupts would inherit that.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ["HF_HUB_OFFLINE"] = "1"
    sys.addaudithook(refuse_other_machines)


@pytest.fixture(autouse=True)
def clean_environ(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the settings of whoever runs the tests."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "DETECTOR_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
