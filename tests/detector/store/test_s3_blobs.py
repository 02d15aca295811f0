"""What a bucket does besides: who deletes is heeded, and its faults are told."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256

import httpx2
import pytest

from detector.errors import InvalidInput, StoreFault
from detector.store.blobs import try_out
from detector.store.s3_blobs import MARK_S, S3Blobs
from tests.buckets import Bucket

DIGEST = sha256(b"picture").hexdigest()


@contextmanager
def locked(endpoint: str) -> Iterator[None]:
    """Let the server know nobody's credentials."""
    httpx2.post(f"{endpoint}/moto-api/reset-auth", content="0").raise_for_status()
    try:
        yield
    finally:
        httpx2.post(f"{endpoint}/moto-api/reset-auth", content="inf")


def mark(bucket: Bucket, name: str, *, age_s: float = 0.0) -> str:
    """Do what somebody does who is about to delete; return where."""
    path = f"{bucket.url}/tmp/{DIGEST}/{name}"
    bucket.files.pipe_file(path, b"", Metadata={"age": str(age_s)})
    return path


def test_who_puts_waits_for_who_deletes_and_then_puts_again(bucket):
    blobs = S3Blobs(bucket.url)
    path = mark(bucket, "deleting")
    putting = threading.Thread(target=blobs.put, args=(b"picture",))
    putting.start()
    while blobs.size(DIGEST) is None:
        time.sleep(0.01)
    time.sleep(0.2)
    assert putting.is_alive()
    bucket.files.rm_file(blobs.place(DIGEST))
    bucket.files.rm_file(path)
    putting.join()
    assert blobs.read(DIGEST) == b"picture"


def test_who_was_killed_as_he_deleted_is_not_waited_for_and_swept_away(bucket):
    blobs = S3Blobs(bucket.url)
    mark(bucket, "dead", age_s=MARK_S + 1)
    assert blobs.put(b"picture") == DIGEST
    mark(bucket, "alive")
    assert blobs.sweep() == 1
    assert [name for name in bucket.objects() if name.startswith("tmp/")] == [
        f"tmp/{DIGEST}/alive"
    ]


def test_hosts_share_what_is_in_a_bucket_and_not_what_is_beside_it(bucket):
    digest = S3Blobs(bucket.url).put(b"picture")
    assert S3Blobs(f"{bucket.url}/").read(digest) == b"picture"
    assert S3Blobs(f"s3://{bucket.name}").size(digest) is None


def test_a_bucket_that_keeps_what_is_deleted_is_told(bucket):
    versioning = {"Status": "Enabled"}
    bucket.files.call_s3(
        "put_bucket_versioning",
        Bucket=bucket.name,
        VersioningConfiguration=versioning,
    )
    (flaw,) = try_out(S3Blobs(bucket.url))
    assert "has versioning" in str(flaw)


def test_a_bucket_that_is_not_there_is_told(bucket):
    blobs = S3Blobs(f"s3://{bucket.name}-2")
    for use in (lambda: blobs.put(b"picture"), lambda: blobs.read(DIGEST)):
        with pytest.raises(StoreFault, match=r"-2 is not there\. Create it"):
            use()


def test_a_bucket_without_credentials_is_told(bucket, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(StoreFault, match=r"credentials\. Set AWS_ACCESS_KEY_ID"):
        S3Blobs(bucket.url).put(b"picture")


def test_a_bucket_that_denies_access_is_told(bucket, bucket_endpoint):
    with locked(bucket_endpoint), pytest.raises(StoreFault, match="denies access"):
        S3Blobs(bucket.url).put(b"picture")


def test_a_server_that_is_away_is_told_soon(bucket, monkeypatch):
    with closing(socket.socket()) as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        began = time.monotonic()
        with pytest.raises(StoreFault, match=r"cannot be used: .*AWS_ENDPOINT_URL"):
            S3Blobs(bucket.url).put(b"picture")
    assert time.monotonic() - began < 20  # three attempts, and time between them


def test_an_answer_that_breaks_off_is_told(bucket, monkeypatch):
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def break_off() -> None:
            connection, _ = server.accept()
            with closing(connection):
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npic")

        breaking = threading.Thread(target=break_off)
        breaking.start()
        port = server.getsockname()[1]
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        with pytest.raises(StoreFault, match=r"cannot be used: .* not completed"):
            S3Blobs(bucket.url).read(DIGEST)
        breaking.join()


@pytest.mark.parametrize("url", ["http://a/b", "s3://", "s3:///a", "bucket", "s3://A_"])
def test_what_names_no_bucket_is_refused(url):
    with pytest.raises(InvalidInput, match="no place for pictures"):
        S3Blobs(url)
