from datetime import timedelta

import pytest

from detector.access.keys import (
    create_key,
    find_key,
    has_keys,
    list_keys,
    revoke_key,
)
from detector.access.roles import Role
from detector.errors import InvalidInput
from detector.store.database import Database


@pytest.fixture
def database(tmp_path):
    opened = Database(tmp_path / "a.db")
    yield opened
    opened.close()


def test_a_key_is_found_again_and_only_whole(database):
    assert not has_keys(database)
    text, key = create_key(database, Role.ADMIN, name="first")
    assert has_keys(database)
    assert find_key(database, text) == key
    assert (key.role, key.name, key.state) == (Role.ADMIN, "first", "active")
    for wrong in (text[:-1], text + "A", text.upper(), text[3:], f" {text}", ""):
        assert find_key(database, wrong) is None


def test_the_secret_of_one_key_does_not_open_another(database):
    one, _ = create_key(database, Role.ADMIN)
    other, _ = create_key(database, Role.MARKETPLACE)
    assert one != other
    mixed = other[:12] + one[12:]
    assert find_key(database, mixed) is None


def test_a_key_ends_when_its_time_is_over(database):
    lasting, _ = create_key(database, Role.ADMIN, lifetime=timedelta(minutes=1))
    over, key = create_key(database, Role.ADMIN, lifetime=timedelta(0))
    assert find_key(database, lasting) is not None
    assert find_key(database, over) is None
    assert key.state == "expired"


def test_a_revoked_key_stays_revoked(database):
    text, key = create_key(database, Role.ADMIN)
    first = revoke_key(database, key.prefix)
    again = revoke_key(database, f"dk_{key.prefix}_")
    assert first == again
    assert find_key(database, text) is None
    assert [each.state for each in list_keys(database)] == ["revoked"]


def test_an_unknown_prefix_and_an_odd_name_are_refused(database):
    with pytest.raises(InvalidInput, match="key list"):
        revoke_key(database, "ffffffff")
    for name in ("a\x00b", "x" * 201):
        with pytest.raises(InvalidInput, match="printable"):
            create_key(database, Role.ADMIN, name=name)
    assert not has_keys(database)
