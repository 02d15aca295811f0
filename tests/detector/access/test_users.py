from functools import partial

import pytest

from detector.access.grants import Grant
from detector.access.roles import Role
from detector.access.users import (
    User,
    UserState,
    change_password,
    change_user,
    create_user,
    find_user,
    list_users,
    reset_password,
    show_user,
)
from detector.errors import (
    Conflict,
    InvalidInput,
    Unknown,
    WeakPassword,
    WrongPassword,
)
from detector.store.database import Database
from tests.databases import place

__all__ = ["place"]

PASSWORD = "vivid otter keeps nine lamps"
OTHER = "seven quiet gulls on a pier"


def add(
    database: Database,
    email: str = "ada@acme.example",
    brand_id: str | None = "acme",
    name: str = "",
) -> User:
    grant = Grant(Role.BRAND_AGENT if brand_id else Role.REVIEWER, brand_id)
    return create_user(database, grant, email=email, password=PASSWORD, name=name)


def test_a_user_is_found_again_however_the_address_is_spelled(database):
    user = add(database, "Ada@Acme.example", name="Ada")
    assert show_user(database, user.id) == user
    assert find_user(database, "ada@ACME.example") == user
    assert (user.state, user.last_login_at) == (UserState.ACTIVE, None)
    with pytest.raises(Unknown, match="user list"):
        find_user(database, "bob@acme.example")


def test_an_address_has_one_user(database):
    add(database)
    with pytest.raises(Conflict, match="one user"):
        add(database, "ADA@acme.example", "zeta")
    assert len(list_users(database)[0]) == 1


@pytest.mark.parametrize(
    "email", ["", "ada", "@acme", "a b@c", "a@b@c", "a@\n", "a@" + "x" * 253, "a\0@b"]
)
def test_what_is_no_address_is_refused(database, email):
    with pytest.raises(InvalidInput, match="e-mail"):
        add(database, email)


def test_the_brand_counts_among_what_others_know(database):
    with pytest.raises(WeakPassword):
        create_user(
            database,
            Grant(Role.BRAND_AGENT, "acme"),
            email="b@c.d",
            password="acmeacme2026",
        )


def test_whoever_belongs_to_a_brand_sees_and_changes_its_users_only(database, caller):
    own = add(database)
    other = add(database, "zoe@zeta.example", "zeta")
    platform = add(database, "rev@x.y", None)
    by = caller("brand_admin", "acme")
    assert list_users(database, viewer=by)[0] == [own]
    messages = set()
    for user_id in (other.id, platform.id, "usr_" + "0" * 24):
        for change in (
            partial(show_user, viewer=by),
            partial(change_user, state=UserState.DISABLED, giver=by),
            partial(reset_password, password=OTHER, giver=by),
        ):
            with pytest.raises(Unknown) as told:
                change(database, user_id)
            messages.add(str(told.value).replace(user_id, "ID"))
    assert len(messages) == 1
    changed = change_user(database, own.id, name="Ada B.", giver=by)
    assert changed.name == "Ada B."
    assert [user.state for user in list_users(database)[0]] == ["active"] * 3


def test_ones_own_password_is_changed_with_the_old_one(database):
    user = add(database)
    with pytest.raises(WrongPassword):
        change_password(database, user.id, old=OTHER, new=OTHER)
    with pytest.raises(WeakPassword):
        change_password(database, user.id, old=PASSWORD, new="adaadaadaada")
    change_password(database, user.id, old=PASSWORD, new=OTHER)
    with pytest.raises(WrongPassword):
        change_password(database, user.id, old=PASSWORD, new=OTHER)
    change_password(database, user.id, old=OTHER, new=PASSWORD)
