import json
import re

import pytest


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
        ["revoke", "00000000"],
    ],
)
def test_misuse_is_told(detector, arguments):
    done = detector("key", *arguments)
    assert done.code == 2
    assert done.err
