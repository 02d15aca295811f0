import json
import re

import pytest

from detector.access.roles import Role


def test_a_key_is_printed_alone_and_once(detector, data_dir):
    done = detector("key", "create", "--role", "marketplace", "--name", "Shop")
    assert done.code == 0
    assert re.fullmatch(r"dk_[0-9a-f]{8}_[A-Za-z0-9_-]{43}\n", done.out)
    listed = detector("key", "list")
    prefix = done.out.split("_")[1]
    assert prefix in listed.out
    assert "Shop" in listed.out
    secret = done.out.strip().split("_", 2)[2]
    assert secret not in listed.out
    files = [p for p in data_dir.rglob("*") if p.is_file()]
    assert not [p for p in files if secret.encode() in p.read_bytes()]


def test_keys_are_listed_with_what_became_of_them(detector):
    assert detector("key", "list").out.strip() == "There are no keys yet."
    made = detector("key", "create", "--role", "admin", "--expires", 30, "--json")
    prefix = json.loads(made.out)["prefix"]
    assert detector("key", "revoke", prefix).code == 0
    (listed,) = json.loads(detector("key", "list", "--json").out)
    assert listed["role"] == "admin"
    assert listed["state"] == "revoked"
    assert listed["expires_at"] > listed["created_at"]
    assert "key" not in listed


@pytest.mark.parametrize(
    "arguments",
    [
        ["create"],
        ["create", "--role", "brand"],
        ["create", "--role", "admin", "--expires", "0"],
        ["create", "--role", "admin", "--name", "a\nb"],
        ["create", "--role", "brand_agent"],
        ["create", "--role", "marketplace", "--scope", "keys:manage"],
        ["create", "--role", "admin", "--scope", "moon:read"],
        ["rotate", "00000000", "--overlap", "721"],
    ],
)
def test_misuse_is_told(detector, arguments):
    done = detector("key", *arguments)
    assert done.code == 2
    assert done.err


def test_an_unknown_key_is_told(detector):
    for verb in ("revoke", "rotate"):
        done = detector("key", verb, "00000000")
        assert done.code == 1
        assert "detector key list" in done.err


def test_the_help_says_which_roles_there_are(detector):
    for command in (["key"], ["key", "create"], ["user"], ["user", "create"]):
        shown = detector(*command, "--help").out
        assert all(f"`{role}`" in shown for role in Role)


def test_a_key_is_tied_to_a_brand_that_there_is(detector, photos):
    create = ["key", "create", "--role", "brand_agent", "--brand", "acme "]
    refused = detector(*create)
    assert refused.code == 1
    assert "catalogue import PATH --brand" in refused.err
    assert detector("catalogue", "import", photos, "--brand", "Acme").code == 0
    scopes = ["--scope", "catalogue:read", "--scope", "catalogue:write"]
    made = json.loads(detector(*create, *scopes, "--json").out)
    assert made["brand_id"].startswith("brand_")
    assert made["scopes"] == ["catalogue:read", "catalogue:write"]
    (listed,) = json.loads(detector("key", "list", "--json").out)
    assert listed == {name: value for name, value in made.items() if name != "key"}
    assert made["brand_id"] in detector("key", "list").out


def test_a_key_is_rotated(detector):
    given = ["--role", "marketplace", "--marketplace", "Shop", "--json"]
    old = json.loads(detector("key", "create", *given).out)
    done = detector("key", "rotate", old["prefix"], "--overlap", 2)
    assert re.fullmatch(r"dk_[0-9a-f]{8}_[A-Za-z0-9_-]{43}\n", done.out)
    before, after = json.loads(detector("key", "list", "--json").out)
    assert before["replaced_by"] == after["prefix"] == done.out.split("_")[1]
    assert before["state"] == after["state"] == "active"
    assert after["marketplace"] == "Shop"
    assert detector("key", "rotate", old["prefix"]).code == 1
