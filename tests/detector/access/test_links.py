from datetime import timedelta

import pytest

from detector.access.grants import Grant
from detector.access.links import make_link, use_link
from detector.access.roles import Role
from detector.access.sessions import find_session
from detector.access.users import (
    User,
    UserState,
    change_user,
    create_user,
    reset_password,
)
from detector.errors import LoginFailed, Unknown
from detector.store.database import Database

EMAIL = "ada@acme.example"
PASSWORD = "vivid otter keeps nine lamps"
HOUR = timedelta(hours=1)


@pytest.fixture
def ada(database: Database) -> User:
    return create_user(database, Grant(Role.REVIEWER), email=EMAIL, password=PASSWORD)


def test_a_link_lets_its_user_in_once(database, ada):
    secret, _ = make_link(database, "ADA@acme.example", lifetime=HOUR)
    token, begun = use_link(database, secret)
    assert begun.user.id == ada.id
    found = find_session(database, token)
    assert found is not None
    assert found.id == ada.id
    with pytest.raises(LoginFailed):
        use_link(database, secret)


def test_a_link_that_is_over_lets_nobody_in(database, ada):
    secret, _ = make_link(database, EMAIL, lifetime=timedelta(0))
    with pytest.raises(LoginFailed):
        use_link(database, secret)
    with pytest.raises(LoginFailed):
        use_link(database, "dl_" + "A" * 43)


def test_no_link_is_made_for_a_stranger(database):
    with pytest.raises(Unknown):
        make_link(database, "nobody@x.example", lifetime=HOUR)


def test_who_is_kept_out_cannot_come_in_by_link(database, ada):
    secret, _ = make_link(database, EMAIL, lifetime=HOUR)
    change_user(database, ada.id, state=UserState.DISABLED)
    later, _ = make_link(database, EMAIL, lifetime=HOUR)
    for text in (secret, later):
        with pytest.raises(LoginFailed):
            use_link(database, text)


def test_a_new_password_ends_links_that_were_made_before(database, ada):
    secret, _ = make_link(database, EMAIL, lifetime=HOUR)
    reset_password(database, ada.id, password="seven quiet gulls on a pier")
    with pytest.raises(LoginFailed):
        use_link(database, secret)
