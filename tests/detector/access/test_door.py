import time

import pytest

from detector.access.attempts import PER_ACCOUNT, PER_ADDRESS, Attempts
from detector.access.door import Door
from detector.access.edited_roles import change_role
from detector.access.grants import Grant
from detector.access.keys import create_key, show_key
from detector.access.roles import SHIPPED, Capability, Role
from detector.access.users import create_user
from detector.errors import LoginFailed, TooManyAttempts

EMAIL = "ada@acme.example"
PASSWORD = "vivid otter keeps nine lamps"


@pytest.fixture
def door(database):
    opened = Door(database)
    yield opened
    opened.close()


def test_a_key_and_a_session_go_through_the_same_door(database, door):
    text, key = create_key(database, Role.MARKETPLACE, marketplace="Shop")
    found = door.find_principal(text)
    assert (found.id, found.marketplace) == (f"key:{key.prefix}", "Shop")
    assert found.capabilities == SHIPPED[Role.MARKETPLACE].capabilities
    grant = Grant(Role.BRAND_ADMIN, "acme")
    user = create_user(database, grant, email=EMAIL, password=PASSWORD, name="Ada")
    token, _ = door.log_in(EMAIL, PASSWORD, address="127.0.0.1")
    found = door.find_principal(token)
    assert (found.id, found.name, found.brand_id) == (f"user:{user.id}", "Ada", "acme")
    for nobody in ("", "dk_", "ds_", "dk_00000000_" + "A" * 43, "\xff" * 50):
        assert door.find_principal(nobody) is None


def test_an_edited_role_takes_effect_on_keys_there_are(database, door, caller):
    text, _ = create_key(database, Role.LEGAL)
    assert Capability.RIGHTS_READ in door.find_principal(text).capabilities
    change_role(database, Role.LEGAL, capabilities=[], by=caller("admin"))
    door.roles.forget()
    assert door.find_principal(text).capabilities == set()


def test_no_request_writes_when_a_key_was_used(database, asked):
    text, key = create_key(database, Role.ADMIN)
    door = Door(database, write_use_every_s=3_600)
    asked.clear()
    for _ in range(20):
        door.find_principal(text)
    assert all(statement.startswith("SELECT") for statement in asked)
    assert show_key(database, key.prefix).last_used_at is None
    asked.clear()
    door.close()
    assert [statement.split()[0] for statement in asked] == ["UPDATE"]
    used_at = show_key(database, key.prefix).last_used_at
    assert used_at is not None
    assert used_at > key.created_at


def test_the_last_use_is_written_in_time(database):
    text, key = create_key(database, Role.ADMIN)
    door = Door(database, write_use_every_s=0.05)
    door.find_principal(text)
    deadline = time.monotonic() + 30
    while show_key(database, key.prefix).last_used_at is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    door.close()


def test_attempts_to_log_in_are_counted_for_known_and_unknown_addresses(door, database):
    create_user(
        database, Grant(Role.BRAND_ADMIN, "acme"), email=EMAIL, password=PASSWORD
    )
    for email in (EMAIL, "nobody@acme.example"):
        for number in range(PER_ACCOUNT.amount):
            with pytest.raises(LoginFailed):
                door.log_in(email, "wrong", address=f"10.0.0.{number}")
        with pytest.raises(TooManyAttempts, match="one account") as told:
            door.log_in(email.upper(), PASSWORD, address="10.0.0.1")
        assert 1 <= told.value.retry_after_s <= 61


def test_guesses_of_the_old_password_are_counted_too(door, database):
    user = create_user(
        database, Grant(Role.BRAND_ADMIN, "acme"), email=EMAIL, password=PASSWORD
    )
    given = {"new": PASSWORD, "address": "127.0.0.1"}
    for _ in range(PER_ACCOUNT.amount):
        door.change_password(user.id, old=PASSWORD, **given)
    with pytest.raises(TooManyAttempts):
        door.change_password(user.id, old=PASSWORD, **given)


def test_one_address_tries_so_many_accounts_and_locks_nobody_else_out():
    attempts = Attempts()
    for number in range(PER_ADDRESS.amount):
        attempts.take(f"{number}@x.y", "10.0.0.1")
    for _ in range(2 * PER_ACCOUNT.amount):
        with pytest.raises(TooManyAttempts, match="one address"):
            attempts.take(EMAIL, "10.0.0.1")
    attempts.take(EMAIL, "10.0.0.2")
