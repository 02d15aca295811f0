from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update

from detector.access import sessions
from detector.access.grants import Grant
from detector.access.passwords import is_outdated
from detector.access.roles import Role
from detector.access.sessions import find_session, log_in, log_out
from detector.access.users import (
    UserState,
    change_password,
    change_user,
    create_user,
    reset_password,
    show_user,
)
from detector.errors import LoginFailed
from detector.store.access_tables import UserRow, UserSessionRow
from detector.store.table import utc_now
from detector.store.tables import BrandRow
from tests.databases import place

__all__ = ["place"]

EMAIL = "ada@acme.example"
PASSWORD = "vivid otter keeps nine lamps"
OTHER = "seven quiet gulls on a pier"


@pytest.fixture
def user(database):
    grant = Grant(Role.BRAND_ADMIN, "acme")
    return create_user(database, grant, email=EMAIL, password=PASSWORD)


def test_a_password_opens_a_session_of_some_hours(database, user):
    token, session = log_in(database, EMAIL.upper(), PASSWORD)
    assert token.startswith("ds_")
    left = session.expires_at - utc_now()
    assert timedelta(hours=11.9) < left <= sessions.LIFETIME
    found = find_session(database, token)
    assert found == show_user(database, user.id)
    assert found.last_login_at is not None
    with database.read() as read:
        (stored,) = read.scalars(select(UserSessionRow.token_sha256))
    assert token not in stored
    for wrong in (token[:-1], token + "A", token[3:], "", "ds_" + "A" * 43):
        assert find_session(database, wrong) is None


def test_an_unknown_address_takes_the_same_way_as_a_wrong_password(
    database, user, asked
):
    told = []
    for email in (EMAIL, "nobody@acme.example"):
        asked.clear()
        with pytest.raises(LoginFailed) as failed:
            log_in(database, email, OTHER)
        told.append((str(failed.value), list(asked)))
    assert told[0] == told[1]


def test_looking_a_session_up_takes_one_query(database, user, asked):
    token, _ = log_in(database, EMAIL, PASSWORD)
    asked.clear()
    assert find_session(database, token) is not None
    assert len(asked) == 1


def test_who_is_disabled_is_answered_like_a_wrong_password(database, user):
    with pytest.raises(LoginFailed) as wrong:
        log_in(database, EMAIL, OTHER)
    change_user(database, user.id, state=UserState.DISABLED)
    with pytest.raises(LoginFailed) as disabled:
        log_in(database, EMAIL, PASSWORD)
    assert str(wrong.value) == str(disabled.value)
    change_user(database, user.id, state=UserState.ACTIVE)
    log_in(database, EMAIL, PASSWORD)


@pytest.mark.parametrize(
    "end",
    [
        lambda database, user, token: log_out(database, token),
        lambda database, user, token: change_password(
            database, user.id, old=PASSWORD, new=OTHER
        ),
        lambda database, user, token: reset_password(database, user.id, password=OTHER),
        lambda database, user, token: change_user(
            database, user.id, state=UserState.DISABLED
        ),
    ],
    ids=["log out", "change password", "reset password", "disable"],
)
def test_a_session_ends(database, user, end):
    token, _ = log_in(database, EMAIL, PASSWORD)
    assert find_session(database, token) is not None
    end(database, user, token)
    assert find_session(database, token) is None
    change_user(database, user.id, state=UserState.ACTIVE)
    assert find_session(database, token) is None


def test_a_session_ends_by_itself_and_is_cleared_away(database, user):
    token, _ = log_in(database, EMAIL, PASSWORD)
    with database.write() as session:
        session.execute(update(UserSessionRow).values(expires_at=utc_now()))
    assert find_session(database, token) is None
    log_in(database, EMAIL, PASSWORD)
    with database.read() as session:
        assert len(session.scalars(select(UserSessionRow)).all()) == 1


def test_nobody_of_a_disabled_brand_comes_in(database, user):
    token, _ = log_in(database, EMAIL, PASSWORD)
    with database.write() as session:
        session.execute(update(BrandRow).values(state="disabled"))
    assert find_session(database, token) is None
    with pytest.raises(LoginFailed):
        log_in(database, EMAIL, PASSWORD)


def test_a_hash_of_old_parameters_is_renewed_when_its_owner_logs_in(database, user):
    old = PasswordHasher(time_cost=1, memory_cost=64).hash(PASSWORD)
    with database.write() as session:
        session.execute(update(UserRow).values(password_hash=old))
    with pytest.raises(LoginFailed):
        log_in(database, EMAIL, OTHER)
    log_in(database, EMAIL, PASSWORD)
    with database.read() as session:
        assert not is_outdated(session.scalars(select(UserRow.password_hash)).one())
    log_in(database, EMAIL, PASSWORD)
