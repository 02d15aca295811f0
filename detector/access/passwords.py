"""Passwords: which ones are taken, and how they are kept (NIST SP 800-63B, argon2id).

Hashing takes 64 MiB and some 50 ms by design: bound how many do so at once.
"""

import base64
import secrets
import tomllib
import unicodedata
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from detector.errors import WeakPassword

MIN_LENGTH = 12
MAX_LENGTH = 128
MIN_OWN_LENGTH = 8
"""Letters and digits that have to be left without the words that others know."""
MIN_WORD_LENGTH = 4
MAX_UNIT_LENGTH = 4
"""Longest piece that a password made of repetitions is looked through for."""
REFUSED_CATEGORIES = {"Cc", "Cs", "Cn"}

_hasher = PasswordHasher()


def normalized(password: str) -> str:
    """Reduce spellings that look alike to one: keyboards differ in what they send."""
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, known: Iterable[str]) -> str:
    """Refuse a password that others would guess; no rules of composition.

    Args:
        password: as it was typed.
        known: the e-mail address, the name, the brand: what others know of its owner.

    Returns:
        The password, normalized.

    Raises:
        WeakPassword: with the reason.
    """
    text = normalized(password)
    if not MIN_LENGTH <= len(text) <= MAX_LENGTH:
        raise _weak(f"has {len(text)} characters, not {MIN_LENGTH} to {MAX_LENGTH}")
    if any(unicodedata.category(sign) in REFUSED_CATEGORIES for sign in text):
        raise _weak("has characters that cannot be typed everywhere")
    folded = text.casefold()
    if folded in _common() or _is_pattern(folded):
        raise _weak("is one of those that are tried first")
    own = rest = _squashed(folded)
    for word in sorted(_words(known), key=len, reverse=True):
        rest = rest.replace(word, "")
    if rest != own and len(rest) < MIN_OWN_LENGTH:
        raise _weak("is little more than the address, the name or the brand")
    return text


def hash_password(text: str) -> str:
    """Hash a password that was checked."""
    return _hasher.hash(text)


def is_password(stored: str, password: str) -> bool:
    """Say whether a password is the one that was hashed."""
    try:
        return _hasher.verify(stored, normalized(password))
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Say whether a hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def _unknown_hash() -> str:
    """Make up the hash of a password that nobody has, of the same cost as others."""
    salt, tag = (
        base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=")
        for length in (_hasher.salt_len, _hasher.hash_len)
    )
    cost = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${tag}"


UNKNOWN_HASH = _unknown_hash()
"""Verified against where there is no user, so that it takes the same time."""


@cache
def _common() -> frozenset[str]:
    file = Path(__file__).parent / "common_passwords.toml"
    return frozenset(tomllib.loads(file.read_text(encoding="utf-8"))["passwords"])


def _is_pattern(text: str) -> bool:
    """Say whether it repeats a few characters, or counts up or down."""
    units = range(1, MAX_UNIT_LENGTH + 1)
    if any(text == (text[:n] * len(text))[: len(text)] for n in units):
        return True
    steps = {ord(b) - ord(a) for a, b in pairwise(text)}
    return steps <= {1, -9} or steps <= {-1, 9}


def _words(known: Iterable[str]) -> set[str]:
    """List what others know, whole and in words."""
    found = set()
    for text in map(str.casefold, map(normalized, known)):
        spaced = "".join(sign if sign.isalnum() else " " for sign in text)
        found |= {_squashed(text), *spaced.split()}
    return {word for word in found if len(word) >= MIN_WORD_LENGTH}


def _squashed(text: str) -> str:
    """Keep letters and digits only."""
    return "".join(sign for sign in text if sign.isalnum())


def _weak(reason: str) -> WeakPassword:
    return WeakPassword(
        f"The password {reason}.",
        remedy=f"Choose {MIN_LENGTH} to {MAX_LENGTH} characters that nobody would "
        "guess: a few words without connection, or what a password manager makes up.",
    )
