"""Blobs in a bucket that speaks S3, through fsspec."""

import re
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Any

from aiohttp import ClientError
from botocore.exceptions import BotoCoreError, NoCredentialsError
from s3fs import S3FileSystem

from detector.errors import InvalidInput, StoreFault
from detector.store.blobs import UNUSED_S, checked, missing

URL = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?P<prefix>/.*)?")
CONNECT_S = 5
READ_S = 20
"""Without a byte; a picture takes less, however large."""
ATTEMPTS = 3
MAX_CONNECTIONS = 32

MARK_S = 300
"""Whoever said so long ago that they delete a blob is dead: requests take a third."""
DELETING_S = 60
"""Who has not come to delete in this time lets it be."""
YIELD_S = 0.05
PATIENCE_S = 30

PERMISSIONS = (
    "s3:GetObject, s3:PutObject, s3:DeleteObject, s3:ListBucket and "
    "s3:GetBucketVersioning"
)

Answer = Mapping[str, Any]
"""What botocore makes of a response."""


class S3Blobs:
    """Objects `<prefix>/ab/cd/<sha256>`; see `Blobs`.

    An object appears when all of it is there. Deleting one that is old, while somebody
    puts the same bytes anew, must not take them away, and a bucket has no locks: who
    deletes says so first, in an object beside, and looks only then how old the blob
    is; who puts does so first, and looks only then whether somebody deletes. Whoever
    comes second sees the other.
    """

    is_on_disk = False

    def __init__(self, url: str) -> None:
        """Prepare; nothing is asked of the bucket yet.

        Args:
            url: `s3://bucket/prefix`. Endpoint, region and credentials come from the
                standard `AWS_…` variables and files.

        Raises:
            InvalidInput: another kind of URL.
        """
        found = URL.fullmatch(url)
        if found is None:
            raise InvalidInput(
                f"{url} is no place for pictures.",
                remedy="Set DETECTOR_BLOB_URL to `s3://bucket/prefix`, or unset it to "
                "keep them in the data directory.",
            )
        self._bucket = found["bucket"]
        self._prefix = f"{(found['prefix'] or '').strip('/')}/".lstrip("/")
        self.name = f"s3://{self._bucket}/{self._prefix}"
        self._s3 = S3FileSystem(
            config_kwargs={
                "connect_timeout": CONNECT_S,
                "read_timeout": READ_S,
                "max_pool_connections": MAX_CONNECTIONS,
                "retries": {"mode": "standard", "total_max_attempts": ATTEMPTS},
            },
            max_concurrency=1,
            skip_instance_cache=True,
            use_listings_cache=False,
        )
        self._s3.retries = 1  # as it is botocore that tries again

    def place(self, digest: str) -> str:
        """Say which object a blob is, or would be."""
        return f"{self.name}{_key(digest)}"

    def put(self, data: bytes) -> str:
        """Store the bytes and return their SHA-256."""
        digest = sha256(data).hexdigest()
        deadline = time.monotonic() + PATIENCE_S
        with self._faults():
            while True:
                self._s3.pipe_file(self.place(digest), data)
                if not self._is_being_deleted(digest):
                    if self._age_s(digest) is not None:
                        return digest
                elif time.monotonic() > deadline:
                    raise StoreFault(
                        f"{self.place(digest)} is just being deleted.",
                        remedy=f"Try again in {MARK_S // 60} minutes.",
                    )
                time.sleep(YIELD_S)

    def read(self, digest: str) -> bytes:
        """Read a blob and check it against its name."""
        place = self.place(digest)
        with self._faults():
            try:
                data: bytes = self._s3.cat_file(place)
            except FileNotFoundError as error:
                if _code(error) == "NoSuchBucket":
                    raise
                raise missing(place) from error
        return checked(data, digest, place)

    def size(self, digest: str) -> int | None:
        """Say how many bytes a blob has; None if it is not there."""
        with self._faults():
            head = self._head(digest)
        return None if head is None else int(head["ContentLength"])

    def delete(self, digest: str, *, unused_s: float = UNUSED_S) -> bool:
        """Delete a blob, unless somebody has put the same bytes of late."""
        mark = self._mark(digest) + uuid.uuid4().hex
        with self._faults():
            age_s = self._age_s(digest)
            if age_s is None or age_s < unused_s:
                return age_s is None
            deadline = time.monotonic() + DELETING_S
            self._call("put_object", Key=mark)
            try:
                age_s = self._age_s(digest)
                if age_s is None:
                    return True
                if age_s < unused_s:
                    return False
                if time.monotonic() > deadline:
                    raise StoreFault(
                        f"The bucket {self._bucket} is too slow to delete from.",
                        remedy="Try again when its server is less busy.",
                    )
                self._call("delete_object", Key=self._prefix + _key(digest))
            finally:
                self._call("delete_object", Key=mark)
        return True

    def sweep(self) -> int:
        """Delete what those left who were killed as they deleted; return how many."""
        with self._faults():
            dead = [
                key
                for key, age_s in self._marks(f"{self._prefix}tmp/")
                if age_s > MARK_S
            ]
            for key in dead:
                self._call("delete_object", Key=key)
        return len(dead)

    def flaws(self) -> list[StoreFault]:
        """Tell of a bucket that keeps what is deleted."""
        with self._faults():
            state = self._call("get_bucket_versioning").get("Status")
        if state != "Enabled":
            return []
        return [
            StoreFault(
                f"The bucket {self._bucket} has versioning: what is deleted or erased "
                "stays in it as an older version.",
                remedy="Suspend its versioning, and delete the older versions in it.",
            )
        ]

    def _mark(self, digest: str) -> str:
        return f"{self._prefix}tmp/{digest}/"

    def _is_being_deleted(self, digest: str) -> bool:
        marks = self._marks(self._mark(digest))
        return any(age_s <= MARK_S for _, age_s in marks)

    def _marks(self, prefix: str) -> Iterator[tuple[str, float]]:
        """Yield the marks of those who delete, and how many seconds ago they began."""
        answer = self._call("list_objects_v2", Prefix=prefix)
        for each in answer.get("Contents", ()):
            yield each["Key"], _age_s(each["LastModified"], answer)

    def _age_s(self, digest: str) -> float | None:
        """Say how long ago a blob was put, by the bucket's own clock."""
        head = self._head(digest)
        return None if head is None else _age_s(head["LastModified"], head)

    def _head(self, digest: str) -> Answer | None:
        try:
            return self._call("head_object", Key=self._prefix + _key(digest))
        except FileNotFoundError:
            return None

    def _call(self, method: str, **parameters: str) -> Answer:
        answer: Answer = self._s3.call_s3(method, Bucket=self._bucket, **parameters)
        return answer

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Say of what a bucket does not do why, and what to do about it."""
        shown = f"The bucket {self._bucket}"
        try:
            yield
        except FileNotFoundError as error:
            raise StoreFault(
                f"{shown} is not there.",
                remedy="Create it, or set DETECTOR_BLOB_URL to one that is.",
            ) from error
        except NoCredentialsError as error:
            raise StoreFault(
                f"{shown} cannot be used without credentials.",
                remedy="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this "
                "machine a role.",
            ) from error
        except PermissionError as error:
            raise StoreFault(
                f"{shown} denies access ({_code(error)}).",
                remedy=f"Let these credentials do {PERMISSIONS} there, and see that "
                "this machine's clock is right.",
            ) from error
        except (BotoCoreError, ClientError, OSError) as error:
            raise StoreFault(
                f"{shown} cannot be used: {' '.join(str(error).split())[:300]}.",
                remedy="Look after the network and the server, AWS_ENDPOINT_URL and "
                "AWS_REGION.",
            ) from error


def _key(digest: str) -> str:
    return f"{digest[:2]}/{digest[2:4]}/{digest}"


def _age_s(put_at: datetime, answer: Answer) -> float:
    """Count the seconds from a time to when the server answered, by its clock."""
    answered = answer["ResponseMetadata"]["HTTPHeaders"]["date"]
    return max(0.0, (parsedate_to_datetime(answered) - put_at).total_seconds())


def _code(error: OSError) -> str:
    """Name what the bucket's server calls an error."""
    response = getattr(error.__cause__, "response", None) or {}
    return str(response.get("Error", {}).get("Code", "unknown"))
