"""Buckets for tests, on a real server that speaks S3."""

import re
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from s3fs import S3FileSystem

COMMAND = (sys.executable, "-m", "tests.bucket_server")
SOON_S = 30.0


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket of a test's own.

    Attributes:
        name: of the bucket.
        url: below which pictures go.
        files: what is in it, past our code.
    """

    name: str
    url: str
    files: S3FileSystem

    def objects(self) -> list[str]:
        """List what is in it, without the place that pictures go to."""
        root = f"{self.name}/pictures/"
        return sorted(path.removeprefix(root) for path in self.files.find(self.name))


@contextmanager
def bucket_server(host: str = "127.0.0.1") -> Iterator[str]:
    """Start a server on a free port of an address; yield its URL."""
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [*COMMAND, "--host", host, "--port", "0"],
                cwd=Path(__file__).parent.parent,
                stdout=out,
                stderr=out,
            )
        try:
            deadline = time.monotonic() + SOON_S
            while not (found := re.search(r"http://\S+", log.read_text())):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, "the server did not start"
                time.sleep(0.02)
            yield found[0]
        finally:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def bucket_endpoint() -> Iterator[str]:
    """Start a server, once for all tests."""
    with bucket_server() as url:
        yield url


@pytest.fixture(scope="session")
def bucket_files(bucket_endpoint: str) -> S3FileSystem:
    """Open the server past our code; each time that this is done takes 0.2 s."""
    return open_server(bucket_endpoint)


@pytest.fixture
def bucket(
    bucket_endpoint: str, bucket_files: S3FileSystem, monkeypatch: pytest.MonkeyPatch
) -> Bucket:
    """Make a bucket, and let the environment name its server."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", bucket_endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    return new_bucket(bucket_files)


def open_server(endpoint: str) -> S3FileSystem:
    """Open a server past our code."""
    return S3FileSystem(
        key="test",
        secret="test",
        endpoint_url=endpoint,
        skip_instance_cache=True,
        use_listings_cache=False,
    )


def new_bucket(files: S3FileSystem) -> Bucket:
    """Make a bucket on a server."""
    name = f"test-{uuid.uuid4().hex}"
    files.mkdir(name)
    return Bucket(name, f"s3://{name}/pictures", files)
