import pytest

from detector.access.edited_roles import (
    KEPT_BY_ADMIN,
    Bundles,
    RoleCache,
    change_role,
    read_roles,
)
from detector.access.roles import BEYOND, SHIPPED, Capability, Role
from detector.errors import Escalation, InvalidInput
from detector.store.access_tables import RoleRow
from detector.store.database import Database


def roles_of(database: Database) -> Bundles:
    with database.read() as session:
        return read_roles(session)


def test_what_is_shipped_keeps_within_its_reach():
    assert set(SHIPPED) == set(Role)
    for bundle in SHIPPED.values():
        assert not bundle.capabilities & BEYOND[bundle.reach]
    assert SHIPPED[Role.ADMIN].capabilities == set(Capability)


def test_an_edit_lasts_until_the_shipped_state_is_put_back(database, caller):
    assert roles_of(database) == SHIPPED
    wanted = {Capability.PICTURES_MATCH}
    changed = change_role(
        database, Role.REVIEWER, capabilities=wanted, by=caller("admin")
    )
    assert changed.capabilities == wanted
    assert roles_of(database)[Role.REVIEWER] == changed
    assert roles_of(database)[Role.LEAD] == SHIPPED[Role.LEAD]
    change_role(
        database,
        Role.REVIEWER,
        capabilities=SHIPPED[Role.REVIEWER].capabilities,
        by=caller("admin"),
    )
    assert roles_of(database) == SHIPPED


def test_no_role_is_given_what_would_show_others_data(database, caller):
    for role, bundle in SHIPPED.items():
        for too_far in BEYOND[bundle.reach]:
            wanted = bundle.capabilities | {too_far}
            with pytest.raises(InvalidInput, match=too_far):
                change_role(database, role, capabilities=wanted, by=caller("admin"))
    assert roles_of(database) == SHIPPED


@pytest.mark.parametrize("lost", sorted(KEPT_BY_ADMIN))
def test_an_admin_cannot_saw_off_the_branch(database, caller, lost):
    by = caller("admin")
    with pytest.raises(InvalidInput, match=lost):
        change_role(database, Role.ADMIN, capabilities=set(Capability) - {lost}, by=by)
    change_role(database, Role.ADMIN, capabilities=KEPT_BY_ADMIN, by=by)
    assert roles_of(database)[Role.ADMIN].capabilities == KEPT_BY_ADMIN


def test_nobody_adds_to_a_role_what_they_do_not_have(database, caller):
    by = caller("admin", None, [Capability.ROLES_MANAGE])
    legal = SHIPPED[Role.LEGAL].capabilities
    with pytest.raises(Escalation, match="jobs:manage"):
        change_role(
            database, Role.LEGAL, capabilities=legal | {Capability.JOBS_MANAGE}, by=by
        )
    change_role(
        database, Role.LEGAL, capabilities=legal - {Capability.RIGHTS_READ}, by=by
    )


def test_what_another_version_has_written_gives_nothing_forbidden(database):
    with database.write() as session:
        known = ["catalogue:read", "pictures:match", "moon:read"]
        session.add(RoleRow(name="brand_agent", capabilities=known))
        session.add(RoleRow(name="moon_agent", capabilities=known))
    found = roles_of(database)
    assert set(found) == set(Role)
    assert found[Role.BRAND_AGENT].capabilities == {Capability.CATALOGUE_READ}


def test_the_cache_notices_edits(database, caller):
    lasting = RoleCache(database, max_age_s=60)
    fresh = RoleCache(database, max_age_s=0)
    assert lasting.bundles() == fresh.bundles() == SHIPPED
    change_role(database, Role.LEAD, capabilities=[], by=caller("admin"))
    assert fresh.bundles()[Role.LEAD].capabilities == set()
    assert lasting.bundles() == SHIPPED
    lasting.forget()
    assert lasting.bundles() == fresh.bundles()
