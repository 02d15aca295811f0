import unicodedata

import pytest
from argon2 import PasswordHasher, extract_parameters
from hypothesis import given
from hypothesis import strategies as st

from detector.access.passwords import (
    MAX_LENGTH,
    MIN_LENGTH,
    UNKNOWN_HASH,
    check_password,
    hash_password,
    is_outdated,
    is_password,
)
from detector.errors import WeakPassword

GOOD = "vivid otter keeps nine lamps"


def test_a_password_is_kept_as_an_argon2id_hash_of_todays_parameters():
    stored = hash_password(GOOD)
    assert stored.startswith("$argon2id$")
    assert hash_password(GOOD) != stored
    assert is_password(stored, GOOD)
    assert not is_password(stored, GOOD + " ")
    assert not is_outdated(stored)
    assert is_outdated(PasswordHasher(time_cost=1, memory_cost=64).hash(GOOD))


def test_where_there_is_no_user_a_hash_of_the_same_cost_is_verified_against():
    known = extract_parameters(hash_password(GOOD))
    assert extract_parameters(UNKNOWN_HASH) == known
    assert not is_password(UNKNOWN_HASH, GOOD)
    assert not is_password("no hash", GOOD)


def test_spellings_that_look_alike_are_one_password():
    composed = "caf\u00e9 chair lamp seven"
    decomposed = unicodedata.normalize("NFD", composed)
    assert composed != decomposed
    stored = hash_password(check_password(decomposed, []))
    assert is_password(stored, composed)


@pytest.mark.parametrize(
    "password",
    [
        "short lamp",
        "x y" * 43,
        "passwordpassword",
        "PassWord123456",
        "correct horse battery staple",
        "aaaaaaaaaaaaaa",
        "abababababababa",
        "1234" * 4,
        "123456789012",
        "987654321098",
        "abcdefghijklmn",
        "\uff50assword123456",
        "vivid otter\x00keeps",
        "vivid otter\nkeeps",
        "vivid otter \ud800 keeps",
        "ada.byron@acme.example",
        "Ada.Byron.2026",
        "AdaByronAda!",
        "acme corp 2026",
        "AcmeCorp2026!",
    ],
)
def test_a_password_that_others_would_guess_is_refused(password):
    known = ["ada.byron@acme.example", "Ada Byron", "Acme Corp"]
    with pytest.raises(WeakPassword, match="Choose 12 to 128"):
        check_password(password, known)


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "x" * 6 + "y" * 6,
        "kqzvwnpjrtbm",
        "пароль из пяти слов",
        "acme is where seven lamps burn",
        "🦦🪔 otter lamps 12",
    ],
)
def test_no_other_rule_is_made(password):
    known = ["ada@acme.example", "Ada", "Acme"]
    assert check_password(password, known) == unicodedata.normalize("NFKC", password)


@given(st.text(max_size=200), st.lists(st.text(max_size=20), max_size=3))
def test_any_text_is_taken_or_refused_with_a_reason(password, known):
    try:
        taken = check_password(password, known)
    except WeakPassword as error:
        taken, remedy = None, error.remedy
    if taken is None:
        assert "12 to 128" in remedy
    else:
        assert MIN_LENGTH <= len(taken) <= MAX_LENGTH
        assert taken.encode()
