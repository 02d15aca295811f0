"""Secrets of webhook endpoints, on both databases."""

from datetime import timedelta

import pytest

from detector.errors import Conflict
from detector.events.endpoints import MAX_SECRETS, rotate_secret, valid_secrets
from detector.store.database import Database
from detector.store.table import utc_now
from tests.detector.events.webhook_world import SHOP, add_endpoint, endpoint_of

DAY = timedelta(days=1)


def rotate(database: Database, id: str, overlap: timedelta = DAY) -> str:
    with database.write() as session:
        return rotate_secret(session, SHOP, id, overlap=overlap)[1]


def test_no_secret_is_dropped_before_the_time_that_was_promised(database):
    id = add_endpoint(database)
    made = [rotate(database, id) for _ in range(MAX_SECRETS - 1)]
    before = endpoint_of(database, id)
    valid = valid_secrets(before, utc_now())
    assert valid[:-1] == made[::-1]
    assert len(valid) == MAX_SECRETS
    first = before.secrets[-1]["expires_at"]
    with pytest.raises(Conflict, match="5 secrets") as refused:
        rotate(database, id)
    assert first is not None
    assert first in refused.value.remedy
    assert valid_secrets(endpoint_of(database, id), utc_now()) == valid


def test_an_overlap_of_nothing_ends_all_earlier_secrets(database):
    id = add_endpoint(database)
    for _ in range(MAX_SECRETS - 1):
        rotate(database, id)
    newest = rotate(database, id, timedelta())
    assert valid_secrets(endpoint_of(database, id), utc_now()) == [newest]
