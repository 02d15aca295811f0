"""Nobody gives, or takes over, what they do not have."""

from datetime import timedelta
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detector.access.edited_roles import change_role, read_roles
from detector.access.grants import Grant, check_grant
from detector.access.keys import create_key, find_key, revoke_key, rotate_key
from detector.access.principal import Principal
from detector.access.roles import BEYOND, SHIPPED, Capability, Reach, Role
from detector.access.users import (
    UserState,
    change_user,
    create_user,
    reset_password,
    show_user,
)
from detector.errors import DetectorError, Escalation, InvalidInput, UnknownBrand

PASSWORD = "vivid otter keeps nine lamps"
OTHER = "seven quiet gulls on a pier"
KEYS = Capability.KEYS_MANAGE
USERS = Capability.USERS_MANAGE


@pytest.mark.parametrize(
    ("giver", "wanted", "error"),
    [
        (("brand_admin", "acme"), Grant(Role.ADMIN), Escalation),
        (("brand_admin", "acme"), Grant(Role.AUDITOR), Escalation),
        (("brand_admin", "acme"), Grant(Role.MARKETPLACE), Escalation),
        (("brand_admin", "acme"), Grant(Role.BRAND_AGENT, "zeta"), UnknownBrand),
        (("brand_admin", "acme"), Grant(Role.BRAND_ADMIN, "zeta"), UnknownBrand),
        (("brand_admin", "acme"), Grant(Role.BRAND_ADMIN, "nobody"), UnknownBrand),
        (("brand_admin", "acme", [KEYS]), Grant(Role.BRAND_AGENT), Escalation),
        (("brand_admin", "acme", [KEYS]), Grant(Role.BRAND_ADMIN), Escalation),
        (
            ("brand_admin", "acme", [KEYS]),
            Grant(Role.BRAND_ADMIN, scopes=frozenset({KEYS, USERS})),
            Escalation,
        ),
        (("admin", None, [KEYS, USERS]), Grant(Role.ADMIN), Escalation),
        (("admin", None, [KEYS, USERS]), Grant(Role.MARKETPLACE), Escalation),
        (("admin", None, [KEYS]), Grant(Role.BRAND_AGENT, "acme"), Escalation),
    ],
)
def test_more_than_one_has_cannot_be_given(database, caller, giver, wanted, error):
    by = caller(*giver)
    with pytest.raises(error):
        create_key(
            database,
            wanted.role,
            brand_id=wanted.brand_id,
            scopes=wanted.scopes,
            giver=by,
        )
    if wanted.scopes is None:
        with pytest.raises(error):
            create_user(database, wanted, email="a@b.c", password=PASSWORD, giver=by)


def test_what_one_has_can_be_given(database, caller):
    by = caller("brand_admin", "acme")
    _, key = create_key(database, Role.BRAND_ADMIN, giver=by)
    assert key.grant.brand_id == "acme"
    assert key.created_by == by.id
    user = create_user(
        database, Grant(Role.BRAND_AGENT), email="a@b.c", password=PASSWORD, giver=by
    )
    assert user.grant.brand_id == "acme"
    narrow = caller("brand_admin", "acme", [KEYS])
    _, key = create_key(
        database, Role.BRAND_ADMIN, scopes=frozenset({KEYS}), giver=narrow
    )
    assert key.grant.capabilities(SHIPPED) == {KEYS}
    for role in Role:
        brand_id = "acme" if SHIPPED[role].reach is Reach.BRAND else None
        create_key(database, role, brand_id=brand_id, giver=caller("admin"))


def test_a_stronger_key_cannot_be_taken_over_by_rotating_it_but_be_ended(
    database, caller
):
    _, key = create_key(database, Role.ADMIN)
    by = caller("admin", None, [KEYS])
    with pytest.raises(Escalation):
        rotate_key(database, key.prefix, overlap=timedelta(days=1), giver=by)
    assert revoke_key(database, key.prefix, viewer=by).state == "revoked"


def test_scopes_that_a_role_has_lost_are_not_taken_over(database, caller):
    scopes = frozenset({Capability.CATALOGUE_READ, Capability.CATALOGUE_WRITE})
    _, key = create_key(database, Role.BRAND_AGENT, brand_id="acme", scopes=scopes)
    change_role(
        database,
        Role.BRAND_AGENT,
        capabilities=[Capability.CATALOGUE_READ],
        by=caller("admin"),
    )
    by = caller("brand_admin", "acme", [KEYS, Capability.CATALOGUE_READ])
    with pytest.raises(Escalation, match="catalogue:write"):
        rotate_key(database, key.prefix, giver=by)


def test_a_stronger_user_cannot_be_taken_over(database, caller):
    boss = create_user(database, Grant(Role.ADMIN), email="boss@x.y", password=PASSWORD)
    by = caller("admin", None, [USERS])
    for attempt in (
        partial(reset_password, password=OTHER),
        partial(change_user, role=Role.LEGAL),
        partial(change_user, state=UserState.DISABLED),
    ):
        with pytest.raises(Escalation):
            attempt(database, boss.id, giver=by)
    assert show_user(database, boss.id) == boss


def test_nobody_promotes_a_user_beyond_themselves(database, caller):
    agent = create_user(
        database, Grant(Role.BRAND_AGENT, "acme"), email="a@b.c", password=PASSWORD
    )
    allowed = SHIPPED[Role.BRAND_ADMIN].capabilities - {KEYS}
    by = caller("brand_admin", "acme", allowed)
    with pytest.raises(Escalation, match="keys:manage"):
        change_user(database, agent.id, role=Role.BRAND_ADMIN, giver=by)
    with pytest.raises(InvalidInput, match="sees other data"):
        change_user(database, agent.id, role=Role.ADMIN, giver=caller("admin"))
    whole = caller("brand_admin", "acme")
    changed = change_user(database, agent.id, role=Role.BRAND_ADMIN, giver=whole)
    assert changed.grant.role is Role.BRAND_ADMIN


CAPABILITIES = st.frozensets(st.sampled_from(Capability))


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    giver_role=st.sampled_from(Role),
    has=CAPABILITIES,
    role=st.sampled_from(Role),
    brand_id=st.sampled_from([None, "acme", "zeta", "nobody"]),
    scopes=st.none() | CAPABILITIES,
)
def test_no_grant_reaches_beyond_its_giver(
    database, giver_role, has, role, brand_id, scopes
):
    bundle = SHIPPED[giver_role]
    tie = "acme" if bundle.reach is Reach.BRAND else None
    giver = Principal("key:x", "", giver_role, has & bundle.capabilities, tie)
    with database.read() as session:
        try:
            made = check_grant(session, Grant(role, brand_id, None, scopes), giver)
        except DetectorError:
            return
        allowed = made.capabilities(read_roles(session))
    assert allowed
    assert allowed <= giver.capabilities
    assert not allowed & BEYOND[SHIPPED[role].reach]
    assert (made.brand_id is not None) == (SHIPPED[role].reach is Reach.BRAND)
    assert tie is None or made.brand_id == tie


def test_a_narrowed_key_can_do_what_its_scopes_say_and_no_more(database):
    scopes = frozenset({Capability.CATALOGUE_READ})
    text, _ = create_key(database, Role.BRAND_ADMIN, brand_id="acme", scopes=scopes)
    found = find_key(database, text)
    assert found is not None
    assert found.principal(SHIPPED).capabilities == scopes
