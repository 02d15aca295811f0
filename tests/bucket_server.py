"""A server that speaks S3, as a program of its own: `python -m tests.bucket_server`.

It is moto's, and takes a client's word for how old an object is: metadata `age`, in
seconds. Otherwise nobody could test within an hour what happens after one.
"""

from collections.abc import Mapping
from datetime import timedelta
from unittest.mock import patch

from moto.s3.models import FakeKey
from moto.server import main

take_metadata = FakeKey.set_metadata


def set_metadata(
    key: FakeKey, metadata: Mapping[str, str], replace: bool = False
) -> None:
    """Keep metadata, and put the time of the object as far back as they say."""
    take_metadata(key, metadata, replace)
    age_s = float(metadata.get("x-amz-meta-age", 0))
    key.last_modified -= timedelta(seconds=age_s)


if __name__ == "__main__":
    with patch.object(FakeKey, "set_metadata", set_metadata):
        main()
