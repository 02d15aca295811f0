from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import update

from detector.access.keys import (
    MAX_OVERLAP,
    create_key,
    find_key,
    has_keys,
    list_keys,
    revoke_key,
    rotate_key,
    show_key,
)
from detector.access.roles import Capability, Role
from detector.errors import Conflict, InvalidInput, Unknown, UnknownBrand
from detector.store.tables import BrandRow
from tests.databases import place

__all__ = ["place"]


def test_a_key_is_found_again_and_only_whole(database):
    assert not has_keys(database)
    text, key = create_key(database, Role.ADMIN, name="first")
    assert has_keys(database)
    assert find_key(database, text) == key
    assert (key.grant.role, key.name, key.state) == (Role.ADMIN, "first", "active")
    for wrong in (text[:-1], text + "A", text.upper(), text[3:], f" {text}", ""):
        assert find_key(database, wrong) is None


def test_the_secret_of_one_key_does_not_open_another(database):
    one, _ = create_key(database, Role.ADMIN)
    other, _ = create_key(database, Role.MARKETPLACE)
    assert one != other
    mixed = other[:12] + one[12:]
    assert find_key(database, mixed) is None


def test_looking_a_key_up_takes_one_query(database, asked):
    text, _ = create_key(database, Role.BRAND_AGENT, brand_id="acme")
    asked.clear()
    assert find_key(database, text) is not None
    assert len(asked) == 1


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
    assert [each.state for each in list_keys(database)[0]] == ["revoked"]


def test_the_keys_of_a_disabled_brand_do_not_open(database):
    text, _ = create_key(database, Role.BRAND_AGENT, brand_id="acme")
    other, _ = create_key(database, Role.BRAND_AGENT, brand_id="zeta")
    for state in ("disabled", "active"):
        with database.write() as session:
            is_acme = BrandRow.id == "acme"
            session.execute(update(BrandRow).where(is_acme).values(state=state))
        assert (find_key(database, text) is not None) == (state == "active")
        assert find_key(database, other) is not None


def test_an_unknown_prefix_and_an_odd_name_are_refused(database):
    with pytest.raises(Unknown, match="key list"):
        revoke_key(database, "ffffffff")
    for name in ("a\x00b", "x" * 201):
        with pytest.raises(InvalidInput, match="printable"):
            create_key(database, Role.ADMIN, name=name)
    with pytest.raises(InvalidInput, match="live"):
        create_key(database, Role.ADMIN, lifetime=timedelta(days=40_000))
    assert not has_keys(database)


@pytest.mark.parametrize(
    ("role", "given", "error", "reason"),
    [
        ("brand_agent", {}, InvalidInput, "needs a brand"),
        ("brand_admin", {"brand_id": "nobody"}, UnknownBrand, "nobody"),
        ("admin", {"brand_id": "acme"}, InvalidInput, "no single brand"),
        ("marketplace", {"brand_id": "acme"}, InvalidInput, "no single brand"),
        ("admin", {"marketplace": "Shop"}, InvalidInput, "cannot speak"),
        ("marketplace", {"marketplace": ""}, InvalidInput, "cannot speak"),
        ("marketplace", {"marketplace": "a\nb"}, InvalidInput, "printable"),
        ("admin", {"scopes": frozenset()}, InvalidInput, "No scope"),
        (
            "marketplace",
            {"scopes": frozenset({Capability.KEYS_MANAGE})},
            InvalidInput,
            "does not allow keys:manage",
        ),
    ],
)
def test_what_does_not_fit_together_is_refused(database, role, given, error, reason):
    with pytest.raises(error, match=reason):
        create_key(database, Role(role), **given)
    assert not has_keys(database)


def test_a_rotated_key_goes_on_for_a_while_beside_the_new_one(database):
    scopes = frozenset({Capability.CATALOGUE_READ})
    old_text, old = create_key(
        database,
        Role.BRAND_AGENT,
        name="import",
        brand_id="acme",
        scopes=scopes,
        lifetime=timedelta(days=90),
    )
    new_text, new = rotate_key(database, old.prefix, overlap=timedelta(hours=1))
    assert new.grant == old.grant
    assert new.name == old.name
    assert new.expires_at == new.created_at + timedelta(days=90)
    assert find_key(database, new_text) == new
    assert find_key(database, old_text) is not None
    then = show_key(database, old.prefix)
    assert then.replaced_by == new.prefix
    assert then.expires_at == new.created_at + timedelta(hours=1)


def test_an_overlap_of_nothing_ends_the_old_key_and_none_prolongs_it(database):
    text, key = create_key(database, Role.ADMIN)
    rotate_key(database, key.prefix, overlap=timedelta(0))
    assert find_key(database, text) is None
    _, short = create_key(database, Role.ADMIN, lifetime=timedelta(minutes=5))
    rotate_key(database, short.prefix, overlap=MAX_OVERLAP)
    assert show_key(database, short.prefix).expires_at == short.expires_at
    for overlap in (MAX_OVERLAP + timedelta(seconds=1), timedelta(seconds=-1)):
        with pytest.raises(InvalidInput, match="30 days"):
            rotate_key(database, short.prefix, overlap=overlap)


def test_a_key_is_rotated_once_and_only_while_it_is_active(database):
    _, key = create_key(database, Role.ADMIN)
    rotate_key(database, key.prefix)
    with pytest.raises(Conflict, match="rotated"):
        rotate_key(database, key.prefix)
    _, revoked = create_key(database, Role.ADMIN)
    revoke_key(database, revoked.prefix)
    with pytest.raises(Conflict, match="revoked"):
        rotate_key(database, revoked.prefix)


def test_whoever_belongs_to_a_brand_sees_and_ends_its_keys_only(database, caller):
    _, own = create_key(database, Role.BRAND_AGENT, brand_id="acme")
    _, other = create_key(database, Role.BRAND_AGENT, brand_id="zeta")
    _, platform = create_key(database, Role.ADMIN)
    viewer = caller("brand_admin", "acme")
    assert list_keys(database, viewer=viewer)[0] == [own]
    assert show_key(database, own.prefix, viewer=viewer) == own
    messages = set()
    for prefix in (other.prefix, platform.prefix, "00000000"):
        for attempt in (
            partial(show_key, viewer=viewer),
            partial(revoke_key, viewer=viewer),
            partial(rotate_key, giver=viewer),
        ):
            with pytest.raises(Unknown) as told:
                attempt(database, prefix)
            messages.add(str(told.value).replace(prefix, "PREFIX"))
    assert len(messages) == 1
    assert revoke_key(database, own.prefix, viewer=viewer).state == "revoked"


def test_keys_are_listed_in_pages_the_oldest_first(database):
    made = [create_key(database, Role.ADMIN)[1] for _ in range(5)]
    found, cursor = list_keys(database, limit=3)
    assert found == made[:3]
    assert list_keys(database, limit=3, cursor=cursor) == (made[3:], None)
